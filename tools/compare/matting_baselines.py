"""Write mattes of baselines without learning: closed-form and KNN matting by pymatting, and the trimap
itself.

    python -m tools.compare.matting_baselines data/alphamatting/test baselines
    indexnet-matting score --pred baselines/knn --alpha data/alphamatting/test/alpha \
        --trimap data/alphamatting/test/trimap

DATA is a folder with ``image/`` and ``trimap/``. Writes a folder for each method, with one 8-bit matte for
each image; existing files are kept. (Levin et al. 2008; Chen et al. 2013.)
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.folders import images_by_name, require_partners
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.progress import progress_bar
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.solvers import MattingSolver
from tools.command import parse_paths, run

METHODS: dict[str, Callable[[], Callable[[NDArray[np.float32], NDArray[np.uint8]], NDArray[np.float32]]]] = {
    "closed-form": lambda: MattingSolver("closed-form"),
    "knn": lambda: MattingSolver("knn"),
    "trimap": lambda: lambda image, trimap: (trimap / 255).astype(np.float32),
}
"""Name -> a function that sets up the method; pymatting takes seconds to load."""


def main() -> None:
    """Write the mattes."""
    data, out = parse_paths(
        "tools.compare.matting_baselines",
        __doc__,
        data="folder with image/ and trimap/",
        out="output folder, with a folder for each method",
    )
    estimate(data, out)
    print(f"{out}: {', '.join(METHODS)}")


def estimate(data: Path, out: Path) -> None:
    """Estimate every matte by every method.

    Raises:
        UserError: an image or a trimap is missing or cannot be read.
    """
    images, trimaps = images_by_name(data / "image"), images_by_name(data / "trimap")
    require_partners(images, data / "trimap", "trimap", trimaps)
    solvers = {method: create() for method, create in METHODS.items()}
    with progress_bar(len(images) * len(solvers), "estimating", unit="matte") as bar:
        for name, file in images.items():
            image, trimap = read_image(file, 3), read_trimap(trimaps[name])
            for method, solve in solvers.items():
                target = out / method / f"{name}.png"
                if not target.exists():
                    write_image(target, solve(image, trimap))
                bar.update()


if __name__ == "__main__":
    run(main)
