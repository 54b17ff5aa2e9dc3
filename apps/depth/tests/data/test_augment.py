import numpy as np
import pytest

from indexnet_depth.data.augment import AugmentConfig, augment, check_augment
from indexnet_depth.data.crop import evaluation_view
from indexnet_depth.data.frame import Frame
from indexnet_engine.errors import UserError

NOTHING = AugmentConfig(max_scale=1, max_angle=0, flip=0, jitter=0)


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    image = rng.uniform(0.3, 0.6, (120, 160, 3)).astype(np.float32)
    return Frame(image, np.full((120, 160), 3, np.float32))


def test_nothing_random_is_the_evaluation_view(frame):
    view = augment(frame, NOTHING, 64, np.random.default_rng(0))
    expected = evaluation_view(frame, 64)
    np.testing.assert_array_equal(view.image, expected.image)
    np.testing.assert_array_equal(view.depth, expected.depth)


def test_the_generator_decides_everything(frame):
    views = [augment(frame, AugmentConfig(), 48, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(views[0].image, views[1].image)
    np.testing.assert_array_equal(views[0].depth, views[1].depth)
    assert (views[0].image != views[2].image).any()


def test_scales_are_uniform_and_divide_depth(frame):
    config = AugmentConfig(max_angle=0, flip=0, jitter=0)
    scales = [3 / augment(frame, config, 32, np.random.default_rng(seed)).depth.max() for seed in range(200)]
    assert 1 <= min(scales) < 1.03
    assert 1.47 < max(scales) <= 1.5
    assert np.mean(scales) == pytest.approx(1.25, abs=0.04)


def test_half_of_the_frames_are_mirrored(frame):
    config = AugmentConfig(max_scale=1, max_angle=0, jitter=0)
    plain = evaluation_view(frame, 32).image
    views = [augment(frame, config, 32, np.random.default_rng(seed)).image for seed in range(100)]
    mirrored = [np.allclose(view, plain[:, ::-1], atol=1e-4) for view in views]
    same = [np.allclose(view, plain, atol=1e-4) for view in views]
    assert all(a != b for a, b in zip(mirrored, same))
    assert 35 <= sum(mirrored) <= 65


def test_colours_change_without_depth(frame):
    config = AugmentConfig(max_scale=1, max_angle=0, flip=0)
    plain = evaluation_view(frame, 32)
    means = []
    for seed in range(60):
        view = augment(frame, config, 32, np.random.default_rng(seed))
        np.testing.assert_array_equal(view.depth, plain.depth)
        assert view.image.min() >= 0
        assert view.image.max() <= 1
        means.append(view.image.mean() / plain.image.mean())
    # Brightness alone moves the mean, by up to 40 per cent.
    assert 0.6 <= min(means) < 0.75
    assert 1.25 < max(means) <= 1.4 + 1e-3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_scale": 0.5}, "max_scale must be from 1 to 10, got 0.5"),
        ({"max_scale": float("inf")}, "max_scale must be finite"),
        ({"max_angle": -5}, "max_angle must not be negative"),
        ({"max_angle": 90}, "max_angle must be from 0 to 45, got 90"),
        ({"flip": 1.5}, "flip must be from 0 to 1"),
        ({"jitter": float("nan")}, "jitter must be finite"),
    ],
)
def test_numbers_out_of_range(options, message):
    with pytest.raises(UserError, match=message):
        check_augment(AugmentConfig(**options))
    check_augment(AugmentConfig())
