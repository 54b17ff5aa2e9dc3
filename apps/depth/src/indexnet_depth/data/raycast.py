"""Ray casting of boxes: where each ray meets the first surface, exactly.

Distances are in metres. World axes: x and z along the floor, y upwards. A box has its own axes, turned about
the vertical; a room is a box seen from inside.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "Camera", "Hits", "cast", "from_box", "to_box"]

_BESIDE = 0.05  # m in front of the camera; boxes nearer than this are searched for in the whole picture

Array = NDArray[np.floating]


class Box(NamedTuple):
    """A box in the world."""

    centre: tuple[float, float, float]
    half: tuple[float, float, float]
    """Half of its width, height and depth."""
    yaw: float = 0.0
    """Radians by which it is turned about the vertical."""


class Camera(NamedTuple):
    """A pinhole camera without distortion, its principal point at the centre of the picture."""

    position: tuple[float, float, float]
    yaw: float
    """Radians to the right of the z axis."""
    pitch: float
    """Radians downwards."""
    focal: float
    """Focal length in pixels."""

    def rays(self, x: Array, y: Array, height: int, width: int) -> Array:
        """Return the directions of the rays through points of the picture.

        Their component along the optical axis is 1, so that the distance in units of a direction is depth.

        Args:
            x: columns, where 0 is the left border and 0.5 the centre of the first pixel.
            y: rows, likewise.
            height: height of the picture in pixels.
            width: width of the picture in pixels.

        Returns:
            (…, 3) in world axes, for x and y of shape (…).
        """
        right, down = (x - width / 2) / self.focal, (y - height / 2) / self.focal
        forward = math.cos(self.pitch) - down * math.sin(self.pitch)
        up = -math.sin(self.pitch) - down * math.cos(self.pitch)
        sine, cosine = math.sin(self.yaw), math.cos(self.yaw)
        return _stacked([right * cosine + forward * sine, up, forward * cosine - right * sine])

    def window(self, box: "Box", height: int, width: int) -> tuple[slice, slice]:
        """Return the rows and columns in which a box may be visible; all of them if it is beside the
        camera."""
        right, down, forward = self._project(box)
        if forward.min() < _BESIDE:
            return slice(None), slice(None)
        columns, rows = right / forward * self.focal + width / 2, down / forward * self.focal + height / 2
        # One more pixel on each side, for rays that do not pass through pixel centres.
        return tuple(
            slice(max(0, int(np.floor(places.min())) - 1), max(0, int(np.ceil(places.max())) + 1))
            for places in (rows, columns)
        )  # type: ignore[return-value]

    def _project(self, box: "Box") -> Array:
        """Return the corners of a box in the camera's axes: right, down, forward; (3, 8)."""
        signs = np.stack(np.meshgrid([-1, 1], [-1, 1], [-1, 1]), -1).reshape(-1, 3)
        world = from_box(signs * box.half, box.yaw) + box.centre - np.array(self.position)
        x, y, z = world.T
        right = x * math.cos(self.yaw) - z * math.sin(self.yaw)
        level = x * math.sin(self.yaw) + z * math.cos(self.yaw)
        sine, cosine = math.sin(self.pitch), math.cos(self.pitch)
        return np.stack([right, -level * sine - y * cosine, level * cosine - y * sine])


class Hits(NamedTuple):
    """The points that the rays of a picture hit."""

    depth: Array
    """(H, W) along the optical axis"""
    box: NDArray[np.intp]
    """(H, W) number of the box; 0 is the room"""
    face: NDArray[np.intp]
    """(H, W) 0 to 5: twice the axis, plus 1 for the side of the larger coordinate"""
    point: Array
    """(H, W, 3) relative to the centre of the box, in its axes"""


def cast(camera: Camera, rays: Array, room: Box, boxes: Sequence[Box]) -> Hits:
    """Find the first surface on each ray.

    Args:
        camera: inside the room and outside the boxes.
        rays: (H, W, 3), from `Camera.rays` within the pixels of a picture of this size. The result has their
            dtype.
        room: seen from inside.
        boxes: seen from outside; parts outside the room are not visible.
    """
    height, width = rays.shape[:2]
    depth = np.full((height, width), np.inf, rays.dtype)
    point = _stacked(np.zeros((3, height, width), rays.dtype))
    owner, face = np.zeros((2, height, width), np.intp)
    for number, box in enumerate((room, *boxes)):
        inside = number == 0
        window = (slice(None), slice(None)) if inside else camera.window(box, height, width)
        start = to_box(np.array(camera.position) - box.centre, box.yaw).astype(rays.dtype)
        direction = to_box(rays[window], box.yaw)
        # Each axis separately: numpy is slow along an axis of length three.
        axes = [(direction[..., axis], start[axis], rays.dtype.type(box.half[axis])) for axis in range(3)]
        # Rays parallel to a face give infinities, which compare correctly: they never hit it.
        with np.errstate(divide="ignore"):
            far = [(np.copysign(half, along) - begun) / along for along, begun, half in axes]
            near = (
                far
                if inside
                else [(-np.copysign(half, along) - begun) / along for along, begun, half in axes]
            )
        leaves = np.minimum(np.minimum(far[0], far[1]), far[2])
        distance = leaves if inside else np.maximum(np.maximum(near[0], near[1]), near[2])
        hit = (distance > 0) & (distance < depth[window]) & (distance <= leaves)
        distance, direction = distance[hit], direction[hit]
        axis = np.where(near[0][hit] == distance, 0, np.where(near[1][hit] == distance, 1, 2))
        forwards = np.take_along_axis(direction, axis[:, None], 1)[:, 0] > 0
        depth[window][hit] = distance
        owner[window][hit] = number
        face[window][hit] = 2 * axis + (forwards if inside else ~forwards)
        point[window][hit] = start + direction * distance[:, None]
    return Hits(depth, owner, face, point)


def to_box(vectors: Array, yaw: float) -> Array:
    """Turn world vectors (…, 3) into the axes of a box."""
    sine, cosine = math.sin(yaw), math.cos(yaw)
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return _stacked([x * cosine - z * sine, y, x * sine + z * cosine])


def from_box(vectors: Array, yaw: float) -> Array:
    """Turn vectors (…, 3) in the axes of a box into those of the world."""
    return to_box(vectors, -yaw)


def _stacked(planes: Sequence[Array] | Array) -> Array:
    """Stack three arrays (…) as one (…, 3), each of them contiguous in memory."""
    return np.moveaxis(np.asarray(planes), 0, -1)
