from collections.abc import Mapping

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_matting.data.composite import composite
from indexnet_matting.data.open_data import load_test_set


def test_a_folder(test_folder):
    images = load_test_set(test_folder)
    assert isinstance(images, Mapping)
    assert list(images) == ["fern", "lace", "wing"]
    assert len(images) == 3
    image = images["wing"]
    assert image.name == "wing"
    np.testing.assert_array_equal(image.image, read_image(test_folder / "image/wing.png"))
    np.testing.assert_array_equal(image.alpha, read_image(test_folder / "alpha/wing.png")[..., 0])
    assert image.trimap.dtype == np.uint8
    assert set(np.unique(image.trimap)) == {0, 128, 255}
    assert image.image.shape[:2] == image.alpha.shape == image.trimap.shape == (72, 61)


def test_images_are_read_when_asked_for(test_folder):
    images = load_test_set(test_folder)
    (test_folder / "image" / "lace.png").write_bytes(b"not an image")
    assert images["fern"].image.shape == (70, 61, 3)
    with pytest.raises(UserError, match=r"lace\.png: not an image"):
        images["lace"]


def test_builtin():
    images = load_test_set("builtin")
    assert len(images) == len(list(images)) == 8
    for image in images.values():
        assert image.image.shape[:2] == image.alpha.shape == image.trimap.shape
        unknown = image.trimap == 128
        assert 0.1 < unknown.mean() < 0.9
        np.testing.assert_array_equal(image.alpha[~unknown], image.trimap[~unknown] / 255)


def test_builtin_scenes_obey_the_matting_equation():
    image = load_test_set("builtin")["hair-11-camera"]
    transparent = image.alpha == 0
    black = composite(np.zeros_like(image.image), image.alpha, image.image)
    np.testing.assert_array_equal(black[transparent], image.image[transparent])


@pytest.mark.parametrize("part", ["alpha", "trimap"])
def test_other_sizes_are_refused(test_folder, part):
    Image.fromarray(np.full((9, 8), 128, np.uint8)).save(test_folder / part / "fern.png")
    with pytest.raises(UserError, match=rf"{part}/fern\.png: is 9x8, but .*image/fern\.png is 70x61"):
        load_test_set(test_folder)["fern"]


def test_a_trimap_without_unknown_pixels_is_refused(test_folder):
    Image.fromarray(np.zeros((70, 61), np.uint8)).save(test_folder / "trimap" / "fern.png")
    with pytest.raises(UserError, match=r"trimap/fern\.png"):
        load_test_set(test_folder)["fern"]
