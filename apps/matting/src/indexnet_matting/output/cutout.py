"""Cut-outs: the foreground with its own colours, and over another background."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageOps

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_matting.solvers import load_pymatting

__all__ = ["cut_out", "estimate_foreground", "fill", "read_background"]


def estimate_foreground(image: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Estimate the foreground's colours, so that the old background does not show in mixed pixels.

    By pymatting's multi-level method (Germer et al., 2020), which is made for mixed pixels: opaque ones keep
    the image's colours. Where alpha is 0 the colours are those of the nearest foreground.

    Shape:
        image (H, W, 3), alpha (H, W), both in [0, 1] -> (H, W, 3) in [0, 1]

    Raises:
        UserError: pymatting is missing.
    """
    if alpha.size == 1 or alpha.min() == 1:  # a single pixel has no neighbours
        return image
    estimate = load_pymatting().estimate_foreground_ml(image, alpha)
    estimate = np.asarray(estimate, dtype=np.float32).clip(0, 1)
    return np.where(alpha[..., None] == 1, image, estimate)


def cut_out(foreground: NDArray[np.float32], alpha: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put colours and alpha together as RGBA; the colours are not multiplied by alpha.

    Shape:
        foreground (H, W, 3), alpha (H, W) -> (H, W, 4)
    """
    return np.concatenate([foreground, alpha[..., None]], axis=2)


def read_background(background: str) -> NDArray[np.float32]:
    """Read a colour, as CSS writes it, or a picture.

    Returns:
        float32 (1, 1, 3) for a colour, (H, W, 3) for a picture, in [0, 1].

    Raises:
        UserError: it is neither a colour nor a picture that can be read.

    >>> read_background("red").tolist(), read_background("#0f0").tolist()
    ([[[1.0, 0.0, 0.0]]], [[[0.0, 1.0, 0.0]]])
    """
    if Path(background).exists():
        return read_image(background, 3)
    try:
        colour = ImageColor.getrgb(background)[:3]
    except ValueError:
        raise UserError(
            f"{background}: no such file, and no colour such as white, #00b140 or rgb(0,177,64)"
        ) from None
    return np.array([[colour]], dtype=np.float32) / np.float32(255)


def fill(background: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """Make a background cover a size: a picture is resized to cover it, and its middle is taken.

    Shape:
        background (h, w, 3) in [0, 1] -> (H, W, 3)

    >>> fill(np.zeros((1, 1, 3), np.float32), 20, 30).shape
    (20, 30, 3)
    """
    if background.shape[:2] == (1, 1):
        return np.broadcast_to(background, (height, width, 3))
    picture = Image.fromarray(np.rint(255 * background).astype(np.uint8))
    fitted = ImageOps.fit(picture, (width, height), Image.Resampling.BICUBIC)
    return np.asarray(fitted, dtype=np.float32) / np.float32(255)
