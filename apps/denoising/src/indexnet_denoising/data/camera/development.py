"""From a sensor's linear colours to those of a file, and back: white balance, colour matrix, tone curve."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Development", "develop", "draw_development", "undevelop"]

_STEPS = 4096  # of the tables of the tone curve; their error is below a tenth of a step of 8 bits


@dataclass(frozen=True)
class Development:
    """A camera's processing of colours.

    Attributes:
        gains: white balance, factors on R, G and B of the sensor (3,).
        matrix: from the sensor's balanced colours to linear sRGB (3, 3); its rows sum to 1, so that gray
            stays gray.
        contrast: strength in [0, 1] of an S-shaped tone curve, after the curve of sRGB.
    """

    gains: NDArray[np.float32]
    matrix: NDArray[np.float32]
    contrast: float


def draw_development(rng: np.random.Generator) -> Development:
    """Draw gains, matrix and contrast.

    The gains of red and blue are those of daylight to lamplight relative to green; the matrix takes up to 0.7
    of each other colour away, as those of cameras do, whose filters overlap.
    """
    gains = np.array([rng.uniform(1.2, 2.6), 1, rng.uniform(1.2, 2.6)], np.float32)
    matrix = rng.uniform(-0.7, 0.05, (3, 3)) * rng.uniform(0.3, 1)
    np.fill_diagonal(matrix, 0)
    np.fill_diagonal(matrix, 1 - matrix.sum(1))
    return Development(gains, matrix.astype(np.float32), float(rng.uniform(0, 1)))


def develop(raw: NDArray[np.float32], development: Development) -> NDArray[np.float32]:
    """Convert a sensor's linear colours to those of a file.

    Shape: (..., 3, H, W), white is 1 / gains -> (..., 3, H, W) in [0, 1], clipped
    """
    linear = np.einsum("oc,...chw->...ohw", development.matrix * development.gains, raw, optimize=True)
    # A table over the square root of light has its steps where the eye, and 8 bits, have them.
    steps = np.sqrt(linear.clip(0, 1)) * np.float32(_STEPS)
    return _curve(development.contrast)[np.rint(steps).astype(np.int32)]


def undevelop(image: NDArray[np.float32], development: Development) -> NDArray[np.float32]:
    """Convert the colours of a file to a sensor's linear ones; `develop` reverses it.

    Very saturated colours have negative values, which no sensor gives; they are kept, so that colours do not
    change.

    Shape: (..., 3, H, W) in [0, 1] -> (..., 3, H, W)
    """
    inverse = np.linalg.inv(development.matrix * development.gains).astype(np.float32)
    linear = _inverse_curve(development.contrast)[np.rint(image * np.float32(_STEPS)).astype(np.int32)]
    return np.einsum("oc,...chw->...ohw", inverse, linear, optimize=True)


def _curve(contrast: float) -> NDArray[np.float32]:
    """Displayed value for the square root of light 0, 1/4096, … 1."""
    light = np.linspace(0, 1, _STEPS + 1) ** 2
    return _tone(_srgb(light), contrast).astype(np.float32)


def _inverse_curve(contrast: float) -> NDArray[np.float32]:
    """Light for the displayed value 0, 1/4096, … 1."""
    shown = np.linspace(0, 1, _STEPS + 1)
    return _srgb_inverse(np.interp(shown, _tone(shown, contrast), shown)).astype(np.float32)


def _srgb(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curve of sRGB (IEC 61966-2-1)."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _srgb_inverse(shown: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


def _tone(value: NDArray[np.float64], contrast: float) -> NDArray[np.float64]:
    """Blend the identity with 3x² - 2x³, which darkens shadows and brightens highlights."""
    # Not quite the pure S-curve: its slope of zero at both ends has no inverse.
    share = 0.9 * contrast
    return (1 - share) * value + share * (3 * value**2 - 2 * value**3)
