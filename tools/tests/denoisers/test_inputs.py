from pathlib import Path

import numpy as np
import pytest

from indexnet_denoising.data.noise import noisy_image
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image
from tools.denoisers.inputs import Settings, open_sets


def test_white_noise_is_that_of_evaluate(photos: Path) -> None:
    low, high = open_sets("white", [str(photos)], Settings([15.0, 50.0], seed=3))
    assert (low.title, high.title) == ("photos σ15", "photos σ50")
    pair = high.pairs["b"]()
    clean = read_image(photos / "b.png")
    np.testing.assert_array_equal(pair.clean, clean)
    np.testing.assert_array_equal(pair.noisy, noisy_image(clean, 50, "b", 3))
    assert pair.noisy.min() < 0


def test_clipped_noise_has_8_bits(photos: Path) -> None:
    white, clipped = (open_sets(mode, [str(photos)], Settings([50.0]))[0] for mode in ("white", "clipped"))
    expected = np.rint(255 * white.pairs["b"]().noisy.clip(0, 1)) / 255
    np.testing.assert_allclose(clipped.pairs["b"]().noisy, expected, atol=1e-7)


def test_images_are_converted_on_request(photos: Path) -> None:
    for channels, found in ((None, [1, 3]), (1, [1, 1]), (3, [3, 3])):
        (group,) = open_sets("clean", [str(photos)], Settings([], channels=channels))  # type: ignore[arg-type]
        assert [group.pairs[name]().clean.shape[2] for name in ("a", "b")] == found


def test_clean_photographs_are_their_own_truth(photos: Path) -> None:
    (group,) = open_sets("clean", [str(photos)], Settings([25.0]))
    assert group.sigma is None
    assert group.title == "photos"
    np.testing.assert_array_equal(*group.pairs["b"]())


def test_transparent_areas_become_white(tmp_path: Path) -> None:
    write_image(tmp_path / "x" / "a.png", np.zeros((8, 8, 4), np.float32))
    (group,) = open_sets("clean", [str(tmp_path / "x")], Settings([]))
    np.testing.assert_array_equal(group.pairs["a"]().clean, np.ones((8, 8, 3), np.float32))


def test_pairs_have_the_names_and_sizes_of_each_other(tmp_path: Path) -> None:
    noisy, clean = np.full((8, 9), 0.4), np.full((8, 9), 0.6)
    write_image(tmp_path / "set/noisy/a.jpg", noisy)
    with pytest.raises(UserError, match=r"set: no folder of clean images; expected clean/"):
        open_sets("pairs", [str(tmp_path / "set")], Settings([]))
    write_image(tmp_path / "set/clean/a.png", clean)
    (group,) = open_sets("pairs", [str(tmp_path / "set")], Settings([]))
    pair = group.pairs["a"]()
    assert float(pair.noisy.mean()) == pytest.approx(0.4, abs=0.01)
    assert float(pair.clean.mean()) == pytest.approx(0.6, abs=0.01)

    write_image(tmp_path / "set/clean/b.png", clean)
    with pytest.raises(UserError, match=r"noisy: no noisy image for b"):
        open_sets("pairs", [str(tmp_path / "set")], Settings([]))
    write_image(tmp_path / "set/noisy/b.png", noisy.T)
    with pytest.raises(UserError, match=r"noisy/b\.png: is 9x8x1, but .*clean/b\.png is 8x9x1"):
        open_sets("pairs", [str(tmp_path / "set")], Settings([]))


def test_bad_sets_are_found_before_anything_is_denoised(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="two sets have the name photos"):
        open_sets("white", [str(photos), str(photos)], Settings([25.0]))
    write_image(photos / "small.png", np.zeros((5, 40)))
    with pytest.raises(UserError, match=r"small\.png: SSIM needs at least 7x7"):
        open_sets("clean", [str(photos)], Settings([]))
    with pytest.raises(UserError, match="no such"):
        open_sets("white", [str(tmp_path / "nothing")], Settings([25.0]))
