from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.png_rows import png_rows

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(1, 1), (5, 1), (1, 40), (37, 50)])
@pytest.mark.parametrize("band", [1, 4, 100])
def test_pillow_reads_the_rows_back(channels: int, size: tuple[int, int], band: int, tmp_path: Path) -> None:
    smooth = np.add.outer(np.arange(size[0]), 3 * np.arange(size[1]))[..., None] * np.arange(1, channels + 1)
    for values in (RNG.integers(0, 256, (*size, channels), np.uint8), smooth.astype(np.uint8)):
        path = tmp_path / "new" / "a.png"
        with png_rows(path, *values.shape) as write:
            for top in range(0, len(values), band):
                assert not path.exists()  # before the last row
                write(values[top : top + band])
        with Image.open(path) as image:
            np.testing.assert_array_equal(np.asarray(image).reshape(values.shape), values)
        path.unlink()


def test_files_of_incomplete_images_do_not_appear(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="1 rows were written, expected 2"),
        png_rows(tmp_path / "a.png", 2, 3, 1) as write,
    ):
        write(np.zeros((1, 3, 1), np.uint8))
    with (
        pytest.raises(ValueError, match=r"expected uint8 rows \(h, 3, 1\), got uint8 \(1, 4, 1\)"),
        png_rows(tmp_path / "a.png", 2, 3, 1) as write,
    ):
        write(np.zeros((1, 4, 1), np.uint8))
    assert not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(UserError, match="file: cannot create this folder"),
        png_rows(tmp_path / "file" / "a.png", 1, 1, 1),
    ):
        pass
