"""Where a camera stands, where it looks, and through which lens."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.crop import CROP
from indexnet_depth.data.generator.solids import Matrix, Vector

__all__ = ["FIELDS_OF_VIEW", "FIELD_OF_VIEW", "Lens", "View", "focal_length", "nominal_depth"]

FIELD_OF_VIEW = 58.0
"""Degrees across the view of FastDepth: that of a Kinect, of the 304 columns that are cut from 333. The
nominal lens."""

FIELDS_OF_VIEW = (45.0, 75.0)
"""Degrees; the lenses that are drawn."""


class View(NamedTuple):
    """The pixels of a picture."""

    height: int
    width: int
    across: float = 1.0
    """Width in units of FastDepth's view, 228×304 of the pixels of a frame of 250×333."""
    down: float = 1.0
    """Height in units of that view; pixels are square where height/width fits both."""


class Lens(NamedTuple):
    """A pinhole camera without distortion, its principal point at the centre of the picture."""

    position: Vector
    """Metres."""
    axes: Matrix
    """(3, 3): right, down and forward in world axes."""
    field_of_view: float
    """Degrees across FastDepth's view."""

    @classmethod
    def looking(
        cls,
        position: Vector,
        yaw: float,
        pitch: float = 0.0,
        roll: float = 0.0,
        field_of_view: float = FIELD_OF_VIEW,
    ) -> "Lens":
        """Make a camera from its angles in radians: to the right of z, downwards, and clockwise."""
        sine, cosine = math.sin(yaw), math.cos(yaw)
        right = np.array([cosine, 0.0, -sine])
        level = np.array([sine, 0.0, cosine])
        below = np.array([0.0, -1.0, 0.0])
        forward = math.cos(pitch) * level + math.sin(pitch) * below
        down = math.cos(pitch) * below - math.sin(pitch) * level
        turned = np.stack(
            [
                math.cos(roll) * right + math.sin(roll) * down,
                math.cos(roll) * down - math.sin(roll) * right,
                forward,
            ]
        )
        return cls(position, turned, field_of_view)

    def slopes(self, view: View) -> tuple[float, float]:
        """Return half of the picture's width and height at a distance of 1."""
        half = math.tan(math.radians(self.field_of_view) / 2)
        return half * view.across, half * CROP[0] / CROP[1] * view.down

    def rays(self, view: View, right: float, below: float, height: int, width: int) -> NDArray[np.float32]:
        """Return the directions of rays, one in every pixel of a grid.

        Their component along the optical axis is 1, so that the distance in units of a direction is depth.

        Args:
            view: the picture, whose pixels the grid has.
            right: where in its pixel each ray is, from 0 (left) to 1.
            below: likewise, from 0 (above) to 1.
            height: rows of the grid.
            width: columns of the grid.

        Returns:
            float32 (3, height, width) in world axes.
        """
        half_width, half_height = self.slopes(view)
        x = ((np.arange(width) + right) * (2 / view.width) - 1) * half_width
        y = ((np.arange(height) + below) * (2 / view.height) - 1) * half_height
        grid = (
            self.axes[0][:, None, None] * x[None, None, :]
            + self.axes[1][:, None, None] * y[None, :, None]
            + self.axes[2][:, None, None]
        )
        return np.asarray(grid, np.float32)

    def windows(self, view: View, corners: Matrix) -> NDArray[np.intp]:
        """Return the pixels in which solids may be visible.

        Args:
            view: the picture.
            corners: (N, 8, 3) corners of the boxes that enclose the solids, in world axes.

        Returns:
            (N, 4): first row, end row, first column and end column; the whole picture for a solid beside the
            camera, nothing (end ≤ start) for one behind it.
        """
        seen = (corners - np.asarray(self.position)) @ self.axes.T
        forward = seen[..., 2]
        half_width, half_height = self.slopes(view)
        ahead = np.maximum(forward, _BESIDE)
        columns = (seen[..., 0] / ahead / half_width + 1) * (view.width / 2)
        rows = (seen[..., 1] / ahead / half_height + 1) * (view.height / 2)
        bounds = np.stack(
            [
                np.floor(rows.min(1)) - 1,
                np.ceil(rows.max(1)) + 2,
                np.floor(columns.min(1)) - 1,
                np.ceil(columns.max(1)) + 2,
            ],
            1,
        )
        everything = np.array([0, view.height, 0, view.width])
        beside, behind = forward.min(1) < _BESIDE, forward.max(1) < _BESIDE
        bounds = np.where(beside[:, None], everything, bounds)
        bounds[behind] = 0
        return np.clip(bounds, 0, [view.height, view.height, view.width, view.width]).astype(np.intp)


_BESIDE = 0.05  # m in front of the camera


def focal_length(field_of_view: float, width: float) -> float:
    """Return the focal length in pixels of a picture of this width.

    >>> round(focal_length(58, 304))
    274
    """
    return width / 2 / math.tan(math.radians(field_of_view) / 2)


def nominal_depth(depth: NDArray[np.float32], field_of_view: float) -> NDArray[np.float32]:
    """Return the depth at which the nominal lens would see things at the same size.

    A picture does not tell a long lens from a near object. So depth is divided by the focal length in units
    of the nominal lens, as FastDepth divides it when it enlarges a frame (a "canonical camera": Yin et al.,
    Metric3D, ICCV 2023). Multiply predictions by that ratio where the lens is known.
    """
    ratio = math.tan(math.radians(field_of_view) / 2) / math.tan(math.radians(FIELD_OF_VIEW) / 2)
    return depth * np.float32(ratio)
