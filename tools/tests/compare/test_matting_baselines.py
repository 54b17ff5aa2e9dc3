from pathlib import Path

import numpy as np
import pytest

import tools.compare.matting_baselines as tool
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A red disc with a soft edge on blue."""
    rows, columns = np.mgrid[:40, :44]
    alpha = ((12 - np.hypot(rows - 20, columns - 22)) / 6 + 0.5).clip(0, 1)
    scene = alpha[..., None] * [0.9, 0.2, 0.1] + (1 - alpha[..., None]) * [0.1, 0.2, 0.8]
    trimap = np.where((alpha > 0) & (alpha < 1), 128, 255 * (alpha == 1)).astype(np.uint8)
    write_image(tmp_path / "image/disc.png", scene)
    write_image(tmp_path / "trimap/disc.png", trimap)
    write_image(tmp_path / "alpha.png", alpha)
    return tmp_path


def test_two_colours_are_told_apart(data: Path) -> None:
    tool.estimate(data, data / "out")
    truth = read_image(data / "alpha.png")
    estimates = {method: read_image(data / "out" / method / "disc.png") for method in tool.METHODS}
    errors = {method: np.abs(estimate - truth).mean() for method, estimate in estimates.items()}
    assert errors["closed-form"] < 0.2 * errors["trimap"]
    assert errors["knn"] < 0.5 * errors["trimap"]
    assert set(np.unique(estimates["trimap"])) == {0, np.float32(128 / 255), 1}


def test_existing_files_are_kept(data: Path) -> None:
    for method in tool.METHODS:
        write_image(data / "out" / method / "disc.png", np.zeros((3, 3)))
    tool.estimate(data, data / "out")
    assert read_image(data / "out/knn/disc.png").shape == (3, 3, 1)


def test_a_missing_trimap_is_named(data: Path) -> None:
    write_image(data / "image/other.png", np.zeros((4, 4, 3)))
    with pytest.raises(UserError, match="no trimap for other"):
        tool.estimate(data, data / "out")
