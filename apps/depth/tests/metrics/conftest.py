import numpy as np
import pytest

Case = tuple[np.ndarray, np.ndarray]


def make_case(seed: int) -> Case:
    """Prediction and truth with steps, slopes, noise and invalid pixels of every kind."""
    rng = np.random.default_rng(seed)
    height, width = (int(side) for side in rng.integers(4, 14, 2))
    depth = rng.uniform(0.5, 4) + rng.uniform(0, 0.1) * np.mgrid[:height, :width][1]
    depth[:, width // 2 :] += rng.uniform(0.1, 3)
    depth[height // 2 :] += rng.choice([0, 0.05, 1.5])
    pred = (depth + rng.normal(0, 0.1, depth.shape)) * rng.uniform(0.7, 1.3)
    pred = np.roll(pred, rng.integers(-1, 2), 1)
    depth[rng.random(depth.shape) < 0.1 * (seed % 3)] = 0
    if seed % 4 == 1:
        depth[0, 0], depth[-1, 0], depth[0, -1] = np.nan, np.inf, -2.0
    if seed % 5 == 2:
        pred[1, 1] = 0.0
    depth[1, 2] = 1.0
    return pred.astype(np.float32), depth.astype(np.float32)


@pytest.fixture(params=range(30))
def case(request: pytest.FixtureRequest) -> Case:
    return make_case(request.param)


@pytest.fixture
def cases() -> list[Case]:
    return [make_case(seed) for seed in range(8)]
