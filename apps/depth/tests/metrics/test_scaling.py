import numpy as np
import pytest

from indexnet_depth.metrics import median_scaled, tally
from indexnet_engine.errors import UserError


def test_only_the_scale_of_a_prediction_is_lost() -> None:
    depth = np.random.default_rng(0).uniform(1, 5, (8, 9)).astype(np.float32)
    depth[0] = 0
    scaled = median_scaled(np.where(depth == 0, np.float32(100), depth * 3), depth)
    np.testing.assert_allclose(scaled[1:], depth[1:], rtol=1e-6)
    assert scaled.dtype == np.float32


def test_a_constant_becomes_the_median() -> None:
    depth = np.array([[1.0, 2.0, 6.0, np.nan]])
    scaled = median_scaled(np.full((1, 4), 0.3), depth)
    np.testing.assert_allclose(scaled, 2)
    assert tally(scaled, depth).measures()["rmse"] == pytest.approx(np.sqrt(17 / 3))


def test_nothing_to_scale_by() -> None:
    with pytest.raises(UserError, match="no pixel"):
        median_scaled(np.ones((2, 2)), np.zeros((2, 2)))
    with pytest.raises(UserError, match="one shape"):
        median_scaled(np.ones((2, 2)), np.ones((2, 3)))
