"""Objects cut from photographs along contours of their own brightness or colour."""

import cv2
import numpy as np

from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Layer, paint
from indexnet_matting.data.generator.noise import smoothstep
from indexnet_matting.data.generator.outlines import depth, random_outline
from indexnet_matting.data.generator.textures import Photographs, recolour

__all__ = ["cutout"]


def cutout(size: int, rng: np.random.Generator, photographs: Photographs) -> Layer:
    """Let contours of a photograph decide where an object ends within a margin around a random outline.

    Leaves, rocks, twigs and fur of the photograph become part of the silhouette, in their own colours.
    """
    photograph = photographs.cut(size, rng)
    channel = photograph @ rng.dirichlet(np.ones(3)).astype(np.float32)
    fine = cv2.GaussianBlur(channel, (0, 0), rng.uniform(0.5, 1.2))
    local = fine - cv2.GaussianBlur(channel, (0, 0), log_uniform(rng, 6, 40))
    local *= np.float32(rng.choice([-1, 1])) / np.float32(max(float(local.std()), 1e-3))
    distance = depth(random_outline(size, rng, large=True))
    margin = np.float32(log_uniform(rng, 3, 40))
    field = local + 2 * distance / margin
    soft = rng.uniform(0.1, 0.6)
    alpha = smoothstep(field, -soft, soft)
    texture = recolour(photograph, rng) if rng.random() < 0.5 else photograph
    return paint(texture, alpha.astype(np.float32))
