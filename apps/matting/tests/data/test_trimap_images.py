import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_matting.data.open_data import load_test_set


def test_images_are_read_when_asked_for(test_folder):
    images = load_test_set(test_folder)
    (test_folder / "image" / "lace.png").write_bytes(b"not an image")
    assert images["fern"].image.shape == (70, 61, 3)
    with pytest.raises(UserError, match=r"lace\.png: not an image"):
        images["lace"]


@pytest.mark.parametrize("part", ["alpha", "trimap"])
def test_other_sizes_are_refused(test_folder, part):
    Image.fromarray(np.full((9, 8), 128, np.uint8)).save(test_folder / part / "fern.png")
    with pytest.raises(UserError, match=rf"{part}/fern\.png: is 9x8, but .*image/fern\.png is 70x61"):
        load_test_set(test_folder)["fern"]


def test_a_trimap_without_unknown_pixels_is_refused(test_folder):
    Image.fromarray(np.zeros((70, 61), np.uint8)).save(test_folder / "trimap" / "fern.png")
    with pytest.raises(UserError, match=r"trimap/fern\.png"):
        load_test_set(test_folder)["fern"]
