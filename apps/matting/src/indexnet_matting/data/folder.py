"""Plain folders: ``fg/`` and ``alpha/`` to train on; ``image/``, ``alpha/``, ``trimap/`` to test on."""

from pathlib import Path

from indexnet_engine.images.folders import images_by_name, require_folder, require_partners
from indexnet_engine.progress import say_once
from indexnet_engine.reports.data_problems import counted
from indexnet_matting.data.files import ForegroundFile, MattingFiles

__all__ = ["ALPHA", "BACKGROUNDS", "FOREGROUND", "IMAGE", "TRIMAP", "folder_foregrounds", "folder_tests"]

FOREGROUND = ("fg", "foreground")
BACKGROUNDS = ("backgrounds", "bg")
IMAGE = ("image", "images", "merged", "merged_test")
ALPHA = ("alpha", "alphas", "alpha_copy", "mask", "mask_test")
TRIMAP = ("trimap", "trimaps")


def folder_foregrounds(folder: str | Path) -> list[ForegroundFile]:
    """List the foregrounds in ``fg/`` with their mattes in ``alpha/``, sorted by name.

    Raises:
        UserError: one of the folders is missing or empty, or a foreground has no matte.
    """
    images = images_by_name(require_folder(folder, FOREGROUND, "foregrounds"))
    where = require_folder(folder, ALPHA, "mattes")
    alphas = images_by_name(where)
    require_partners(images, where, "matte", alphas)
    return [ForegroundFile(name, image, alphas[name]) for name, image in images.items()]


def folder_tests(folder: str | Path) -> dict[str, MattingFiles]:
    """List the images in ``image/`` with their mattes and trimaps, by name.

    Composition-1k's names are supported, too: there ``boy_3.png`` may have its matte, or its trimap, under
    the name of the foreground, ``boy.png``.

    Raises:
        UserError: one of the folders is missing or empty, or an image lacks its matte or trimap.
    """
    images = images_by_name(require_folder(folder, IMAGE, "images"))
    alpha_dir, trimap_dir = require_folder(folder, ALPHA, "mattes"), require_folder(folder, TRIMAP, "trimaps")
    alphas = partners(list(images), images_by_name(alpha_dir), alpha_dir, "matte")
    trimaps = partners(list(images), images_by_name(trimap_dir), trimap_dir, "trimap")
    return {name: MattingFiles(image, alphas[name], trimaps[name]) for name, image in images.items()}


def partner_name(name: str, there: dict[str, Path]) -> str:
    """Return the name under which an image's partner lies: its own, or that of its foreground.

    >>> partner_name("boy_3", {"boy": Path("boy.png")}), partner_name("boy_3", {})
    ('boy', 'boy_3')
    """
    stem, _, number = name.rpartition("_")
    return stem if name not in there and number.isdecimal() and stem in there else name


def partners(names: list[str], there: dict[str, Path], where: Path, what: str) -> dict[str, Path]:
    """Match names with files (`partner_name`), and print a note where a file of another name is used.

    Raises:
        UserError: some have no partner.
    """
    matched = {name: partner_name(name, there) for name in names}
    require_partners((name for name, other in matched.items() if other not in there), where, what, there)
    shared = [name for name, other in matched.items() if name != other]
    if shared:
        example = f"{there[matched[shared[0]]].name} for {shared[0]}"
        say_once(
            f"note: {where}: {counted(len(shared), what)} taken under the foreground's name ({example}), "
            "as in Composition-1k"
        )
    return {name: there[other] for name, other in matched.items()}
