import numpy as np

from indexnet_matting.data.generator.noise import centres, fractal_noise, ramp, smooth_noise, warp


def test_fields_have_about_unit_deviation_and_no_mean():
    rng = np.random.default_rng(0)
    smooth = np.stack([smooth_noise(64, 5, rng) for _ in range(40)])
    fractal = np.stack([fractal_noise(64, 3, rng) for _ in range(40)])
    for fields in (smooth, fractal):
        assert fields.dtype == np.float32
        assert abs(fields.mean()) < 0.15
        assert 0.7 < fields.std() < 1.3


def test_more_cells_are_rougher():
    rough, smooth = (
        np.abs(np.diff(smooth_noise(64, cells, np.random.default_rng(1)))).mean() for cells in (20, 2)
    )
    assert rough > 3 * smooth


def test_warping_to_the_own_positions_changes_nothing():
    field = np.random.default_rng(2).random((16, 16), np.float32)
    x, y = centres(16)
    np.testing.assert_allclose(warp(field, x * 16 - 0.5, y * 16 - 0.5), field, atol=1e-4)


def test_a_ramp_is_linear():
    field = ramp(32, np.random.default_rng(3))
    assert np.abs(np.diff(field, 2, axis=0)).max() < 1e-5
    assert np.abs(np.diff(field, 2, axis=1)).max() < 1e-5
    assert np.ptp(field) > 1
