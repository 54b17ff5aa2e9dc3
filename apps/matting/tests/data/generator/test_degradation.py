import numpy as np

from indexnet_matting.data.generator.degradation import degrade, tone


def test_files_have_8_bits_and_look_like_the_image():
    image = np.random.default_rng(0).uniform(0.2, 0.8, (8, 8, 3)).astype(np.float32).repeat(8, 0).repeat(8, 1)
    errors = []
    for seed in range(40):
        stored = degrade(image, np.random.default_rng(seed))
        assert np.abs(255 * stored - np.rint(255 * stored)).max() < 1e-3
        errors.append(np.abs(stored - image).mean())
    assert min(errors) < 0.003  # rounding alone
    assert 0.01 < max(errors) < 0.15


def test_one_tone_curve_for_all_images():
    ramp = np.linspace(0, 1, 30, dtype=np.float32).reshape(10, 1, 3)
    for seed in range(20):
        first, second = tone(np.random.default_rng(seed), ramp, ramp)
        assert (first == second).all()
        assert first.min() >= 0
        assert first.max() <= 1
        assert (np.diff(first, axis=0) >= 0).all()


def test_values_outside_are_clipped():
    for seed in range(20):
        (image,) = tone(np.random.default_rng(seed), np.full((2, 2, 3), -1e-6, np.float32))
        assert np.isfinite(degrade(image, np.random.default_rng(seed))).all()
