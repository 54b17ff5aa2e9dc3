from pathlib import Path

import numpy as np
import pytest

from indexnet_depth.cli import main
from indexnet_engine.images.image_file import write_image
from tests.divided_batches import check_divided_batches


@pytest.fixture
def noise_folder(tmp_path: Path) -> Path:
    """Eight noise images for training and one held out, with random depths; from none to most are invalid."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 8), ("val", 1)):
        for number in range(count):
            depth = rng.integers(1000, 4000, (70, 90)).astype(np.uint16)
            depth[: 8 * number] = 0
            folder = tmp_path / "noise" / split
            write_image(folder / "rgb" / f"{number}.png", rng.integers(0, 256, (70, 90, 3), np.uint8))
            write_image(folder / "depth" / f"{number}.png", depth, 16)
    return tmp_path / "noise"


@pytest.mark.slow
def test_steps_do_not_depend_on_how_their_batches_are_divided(noise_folder: Path, tmp_path: Path) -> None:
    check_divided_batches(
        main, tmp_path / "runs", "--data.train", noise_folder, "--data.unit", "mm", "--data.size", 64,
        "--start_depth", 2, "--model.width", 0.1, "--model.resampling", "o2o-unshared-nl",
    )  # fmt: skip
