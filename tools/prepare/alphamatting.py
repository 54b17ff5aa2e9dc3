"""Make training foregrounds and a fixed test set from the 27 training images of alphamatting.com.

    python -m tools.prepare.alphamatting DOWNLOAD data/alphamatting
    indexnet-matting train --data.train data/alphamatting/train --data.test data/alphamatting/test ...

DOWNLOAD holds ``input_training_lowres/``, ``gt_training_lowres/`` and ``trimap_training_lowres/Trimap1/``
(the archives of alphamatting.com; Rhemann et al. 2009). Twenty images become foregrounds, ``train/fg`` and
``train/alpha``. Where alpha is between 0 and 1, an image shows their colours mixed with the background; the
unmixed colours are estimated once, from image and matte (multi-level, Germer et al. 2020, by pymatting). The
seven others are copied to ``test/image``, ``test/alpha`` and ``test/trimap``.
"""

from pathlib import Path

from indexnet_engine.images.folders import images_by_name, require_partners
from indexnet_engine.images.image_file import read_image, require_same_size, write_image
from indexnet_engine.progress import progress_bar
from indexnet_matting.data.files import read_alpha
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.output.cutout import estimate_foreground
from tools.command import parse_paths, run

HELD_OUT = ("GT04", "GT08", "GT11", "GT13", "GT15", "GT18", "GT25")
"""Chosen by eye, one of each kind: tousled hair, long fine hair, bristles, leaves, fur, thin limbs, a mesh.

The training foregrounds include a similar one of each, except for the mesh."""

FOLDERS = {
    "image": "input_training_lowres",
    "alpha": "gt_training_lowres",
    "trimap": "trimap_training_lowres/Trimap1",
}


def main() -> None:
    """Write both folders."""
    download, out = parse_paths(
        "tools.prepare.alphamatting",
        __doc__,
        download="the folder with the unpacked archives",
        out="output folder, with train/ and test/",
    )
    prepare(download, out)
    print(f"{out}: train/ (fg, alpha) and test/ (image, alpha, trimap)")


def prepare(download: Path, out: Path) -> None:
    """Write the training foregrounds and the held-out images.

    Raises:
        UserError: a folder or a file is missing, or two files of one image differ in size.
    """
    files = {part: images_by_name(download / folder) for part, folder in FOLDERS.items()}
    for part in ("alpha", "trimap"):
        require_partners(files["image"], download / FOLDERS[part], part, files[part])
    require_partners(HELD_OUT, download / FOLDERS["image"], "image", files["image"])
    with progress_bar(len(files["image"]), "estimating foregrounds", unit="image") as bar:
        for name in files["image"]:
            image, alpha = read_image(files["image"][name], 3), read_alpha(files["alpha"][name])
            require_same_size(files["alpha"][name], alpha, files["image"][name], image)
            if name in HELD_OUT:
                trimap = read_trimap(files["trimap"][name])
                for part, array in (("image", image), ("alpha", alpha), ("trimap", trimap)):
                    write_image(out / "test" / part / f"{name}.png", array)
            elif not all((out / "train" / part / f"{name}.png").is_file() for part in ("fg", "alpha")):
                write_image(out / "train" / "fg" / f"{name}.png", estimate_foreground(image, alpha))
                write_image(out / "train" / "alpha" / f"{name}.png", alpha)
            bar.update()


if __name__ == "__main__":
    run(main)
