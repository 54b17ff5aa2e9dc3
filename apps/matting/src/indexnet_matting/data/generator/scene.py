"""A whole training image: foregrounds, what lies behind them, the camera, and a trimap."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.opencv import one_thread
from indexnet_matting.data.crop import composite
from indexnet_matting.data.generator.backdrops import alike, backdrop
from indexnet_matting.data.generator.degradation import degrade, tone
from indexnet_matting.data.generator.layers import Layer, Plane, extend_colours, over
from indexnet_matting.data.generator.mattes import MATTES
from indexnet_matting.data.generator.optics import defocus, expose
from indexnet_matting.data.generator.textures import Photographs
from indexnet_matting.data.generator.trimaps import drawn_trimap

__all__ = ["Scene", "draw_foreground", "draw_scene"]

_MARGIN = 16  # pixels drawn beyond each border: strands and blurs reach into the image
_TRIES = 4
_TOLERANCE = np.float32(1 / 255)  # alpha nearer to 0 or 1 than this is no alpha that a file could hold


class Scene(NamedTuple):
    """An image with its components: image = alpha · foreground + (1 − alpha) · background."""

    image: Plane
    """(H, W, 3) in [0, 1], as stored in a file of 8 bits"""
    alpha: Plane
    """(H, W) in [0, 1]"""
    trimap: NDArray[np.uint8]
    """(H, W): 0, 128 or 255"""
    foreground: Plane
    """(H, W, 3); it carries the noise of the image, so some values leave [0, 1]"""
    background: Plane
    """(H, W, 3), likewise"""
    kind: str
    """Name in `MATTES` of the foremost foreground."""


def draw_scene(
    size: int, rng: np.random.Generator, photographs: Photographs, kind: str | None = None
) -> Scene:
    """Draw a scene.

    Tone and colour are changed in foreground and background alike before they are composited. What a file
    adds to the composite (noise, sharpening, JPEG, rounding) is added to both components as well: with the
    same residual r in both, αF + (1 − α)B becomes the composite plus r, so that the equation stays exact and
    the composition loss has its minimum at the true alpha.

    Args:
        size: side in pixels.
        rng: generator of everything.
        photographs: textures and backgrounds.
        kind: name in `MATTES` of the foremost foreground; a random one by default.
    """
    one_thread()
    kind, layer = draw_foreground(size, rng, photographs, kind)
    alpha, colours = _settle(layer), extend_colours(layer)
    scenery = backdrop(size, rng, photographs)
    if rng.random() < 0.12:  # something else behind, out of focus
        _, other = draw_foreground(size, rng, photographs)
        other = defocus(other, rng.uniform(0.5, 6))
        scenery = (other[..., :3] + (1 - other[..., 3:]) * scenery).clip(0, 1)
    if rng.random() < 0.35:
        scenery = alike(scenery, colours, alpha, rng)
    foreground, background = tone(rng, colours, scenery)
    clean = composite(foreground, alpha, background)
    image = degrade(clean, rng)
    residual = image - clean
    trimap = drawn_trimap(alpha, rng)
    return Scene(image, alpha, trimap, foreground + residual, background + residual, kind)


def draw_foreground(
    size: int, rng: np.random.Generator, photographs: Photographs, kind: str | None = None
) -> tuple[str, Layer]:
    """Draw one foreground or two over each other, and the camera's blur; never an empty or a full layer."""
    names, weights = list(MATTES), np.array([weight for _, weight in MATTES.values()], float)
    chosen, layer = kind or names[0], np.zeros((size, size, 4), np.float32)
    for _ in range(_TRIES):
        chosen = kind or str(rng.choice(names, p=weights / weights.sum()))
        layer = _draw(chosen, size, rng, photographs)
        if rng.random() < 0.2:
            other = _draw(str(rng.choice(names, p=weights / weights.sum())), size, rng, photographs)
            layer = over(layer, other) if rng.random() < 0.7 else over(other, layer)
        mean = float(layer[..., 3].mean())
        if 0.02 < mean < 0.98:
            break
    return chosen, layer


def _draw(kind: str, size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    layer = expose(MATTES[kind][0](size + 2 * _MARGIN, rng, photographs), rng)
    inner = layer[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return np.ascontiguousarray(inner[:, ::-1] if rng.random() < 0.5 else inner)


def _settle(layer: Layer) -> Plane:
    """Return alpha, with values that are nearly 0 or 1 moved there."""
    alpha = layer[..., 3].clip(0, 1)
    alpha[alpha < _TOLERANCE] = 0
    alpha[alpha > 1 - _TOLERANCE] = 1
    return alpha
