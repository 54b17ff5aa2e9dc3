"""A coloured point cloud from a photograph, its depth and the camera's intrinsics."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import OptionError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors

__all__ = ["Intrinsics", "points", "read_intrinsics", "write_ply"]


class Intrinsics(NamedTuple):
    """Intrinsics of a pinhole camera, in pixels of the photograph; the first pixel's centre is at (0, 0)."""

    fx: float
    fy: float
    cx: float
    cy: float


def read_intrinsics(values: list[float]) -> Intrinsics:
    """Check four numbers.

    Raises:
        UserError: there are not four, one is not finite, or a focal length is not positive.
    """
    if len(values) != 4:
        raise OptionError("intrinsics", f"are four numbers, fx fy cx cy in pixels; got {len(values)}")
    intrinsics = Intrinsics(*map(float, values))
    if not np.isfinite(intrinsics).all() or min(intrinsics[:2]) <= 0:
        words = " ".join(f"{value:g}" for value in intrinsics)
        raise OptionError("intrinsics", f"must be finite, and fx and fy positive; got {words}")
    return intrinsics


def points(depth: NDArray[np.float32], intrinsics: Intrinsics) -> NDArray[np.float32]:
    """Return the position of every pixel that has a depth.

    Args:
        depth: (H, W) in metres along the optical axis; 0 where there is none.
        intrinsics: those of the camera.

    Returns:
        (N, 3) in metres: x to the right, y down, z away from the camera; row by row.

    >>> points(np.float32([[0, 2]]), Intrinsics(1, 1, 0, 0)).tolist()
    [[2.0, 0.0, 2.0]]
    """
    rows, columns = np.nonzero(depth > 0)
    z = depth[rows, columns].astype(np.float64)
    x = (columns - intrinsics.cx) / intrinsics.fx * z
    y = (rows - intrinsics.cy) / intrinsics.fy * z
    return np.stack([x, y, z], 1).astype(np.float32)


def write_ply(
    path: Path, image: NDArray[np.float32], depth: NDArray[np.float32], intrinsics: Intrinsics
) -> None:
    """Write a binary PLY file with a coloured point for every pixel that has a depth; atomically.

    Args:
        path: the file.
        image: (H, W, 3) in [0, 1].
        depth: (H, W) in metres; 0 where there is none.
        intrinsics: those of the camera.

    Raises:
        UserError: the file cannot be written.
    """
    place = points(depth, intrinsics)
    vertices = np.empty(
        len(place),
        [("x", "<f4"), ("y", "<f4"), ("z", "<f4"), ("red", "u1"), ("green", "u1"), ("blue", "u1")],
    )
    vertices["x"], vertices["y"], vertices["z"] = place.T
    colours = np.rint(255 * image[depth > 0].clip(0, 1)).astype(np.uint8)
    vertices["red"], vertices["green"], vertices["blue"] = colours.T
    header = [
        "ply",
        "format binary_little_endian 1.0",
        "comment metres; x right, y down, z away from the camera",
        f"element vertex {len(vertices)}",
        *(f"property float {axis}" for axis in "xyz"),
        *(f"property uchar {colour}" for colour in ("red", "green", "blue")),
        "end_header\n",
    ]
    make_folder(path.parent)
    with naming_write_errors(path), atomic_path(path) as temporary:
        temporary.write_bytes("\n".join(header).encode("ascii") + vertices.tobytes())
