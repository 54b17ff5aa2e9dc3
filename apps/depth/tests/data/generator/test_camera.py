import numpy as np

from indexnet_depth.data.generator.camera import develop


def test_a_photograph_has_8_bits_and_a_usual_brightness() -> None:
    light = np.random.default_rng(0).uniform(0, 1, (48, 64, 3)).astype(np.float32)
    for number in range(20):
        for strength in (1e-2, 1e2):
            image = develop(light * np.float32(strength), np.random.default_rng(number))
            assert image.shape == light.shape
            assert image.dtype == np.float32
            np.testing.assert_allclose(image * 255, np.rint(image * 255), atol=1e-4)
            assert image.min() >= 0
            assert image.max() <= 1
            assert 0.15 < image.mean() < 0.8


def test_the_camera_does_not_move_things() -> None:
    light = np.full((48, 64, 3), 0.1, np.float32)
    light[:, 32:] = 1
    for number in range(20):
        image = develop(light, np.random.default_rng(number)).mean(2)
        assert image[:, 37:].min() > image[:, :27].max() - 0.25
        assert image[:, 40:].mean() > image[:, :24].mean() + 0.2


def test_no_light_is_a_black_photograph() -> None:
    image = develop(np.zeros((16, 16, 3), np.float32), np.random.default_rng(0))
    assert np.isfinite(image).all()
    assert image.mean() < 0.3
