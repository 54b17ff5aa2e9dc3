"""Mattes to be measured: small enough for loops in plain Python, and as irregular as real ones."""

import numpy as np
import pytest
from numpy.typing import NDArray

from indexnet_matting.metrics.mattes import prepare

Case = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _smooth(height: int, width: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """A few blobs, partly beyond [0, 1]."""
    rows, columns = np.mgrid[:height, :width]
    centres = rng.uniform(0, [height, width, 1], (4, 3))
    blobs = [np.hypot(rows - row, columns - column) for row, column, _ in centres]
    return 1.3 - np.minimum.reduce(blobs) * rng.uniform(0.2, 0.5)


def make_case(seed: int) -> Case:
    """Prediction, truth and trimap as `prepare` returns them."""
    rng = np.random.default_rng(seed)
    height, width = int(rng.integers(1, 16)), int(rng.integers(5, 16))
    trimap = rng.choice(np.uint8([0, 128, 255]), (height, width), p=[0.2, 0.6, 0.2])
    trimap[0, 0] = 128
    if seed % 2:  # smooth mattes
        alpha = _smooth(height, width, rng)
        pred = alpha + rng.normal(0, 0.15, (height, width))
    else:  # nothing but noise on few levels: many parts, many of one size
        levels = np.array([0, 26, 51, 102, 153, 204, 230, 255]) / 255
        alpha, pred = rng.choice(levels, (2, height, width))
        pred = np.where(rng.random((height, width)) < 0.5, alpha, pred)
    mattes = prepare(pred, alpha, trimap)
    return mattes.pred, mattes.alpha, trimap


@pytest.fixture(params=range(40))
def case(request: pytest.FixtureRequest) -> Case:
    return make_case(request.param)


@pytest.fixture
def few_cases() -> list[Case]:
    return [make_case(seed) for seed in range(6)]
