"""One's own folder: photographs in ``rgb/`` and depth in ``depth/`` under the same names."""

from collections.abc import Sequence
from pathlib import Path

from indexnet_depth.data.depth_file import DEPTH_SUFFIXES, read_depth, read_rgb, require_unit
from indexnet_depth.data.frame import Frame, checked_frame
from indexnet_depth.data.units import Unit
from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import require_partners
from indexnet_engine.images.image_file import READ_SUFFIXES

__all__ = ["DEPTH", "RGB", "FolderFrames", "files_by_name", "find_folder"]

RGB = ("rgb", "color", "colour", "image", "images")
DEPTH = ("depth", "depths")
_RGB_SUFFIXES = READ_SUFFIXES | {".npy"}


class FolderFrames:
    """The frames of a folder with ``rgb/`` and ``depth/``; ``strays`` are depth maps without a photograph.

    Args:
        folder: where these are.
        unit: of the depth; None gives the error of `indexnet_depth.data.depth_file.read_depth`.
        splits: see `Frames`.

    Raises:
        UserError: no unit, a folder is missing or empty, a photograph has no depth, two share a name.
    """

    layout = "folder"

    def __init__(self, folder: str | Path, unit: Unit | None, *, splits: bool = False) -> None:
        self.folder = Path(folder)
        rgb, depth = required(folder, RGB, "photographs"), required(folder, DEPTH, "depth maps")
        images, depths = files_by_name(rgb, _RGB_SUFFIXES), files_by_name(depth, DEPTH_SUFFIXES)
        require_partners(images, depth, "depth map", depths)
        self.names: Sequence[str] = list(images)
        self.strays = [path for name, path in depths.items() if name not in images]
        self._files = [(images[name], depths[name]) for name in self.names]
        self.splits = splits
        self._unit = require_unit(unit, self._files[0][1])
        self.unit = self._unit.name

    def depth_file(self, index: int) -> Path:
        """Give the path of one depth map."""
        return self._files[index][1]

    def read(self, index: int) -> Frame:
        """Read one pair of files."""
        image, depth = self._files[index]
        return checked_frame(read_rgb(image), read_depth(depth, self._unit), depth)


def find_folder(root: str | Path, names: tuple[str, ...]) -> Path | None:
    """Give the first of several subfolders that is there."""
    return next((Path(root, name) for name in names if Path(root, name).is_dir()), None)


def required(root: str | Path, names: tuple[str, ...], what: str) -> Path:
    """Give the first of several subfolders.

    Raises:
        UserError: there is none of them.
    """
    found = find_folder(root, names)
    if found is None:
        raise UserError(f"{root}: no folder of {what}; expected {' or '.join(f'{n}/' for n in names)}")
    return found


def files_by_name(folder: Path, suffixes: frozenset[str]) -> dict[str, Path]:
    """List the files of a folder with one of the suffixes by name, sorted; hidden ones are left out.

    Raises:
        UserError: there are none, or two differ in their suffix alone.
    """
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise UserError(f"{folder}: cannot be read ({error.strerror})") from error
    paths: dict[str, Path] = {}
    for file in files:
        if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file():
            twin = paths.setdefault(file.stem, file)
            if twin != file:
                raise UserError(
                    f"{file} and {twin.name} would share the name {file.stem!r}; rename one of them"
                )
    if not paths:
        raise UserError(f"{folder}: no files with one of the suffixes {', '.join(sorted(suffixes))}")
    return paths
