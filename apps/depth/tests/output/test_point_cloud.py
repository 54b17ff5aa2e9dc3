from pathlib import Path

import numpy as np
import pytest

from indexnet_depth.output.point_cloud import Intrinsics, points, read_intrinsics, write_ply
from indexnet_engine.errors import UserError

CAMERA = Intrinsics(500.0, 510.0, 3.5, 2.0)


def make_frame() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    depth = rng.uniform(0.5, 4, (5, 7)).astype(np.float32)
    depth[1, 2] = depth[4, 6] = 0
    return rng.random((5, 7, 3), np.float32), depth


def read_ply(path: Path) -> tuple[list[str], np.ndarray]:
    header, _, body = path.read_bytes().partition(b"end_header\n")
    kinds = {"float": "<f4", "uchar": "u1"}
    lines = header.decode().splitlines()
    fields = [(line.split()[2], kinds[line.split()[1]]) for line in lines if line.startswith("property")]
    return lines, np.frombuffer(body, fields)


def test_points_project_back_to_their_pixels() -> None:
    _, depth = make_frame()
    places = points(depth, CAMERA)
    assert places.shape == (33, 3)
    x, y, z = places.T.astype(np.float64)
    columns, rows = CAMERA.fx * x / z + CAMERA.cx, CAMERA.fy * y / z + CAMERA.cy
    expected_rows, expected_columns = np.nonzero(depth)
    np.testing.assert_allclose(columns, expected_columns, atol=1e-4)
    np.testing.assert_allclose(rows, expected_rows, atol=1e-4)
    np.testing.assert_array_equal(z, depth[depth > 0])


def test_ply_holds_every_point_with_its_colour(tmp_path: Path) -> None:
    image, depth = make_frame()
    write_ply(tmp_path / "new" / "a.ply", image, depth, CAMERA)
    lines, vertices = read_ply(tmp_path / "new" / "a.ply")
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"]
    assert "element vertex 33" in lines
    np.testing.assert_array_equal(np.stack([vertices[axis] for axis in "xyz"], 1), points(depth, CAMERA))
    colours = np.stack([vertices[name] for name in ("red", "green", "blue")], 1)
    np.testing.assert_array_equal(colours, np.rint(255 * image[depth > 0]))


def test_no_pixel_has_depth(tmp_path: Path) -> None:
    write_ply(tmp_path / "a.ply", np.zeros((2, 2, 3), np.float32), np.zeros((2, 2), np.float32), CAMERA)
    assert len(read_ply(tmp_path / "a.ply")[1]) == 0


def test_intrinsics() -> None:
    assert read_intrinsics([500, 510, 3.5, 2]) == CAMERA
    for values, message in (
        ([500.0, 500.0, 3.0], "four numbers, fx fy cx cy in pixels; got 3"),
        ([0.0, 500.0, 3.0, 2.0], "fx and fy positive; got 0 500 3 2"),
        ([500.0, 500.0, float("nan"), 2.0], "finite"),
    ):
        with pytest.raises(UserError, match=message):
            read_intrinsics(values)
