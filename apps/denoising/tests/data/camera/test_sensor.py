import math

import numpy as np
import pytest

from indexnet_denoising.data.camera.sensor import (
    SHOT_RANGE,
    SensorNoise,
    add_sensor_noise,
    draw_sensor_noise,
)


@pytest.mark.parametrize("light", [0.0, 0.1, 0.8])
def test_the_variance_is_shot_times_light_plus_read(light):
    raw = np.full((400, 400), light, np.float32)
    noise = add_sensor_noise(raw, SensorNoise(shot=0.01, read=0.0005), np.random.default_rng(0)) - raw
    assert noise.var() == pytest.approx(0.01 * light + 0.0005, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=1e-3)


def test_negative_light_has_read_noise_only():
    raw = np.full((400, 400), -0.1, np.float32)
    noisy = add_sensor_noise(raw, SensorNoise(shot=0.01, read=0.0004), np.random.default_rng(0))
    assert noisy.var() == pytest.approx(0.0004, rel=0.02)


def test_no_variance_is_no_noise_and_the_light_is_left_alone():
    raw = np.random.default_rng(1).random((8, 8), dtype=np.float32)
    before = raw.copy()
    np.testing.assert_array_equal(add_sensor_noise(raw, SensorNoise(0, 0), np.random.default_rng(0)), raw)
    add_sensor_noise(raw, SensorNoise(0.1, 0.1), np.random.default_rng(0))
    np.testing.assert_array_equal(raw, before)


def test_levels_are_drawn_from_the_whole_range():
    rng = np.random.default_rng(0)
    drawn = [draw_sensor_noise(rng) for _ in range(1000)]
    logs = np.log([noise.shot for noise in drawn])
    low, high = np.log(SHOT_RANGE)
    assert low <= logs.min() < low + 0.1
    assert high - 0.1 < logs.max() <= high
    residual = np.log([noise.read for noise in drawn]) - (2.18 * logs + 1.2)
    assert residual.std() == pytest.approx(0.26, rel=0.1)


def test_a_range_of_one_level():
    noise = draw_sensor_noise(np.random.default_rng(0), (0.002, 0.002))
    assert math.isclose(noise.shot, 0.002)
