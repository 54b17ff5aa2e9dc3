import numpy as np
import pytest

from indexnet_denoising.data.crops import Crops, scaled_images
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name, size in (("large", (60, 90, 3)), ("small", (40, 30, 3))):
        write_image(tmp_path / f"{name}.png", rng.random(size, dtype=np.float32))
    return str(tmp_path)


def test_images_are_read_at_every_scale_that_holds_a_patch(folder):
    images = scaled_images(folder, 24, channels=3, scales=(1, 0.5))
    assert [image.shape for image in images] == [(60, 90, 3), (30, 45, 3), (40, 30, 3)]
    assert all(image.dtype == np.uint8 for image in images)


def test_images_that_are_all_too_small_are_an_error(folder):
    with pytest.raises(UserError, match="no image is 64x64 or larger at scales"):
        scaled_images(folder, 64)
    with pytest.raises(UserError, match=r"scales in \(0, 4\], got size 24, stride 1, scales \[5\]"):
        scaled_images(folder, 24, scales=[5])


def test_each_image_has_as_many_indices_as_patches_side_by_side():
    images = [np.full((20, 31, 1), 1, np.uint8), np.full((10, 10, 1), 2, np.uint8)]
    crops = Crops(images, 10)
    assert len(crops) == 6 + 1
    shown = [int(crops.cut(index, np.random.default_rng(index))[0, 0, 0]) for index in range(7)]
    assert shown == [1, 1, 1, 1, 1, 1, 2]


def test_patches_lie_anywhere_in_the_image():
    image = np.arange(12 * 14, dtype=np.uint8).reshape(12, 14, 1)
    crops = Crops([image], 8)
    corners = {int(crops.cut(0, np.random.default_rng(seed))[0, 0, 0]) for seed in range(400)}
    assert corners == {14 * row + column for row in range(5) for column in range(7)}
    patch = crops.cut(0, np.random.default_rng(0))
    assert patch.shape == (8, 8, 1)
    np.testing.assert_array_equal(np.diff(patch[:, :, 0], axis=1), 1)
