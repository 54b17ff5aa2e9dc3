import numpy as np
import pytest

from indexnet_denoising.data.camera_noise import HELD_OUT_DRAWS, CameraNoise, photograph, shape_noise
from indexnet_engine.errors import UserError


def scene(size, seed=0):
    """A smooth colour picture (3, size, size) with an edge, of 8 bits."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size] / 24
    planes = [
        0.5 + 0.2 * np.sin(rows + a) * np.cos(columns + b) + 0.2 * (np.sin((rows - columns) / 2 + a) > 0)
        for a, b in rng.uniform(0, 6, (3, 2))
    ]
    return np.rint(255 * np.stack(planes)).astype(np.float32) / 255


def pairs(count, noise=None, size=48):
    noise = noise or CameraNoise()
    patch = scene(noise.source_size(size))
    return [noise.pair(patch, size, np.random.default_rng([1, index])) for index in range(count)]


def rmse(pair):
    return 255 * float(np.sqrt(np.square(pair.noisy - pair.clean).mean()))


def test_pairs_have_the_size_asked_for_and_the_values_of_images():
    for noisy, clean in pairs(40):
        assert noisy.shape == clean.shape == (3, 48, 48)
        assert noisy.dtype == clean.dtype == np.float32
        assert min(noisy.min(), clean.min()) >= 0
        assert max(noisy.max(), clean.max()) <= 1
        np.testing.assert_allclose(np.rint(255 * noisy), 255 * noisy, atol=1e-3)  # of 8 bits


def test_a_pair_depends_on_the_generator_alone():
    for first, again in zip(pairs(10), pairs(10)):
        np.testing.assert_array_equal(first.noisy, again.noisy)
        np.testing.assert_array_equal(first.clean, again.clean)
    first, second = pairs(2)
    assert not np.array_equal(first.noisy, second.noisy)


def test_noise_reaches_from_almost_none_to_strong():
    errors = np.array([rmse(pair) for pair in pairs(200)])
    assert np.quantile(errors, 0.1) < 1.5
    assert 2 < np.median(errors) < 15
    assert np.quantile(errors, 0.95) > 15


def test_without_sensor_noise_clean_photographs_stay_as_they_are():
    noise = CameraNoise(clean_share=1)
    patch = scene(noise.source_size(48))
    for index in range(20):
        noisy, clean = noise.pair(patch, 48, np.random.default_rng(index))
        windows = np.lib.stride_tricks.sliding_window_view(patch[:, :60, :60], (48, 48), (1, 2))
        assert (windows == clean[:, None, None]).all((0, 3, 4)).any()  # cut from the patch, not resized
        assert 255 * np.sqrt(np.square(noisy - clean).mean()) < 3  # at most weakly compressed


def test_the_share_of_clean_pairs():
    clean = [rmse(pair) < 0.05 for pair in pairs(300, CameraNoise(clean_share=0.5))]
    # Seven clean pairs in ten are not compressed; noise as weak as this is rare.
    assert np.mean(clean) == pytest.approx(0.35, abs=0.08)


def test_the_clean_photograph_is_the_scene_but_for_demosaicing():
    picture = scene(64)
    for seed in range(6):
        _, clean = photograph(picture, np.random.default_rng(seed))
        assert np.abs(clean - picture)[:, 4:-4, 4:-4].mean() < 2 / 255
        assert np.abs(clean.mean((1, 2)) - picture.mean((1, 2))).max() < 1 / 255  # colours do not shift


def test_shaped_noise_is_correlated():
    """White noise of three channels becomes anything from white to smooth."""
    noise = np.random.default_rng(0).normal(0, 0.05, (3, 64, 64)).astype(np.float32)
    correlations = []
    for seed in range(40):
        shaped = shape_noise(noise, np.full((3, 64, 64), 0.5, np.float32), np.random.default_rng(seed))
        assert shaped.std() < 2 * noise.std()
        correlations.append(np.corrcoef(shaped[0, :, :-1].ravel(), shaped[0, :, 1:].ravel())[0, 1])
    assert min(correlations) < 0.05
    assert max(correlations) > 0.5


def test_held_out_pairs_are_always_the_same_and_fit_small_images():
    images = {"barn": scene(120).transpose(1, 2, 0), "cliff": scene(500, seed=1).transpose(1, 2, 0)[:, :470]}
    (first,), (again,) = CameraNoise().held_out(images).values(), CameraNoise().held_out(images).values()
    assert len(first) == 2 * HELD_OUT_DRAWS
    for name, pair in first.items():
        np.testing.assert_array_equal(pair.noisy, again[name].noisy)
        assert pair.noisy.shape == pair.clean.shape
    assert first["cliff-0"].noisy.shape == (256, 256, 3)
    assert 48 <= first["barn-0"].noisy.shape[0] <= 64
    assert not np.array_equal(first["cliff-0"].noisy, first["cliff-1"].noisy)


def test_held_out_images_may_be_too_small():
    with pytest.raises(UserError, match="dot: camera noise needs held-out images of at least 34 pixels"):
        CameraNoise().held_out({"dot": scene(33).transpose(1, 2, 0)})
    (pairs,) = CameraNoise().held_out({"dot": scene(34).transpose(1, 2, 0)}).values()
    assert pairs["dot-0"].noisy.shape == (8, 8, 3)
