import numpy as np
import pytest
from skimage import data

import indexnet_engine.images.sample_photos
from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import PHOTOGRAPHS, photograph_files, photographs


def test_no_photograph_is_in_both_splits():
    assert not set(PHOTOGRAPHS["train"]) & set(PHOTOGRAPHS["test"])
    assert not set(PHOTOGRAPHS["train"].values()) & set(PHOTOGRAPHS["test"].values())
    assert not any("motorcycle" in name for name in PHOTOGRAPHS["test"])  # left and right show the same


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("split", ["train", "test"])
def test_images_are_float_in_the_unit_range(split, channels):
    images = photographs(split, channels)
    assert set(images) == set(PHOTOGRAPHS[split])
    for image in images.values():
        assert image.dtype == np.float32
        assert image.ndim == 3
        assert image.shape[2] == channels
        assert 0 <= image.min() < image.max() <= 1


def test_they_equal_those_of_scikit_image():
    images = photographs("test", 3)
    np.testing.assert_allclose(images["chelsea"] * 255, data.chelsea(), atol=1e-4)
    np.testing.assert_allclose(images["camera"][..., 1] * 255, data.camera(), atol=1e-4)


def test_a_missing_photograph_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(indexnet_engine.images.sample_photos, "files", lambda package: tmp_path)
    with pytest.raises(UserError, match=r"camera\.png, chelsea\.png.*reinstall"):
        photograph_files("test")
