import numpy as np
import pytest
from skimage import data as photographs

from indexnet_denoising.data import builtin
from indexnet_denoising.data.builtin import BUILTIN, builtin_files, builtin_images
from indexnet_engine.errors import UserError


def test_no_photograph_is_in_both_splits():
    assert not set(BUILTIN["train"]) & set(BUILTIN["test"])
    assert not set(BUILTIN["train"].values()) & set(BUILTIN["test"].values())
    assert not any("motorcycle" in name for name in BUILTIN["test"])  # left and right show the same


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("split", ["train", "test"])
def test_images_are_float_in_the_unit_range(split, channels):
    images = builtin_images(split, channels)
    assert set(images) == set(BUILTIN[split])
    for image in images.values():
        assert image.dtype == np.float32
        assert image.ndim == 3
        assert image.shape[2] == channels
        assert 0 <= image.min() < image.max() <= 1


def test_they_are_what_scikit_image_gives():
    images = builtin_images("test", 3)
    np.testing.assert_allclose(images["chelsea"] * 255, photographs.chelsea(), atol=1e-4)
    np.testing.assert_allclose(images["camera"][..., 1] * 255, photographs.camera(), atol=1e-4)


def test_a_missing_photograph_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(builtin, "files", lambda package: tmp_path)
    with pytest.raises(UserError, match=r"camera\.png, chelsea\.png.*reinstall"):
        builtin_files("test")
