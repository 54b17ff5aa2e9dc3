"""Light in a room: lamps, which fall off with the square of the distance, windows, sun, shadows, corners."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.generator.casting import Hits, cast_solids, corners_of
from indexnet_depth.data.generator.lens import Lens, View
from indexnet_depth.data.generator.solids import Solid, Vector
from indexnet_depth.data.generator.surfaces import Points

__all__ = ["Lamp", "Lighting", "ShadowMap", "Sun", "illuminate", "occlusion"]

Plane = NDArray[np.float32]

_SOFT = 0.15  # m²; keeps the light beside a lamp finite
_MAP = 112  # side of a shadow map in pixels
_MAP_ANGLE = 140.0  # degrees that it covers
_SMALLEST = 0.05  # m; solids whose half sizes are below this cast no shadow
_BIAS = 0.04  # m by which a surface must be behind another to be in its shadow
_NEIGHBOURS = 9  # of a pixel, for its occlusion
_TAPS = ((0.0, 0.1), (0.3, 0.2), (-0.25, 0.25), (0.1, -0.35), (-0.2, -0.2))  # places on a lamp of size 1


class Lamp(NamedTuple):
    """A lamp, or a window as a source of light.

    Attributes:
        position: in metres.
        colour: strength in red, green and blue: the light at 1 m.
        facing: direction into which a flat source shines; None shines into all.
        casts: whether it casts shadows (downwards, from the ceiling).
    """

    position: Vector
    colour: Vector
    facing: Vector | None = None
    casts: bool = False


class Sun(NamedTuple):
    """Sunlight through a window.

    Attributes:
        direction: towards the sun, of length 1.
        colour: strength in red, green and blue.
        axis: axis of the window's normal, 0 or 2.
        at: where its wall is on that axis.
        along: from where to where the window reaches along the wall.
        up: from where to where it reaches upwards.
    """

    direction: Vector
    colour: Vector
    axis: int
    at: float
    along: tuple[float, float]
    up: tuple[float, float]


class ShadowMap:
    """Shadow map of a lamp at the ceiling: the depth of the first solid in each direction.

    Args:
        position: the lamp, in metres.
        solids: those that may cast a shadow.
    """

    def __init__(self, position: Vector, solids: Sequence[Solid]) -> None:
        view = View(_MAP, _MAP, down=304 / 228)
        self._lens = Lens.looking(position, 0.0, math.pi / 2, field_of_view=_MAP_ANGLE)
        rays = self._lens.rays(view, 0.5, 0.5, _MAP, _MAP)
        depth = np.full((_MAP, _MAP), np.inf, np.float32)
        hits = Hits(depth, np.zeros((_MAP, _MAP), np.int32))
        cast_solids(position, rays, solids, self._lens.windows(view, corners_of(solids)), hits, 0)
        self._flat = depth.ravel()
        self._slope = np.float32(self._lens.slopes(view)[0])

    def lit(self, place: Plane, size: float) -> Plane:
        """Return how much of a lamp of this size (m) is seen from each of the points (3, N), 0 to 1."""
        seen = self._lens.axes.astype(np.float32) @ (
            place - np.array(self._lens.position, np.float32)[:, None]
        )
        ahead = np.maximum(seen[2], np.float32(0.05))
        scale = np.float32(_MAP / 2) / (ahead * self._slope)
        x, y = seen[0] * scale + np.float32(_MAP / 2), seen[1] * scale + np.float32(_MAP / 2)
        # Beyond the map, near the ceiling, everything is lit.
        inside = (np.minimum(x, y) > 2) & (np.maximum(x, y) < _MAP - 2) & (seen[2] > 0.05)
        total = np.zeros(place.shape[1], np.float32)
        limit, spread = seen[2] - np.float32(_BIAS), np.float32(size) * scale
        for right, down in _TAPS:
            columns, rows = x + spread * np.float32(right), y + spread * np.float32(down)
            columns, rows = (np.clip(part, 0, _MAP - 1).astype(np.int32) for part in (columns, rows))
            total += self._flat.take(rows * _MAP + columns) > limit
        return np.where(inside, total / len(_TAPS), 1)


class Lighting:
    """All light of a room.

    Args:
        ambient: light from all sides, in red, green and blue.
        lamps: lamps and windows.
        suns: sunlight through windows.
        solids: those that cast shadows.
        softness: size in metres of the lamps that cast shadows.
    """

    def __init__(
        self,
        ambient: Vector,
        lamps: Sequence[Lamp],
        suns: Sequence[Sun],
        solids: Sequence[Solid],
        softness: float,
    ) -> None:
        self.ambient, self.lamps, self.suns, self.softness = ambient, lamps, suns, softness
        large = [solid for solid in solids if max(solid.half) > _SMALLEST]
        self.shadows = [ShadowMap(lamp.position, large) if lamp.casts else None for lamp in lamps]


def illuminate(points: Points, lighting: Lighting, shade: Plane) -> Plane:
    """Return the light that each point sends to the camera, (3, N), linear.

    Args:
        points: what the rays have hit.
        lighting: the light of the room.
        shade: (N,) share of the light from all sides that reaches a point; see `occlusion`.
    """
    # Light from all sides is stronger from above.
    upwards = np.float32(0.85) + np.float32(0.15) * points.normal[1]
    light = np.array(lighting.ambient, np.float32)[:, None] * (shade * upwards)
    # A corner is darker under every lamp, since none is a point.
    softened = np.float32(0.4) + np.float32(0.6) * shade
    for lamp, shadows in zip(lighting.lamps, lighting.shadows):
        way = np.array(lamp.position, np.float32)[:, None] - points.place
        squared = way[0] * way[0] + way[1] * way[1] + way[2] * way[2] + np.float32(1e-6)
        cosine = way[0] * points.normal[0] + way[1] * points.normal[1] + way[2] * points.normal[2]
        strength = np.maximum(cosine, 0) / (np.sqrt(squared) * (squared + np.float32(_SOFT)))
        if lamp.facing is not None:
            towards = np.array(lamp.facing, np.float32) @ way
            strength *= np.maximum(-towards, 0) / np.sqrt(squared)
        if shadows is not None:
            strength *= shadows.lit(points.place, lighting.softness)
        light += np.array(lamp.colour, np.float32)[:, None] * (strength * softened)
    for sun in lighting.suns:
        light += np.array(sun.colour, np.float32)[:, None] * _sunlight(points, sun)
    return points.colour * (light + np.asarray(points.emission, np.float32))


def _sunlight(points: Points, sun: Sun) -> Plane:
    """Return the sunlight at each point: where the way to the sun leads through the window."""
    direction = np.array(sun.direction, np.float32)
    cosine = np.maximum((points.normal * direction[:, None]).sum(0), 0)
    distance = (np.float32(sun.at) - points.place[sun.axis]) / direction[sun.axis]
    through = distance > 1e-3
    for axis, (low, high) in ((2 - sun.axis, sun.along), (1, sun.up)):
        place = points.place[axis] + distance * direction[axis]
        through &= (place > low) & (place < high)
    return cosine * through


def occlusion(place: Plane, normal: Plane, depth: Plane, radius: float = 0.5) -> Plane:
    """Return the share of the light from all sides that reaches each pixel, (H, W) in 0..1.

    Neighbours in the picture that rise above a surface take light from it: corners and the floor below
    furniture are darker. Estimated from nine neighbours.

    Args:
        place: (3, H, W) points in metres.
        normal: (3, H, W) normals.
        depth: (H, W) in metres.
        radius: metres over which surfaces take light from each other.
    """
    rows, columns = depth.shape
    total = np.zeros((rows, columns), np.float32)
    y, x = np.mgrid[0:rows, 0:columns].astype(np.int32)
    # Pixels that the radius covers at each depth.
    reach = np.minimum(np.float32(0.55 * radius * columns) / np.maximum(depth, 0.3), columns / 5)
    flat = place.reshape(3, -1)
    for number in range(_NEIGHBOURS):
        angle, away = 2.4 * number, (number + 1) / _NEIGHBOURS
        to_y = (y + (reach * np.float32(away * math.sin(angle))).astype(np.int32)).clip(0, rows - 1)
        to_x = (x + (reach * np.float32(away * math.cos(angle))).astype(np.int32)).clip(0, columns - 1)
        way = flat[:, to_y * columns + to_x] - place
        squared = way[0] * way[0] + way[1] * way[1] + way[2] * way[2]
        rise = way[0] * normal[0] + way[1] * normal[1] + way[2] * normal[2]
        rise /= np.sqrt(squared + np.float32(1e-6))
        total += np.maximum(rise - np.float32(0.1), 0) / (1 + squared * np.float32(1 / radius**2))
    share = (1 - total * np.float32(2.2 / _NEIGHBOURS)).clip(0.15, 1)
    return np.asarray(cv2.blur(share, (3, 3)), np.float32)
