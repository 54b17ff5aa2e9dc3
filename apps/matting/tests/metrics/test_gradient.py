import math

import numpy as np
import pytest

from indexnet_matting.metrics import gradient_error
from indexnet_matting.metrics.gradient import gradient_magnitude, kernels

SIGMA, HALF = 1.4, 4


def slow_gradient_error(pred: np.ndarray, alpha: np.ndarray, trimap: np.ndarray) -> float:
    """The definition in loops: a 9×9 kernel of unit L2 norm, true convolution, replicated borders."""
    density = {i: math.exp(-(i**2) / (2 * SIGMA**2)) / (SIGMA * math.sqrt(2 * math.pi)) for i in range(-4, 5)}
    kernel = {(i, j): density[i] * -j / SIGMA**2 * density[j] for i in density for j in density}
    norm = math.sqrt(sum(value**2 for value in kernel.values()))
    height, width = trimap.shape

    def magnitudes(matte: np.ndarray) -> np.ndarray:
        low, high = int(matte.min()), int(matte.max())
        stretched = (matte.astype(float) - low) / ((high - low) or 1)
        result = np.zeros((height, width))
        for row in range(height):
            for column in range(width):
                across = down = 0.0
                for (i, j), value in kernel.items():  # transposed for the other direction
                    rows, columns = (
                        np.clip((row - i, row - j), 0, height - 1),
                        np.clip((column - j, column - i), 0, width - 1),
                    )
                    across += value / norm * stretched[rows[0], columns[0]]
                    down += value / norm * stretched[rows[1], columns[1]]
                result[row, column] = math.hypot(across, down)
        return result

    squares = (magnitudes(pred) - magnitudes(alpha)) ** 2
    return sum(squares[row, column] for row, column in np.argwhere(trimap == 128)) / 1000


def test_definition_in_loops(few_cases) -> None:
    for pred, alpha, trimap in few_cases:
        expected = slow_gradient_error(pred, alpha, trimap)
        assert gradient_error(pred, alpha, trimap) == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert expected > 0


def test_kernel() -> None:
    smooth, slope = kernels()
    assert len(smooth) == len(slope) == 2 * HALF + 1
    assert np.linalg.norm(np.outer(smooth, slope)) == pytest.approx(1)
    assert smooth[HALF] / smooth[HALF + 1] == pytest.approx(math.exp(1 / (2 * SIGMA**2)))
    assert slope[HALF - 1] / smooth[HALF - 1] == pytest.approx(-slope[HALF + 1] / smooth[HALF + 1])


def test_vertical_edge() -> None:
    """The response to a step is the tail of the derivative, times the smoothing kernel's sum, in each row."""
    weights = [math.exp(-(i**2) / (2 * SIGMA**2)) for i in range(-HALF, HALF + 1)]
    slopes = [-i * weight for i, weight in zip(range(-HALF, HALF + 1), weights)]
    across = sum(weights) / math.sqrt(sum(weight**2 for weight in weights))
    tails = [
        abs(sum(slopes[:k])) / math.sqrt(sum(slope**2 for slope in slopes)) for k in range(1, 2 * HALF + 1)
    ]
    expected = sum((across * tail) ** 2 for tail in tails)

    edge = np.zeros((30, 40), np.uint8)
    edge[:, 20:] = 255
    everywhere = np.full(edge.shape, 128, np.uint8)
    assert gradient_error(edge, np.zeros_like(edge), everywhere) == pytest.approx(30 * expected / 1000)
    assert gradient_error(edge.T, np.zeros_like(edge.T), everywhere.T) == pytest.approx(30 * expected / 1000)
    assert gradient_error(255 - edge, edge, everywhere) == pytest.approx(
        0, abs=1e-12
    )  # a magnitude has no sign


def test_mattes_are_stretched_first(rng) -> None:
    alpha = 2 * rng.integers(0, 128, (20, 20)).astype(np.uint8)
    everywhere = np.full(alpha.shape, 128, np.uint8)
    assert gradient_error(alpha // 2 + 9, alpha, everywhere) == pytest.approx(0, abs=1e-12)


def test_constant_mattes_have_no_gradient() -> None:
    assert (gradient_magnitude(np.full((6, 7), 200, np.uint8)) == 0).all()
    assert gradient_error(np.uint8([[9]]), np.uint8([[200]]), np.uint8([[128]])) == 0
