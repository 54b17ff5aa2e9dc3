"""Strands: thousands of thin tapering curves, drawn with coverage and colours of their own."""

from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_matting.data.generator.layers import Layer, Plane

__all__ = [
    "OVERSAMPLING",
    "Strands",
    "averaged",
    "canvas",
    "clumped",
    "draw_strands",
    "guides",
    "shaded",
    "tapered",
]

OVERSAMPLING = 4
"""Shapes are drawn this much larger without smoothing, then averaged: coverage in steps of 1/16."""

_SHIFT = 4  # positions have this many binary digits after the point


Canvas: TypeAlias = NDArray[np.uint8]
"""Enlarged image that shapes are drawn on, with 4 channels (colour, and 255 where anything is drawn) or 1."""


class Strands(NamedTuple):
    """Tufts of K strands each, in the order in which they are drawn."""

    points: Plane
    """(N, K, P, 2): x and y in pixels, from root to tip."""
    widths: Plane
    """(N, J): width in pixels of each of J sections along the strands of a tuft."""
    colours: Plane
    """(N, J, 3) in [0, 1]"""


def canvas(size: int, channels: int = 4) -> Canvas:
    """Return the enlarged, empty canvas."""
    return np.zeros((size * OVERSAMPLING, size * OVERSAMPLING, channels), np.uint8)


def averaged(large: Canvas, size: int) -> Layer:
    """Average a canvas down to ``size``: a layer, as everything drawn is opaque."""
    small = cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) * np.float32(1 / 255)


def draw_strands(large: Canvas, strands: Strands) -> None:
    """Draw strands on a canvas (`canvas`), each tuft over the ones before."""
    fixed = np.rint(strands.points * np.float32(OVERSAMPLING << _SHIFT)).astype(np.int32)
    sections = strands.widths.shape[1]
    ends = np.linspace(0, fixed.shape[2] - 1, sections + 1).round().astype(int)
    thickness = np.rint(strands.widths * OVERSAMPLING).clip(1, 255).astype(int).tolist()
    colours = np.rint(255 * strands.colours.clip(0, 1)).astype(float).tolist()
    visible = _visible(strands.points, large.shape[0] / OVERSAMPLING)
    for number in np.flatnonzero(visible):
        tuft, wide, shades = fixed[number], thickness[number], colours[number]
        for section in range(sections):
            pieces = list(tuft[:, ends[section] : ends[section + 1] + 1])
            colour = (*shades[section], 255.0)
            cv2.polylines(large, pieces, False, colour, wide[section], cv2.LINE_8, _SHIFT)


def _visible(points: Plane, side: float) -> NDArray[np.bool_]:
    """Return which tufts have points within the image, or close to it."""
    least, most = points.min(-1), points.max(-1)
    return np.asarray(((least > -8) & (most < side + 8)).any(axis=(1, 2)), bool)


def guides(
    roots: Plane,
    headings: Plane,
    lengths: Plane,
    bends: Plane,
    count: int,
    wobble: float,
    rng: np.random.Generator,
) -> Plane:
    """Grow one curve from each root.

    Args:
        roots: (N, 2) in pixels.
        headings: (N,) first direction in radians.
        lengths: (N,) in pixels.
        bends: (N,) total change of direction up to the tip, in radians.
        count: points of a curve.
        wobble: deviation of the random change of direction per point, in radians.
        rng: generator of the wobble.

    Returns:
        (N, count, 2)
    """
    roots, headings, lengths, bends = (
        np.asarray(values, np.float32) for values in (roots, headings, lengths, bends)
    )
    along = np.linspace(0, 1, count, dtype=np.float32)
    steps = rng.standard_normal((len(roots), count), np.float32).cumsum(1) * np.float32(wobble)
    angle = headings[:, None] + bends[:, None] * along + steps
    pace = (lengths / (count - 1))[:, None, None]
    move = np.stack([np.cos(angle), np.sin(angle)], -1) * pace
    move[:, 0] = 0
    return (roots[:, None] + move.cumsum(1)).astype(np.float32)


def clumped(
    curves: Plane, count: int, spread: float, gather: float, fray: float, rng: np.random.Generator
) -> Plane:
    """Surround each curve with strands that start beside it and draw closer to it, or apart, at the tip.

    Args:
        curves: (N, P, 2), the middle of each tuft.
        count: strands of a tuft.
        spread: deviation of the roots in pixels.
        gather: share of the offset that is gone at the tip; negative if the strands fan out.
        fray: deviation at the tip in pixels, independent of the root's.
        rng: generator of the offsets.

    Returns:
        (N, count, P, 2)
    """
    number, points, _ = curves.shape
    along = np.linspace(0, 1, points, dtype=np.float32)[:, None]
    root = rng.standard_normal((number, count, 1, 2), np.float32) * np.float32(spread)
    tip = rng.standard_normal((number, count, 1, 2), np.float32) * np.float32(fray)
    shorter = rng.uniform(0.75, 1.05, (number, count, 1, 1)).astype(np.float32)
    grown = curves[:, None, :1] + (curves[:, None] - curves[:, None, :1]) * shorter
    return grown + root * (1 - np.float32(gather) * along) + tip * along**2


def tapered(widths: Plane, sections: int, tip: float, root: float = 1.0) -> Plane:
    """Return widths (N, sections) that change from ``root`` to ``tip`` times a strand's width."""
    along = np.linspace(0, 1, sections, dtype=np.float32)
    profile = np.interp(along, [0, 0.25, 1], [root, 1, tip]).astype(np.float32)
    return widths[:, None] * profile


def shaded(base: Plane, sections: int, rng: np.random.Generator, *, variety: float = 0.2) -> Plane:
    """Shade tufts along their length, as light on a bundle of cylinders does.

    Roots are darker or lighter than tips, alike in all tufts, and there is a gloss at a similar place in all
    of them (Kajiya and Kay, 1989, in spirit).

    Args:
        base: (N, 3) colours.
        sections: sections along the strand.
        rng: generator of the shades.
        variety: deviation of the brightness between tufts.

    Returns:
        (N, sections, 3)
    """
    along = np.linspace(0, 1, sections, dtype=np.float32)
    root, tip = rng.uniform(0.55, 1.05), rng.uniform(0.8, 1.2)
    light = np.float32(root) + np.float32(tip - root) * along
    where, gloss = rng.uniform(0.2, 0.8), max(0.0, rng.uniform(-0.3, 0.6))
    shift = rng.normal(0, 0.08, (len(base), 1)).astype(np.float32)
    shine = np.float32(gloss) * np.exp(-(((along - np.float32(where) + shift) / np.float32(0.15)) ** 2))
    bright = np.exp(rng.standard_normal((len(base), 1), np.float32) * np.float32(variety))
    colours = base[:, None] * (light * bright)[..., None]
    return (colours + shine[..., None] * (1 - colours) * np.float32(0.6)).clip(0, 1)
