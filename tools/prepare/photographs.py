"""Divide photographs into a training folder and held-out images for denoising.

    python -m tools.prepare.photographs PHOTOGRAPHS photographs
    indexnet-denoising train --config gray --data.train photographs/train --data.test photographs/test

Into ``train/`` go all photographs but four, and scikit-image's training photographs, as they are; into
``test/`` the middle of the four at half size, and scikit-image's test photographs.
"""

import shutil
from pathlib import Path

import numpy as np

from indexnet_denoising.data.patches import scaled
from indexnet_engine.errors import UserError
from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import images_by_name
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.images.sample_photos import photograph_files
from tools.command import parse_paths, run

HELD_OUT = (
    "budgie-oakland-zoo-otters",
    "budgie-roman-colosseum",
    "lomiri-Dragonfly_by_Bolly",
    "lomiri-friends_by_Aitzol_Berasategi",
)
"""Chosen by eye: fur, stone, leaves out of focus, hair and wood."""

SIDE = 448
"""Side of a held-out image in pixels."""


def main() -> None:
    """Write both folders."""
    photographs, out = parse_paths(
        "tools.prepare.photographs",
        __doc__,
        photographs="the folder of photographs",
        out="output folder, with train/ and test/",
    )
    prepare(photographs, out)
    print(f"{out}: train/ and test/")


def prepare(photographs: Path, out: Path) -> None:
    """Write both folders.

    Raises:
        UserError: a held-out photograph is missing or smaller than twice `SIDE`.
    """
    files = images_by_name(photographs)
    make_folder(out / "train")
    make_folder(out / "test")
    for name in HELD_OUT:
        if name not in files:
            raise UserError(f"{photographs}: no photograph {name}")
        half = scaled(read_image(files.pop(name), 3), 0.5)
        top, left = ((side - SIDE) // 2 for side in half.shape[:2])
        if min(top, left) < 0:
            raise UserError(f"{photographs}: {name} is smaller than {2 * SIDE}x{2 * SIDE}")
        middle = half[top : top + SIDE, left : left + SIDE]
        write_image(out / "test" / f"{name}.png", np.ascontiguousarray(middle))
    for file in [*files.values(), *photograph_files("train").values()]:
        shutil.copy(file, out / "train")
    for file in photograph_files("test").values():
        shutil.copy(file, out / "test")


if __name__ == "__main__":
    run(main)
