"""Small frames in every layout."""

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray
from PIL import Image

Pair = tuple[NDArray[np.uint8], NDArray[np.float32]]


def picture(seed: int, height: int = 48, width: int = 64) -> NDArray[np.uint8]:
    """A smooth colourful picture (H, W, 3)."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 16
    planes = [0.5 + 0.4 * np.sin(a * rows + b * columns) for a, b in rng.uniform(-2, 2, (3, 2))]
    return np.rint(255 * np.stack(planes, -1)).astype(np.uint8)


def depth_map(seed: int, height: int = 48, width: int = 64) -> NDArray[np.float32]:
    """Depth of 1 to 4 m in whole millimetres, (H, W), with a hole."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    metres = 1 + rows / height + columns / width + rng.uniform(0, 2)
    metres[5:9, 7:12] = 0
    return np.rint(1000 * metres).astype(np.float32) / np.float32(1000)


@pytest.fixture
def pair() -> Callable[[int], Pair]:
    """Make the picture and the depth with a number."""
    return lambda seed: (picture(seed), depth_map(seed))


def write_frame(path: Path, rgb: NDArray[np.generic], depth: NDArray[np.generic]) -> None:
    """Write an HDF5 frame of whatever arrays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        file["rgb"], file["depth"] = rgb, depth


@pytest.fixture
def hdf5_folder(tmp_path: Path) -> Path:
    """train/ with three frames in two scenes, val/ with one."""
    folder = tmp_path / "nyudepthv2"
    names = ("train/kitchen/00001", "train/kitchen/00002", "train/study/00001", "val/official/00001")
    for seed, name in enumerate(names):
        write_frame(folder / f"{name}.h5", picture(seed).transpose(2, 0, 1), depth_map(seed))
    return folder


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Five frames in MATLAB's order; 1, 3 and 4 are for training."""
    path = tmp_path / "labelled" / "nyu_depth_v2_labeled.mat"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        file["images"] = np.stack([picture(seed).transpose(2, 1, 0) for seed in range(5)])
        file["depths"] = np.stack([depth_map(seed).T for seed in range(5)])
    scipy.io.savemat(path.with_name("splits.mat"), {"trainNdxs": [[1], [3], [4]], "testNdxs": [[2], [5]]})
    return path


def rotate(counts: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Rotate 16 bits to the left by three, as the makers of SUN RGB-D did."""
    return ((counts << 3) | (counts >> 13)).astype(np.uint16)


SUN_NAMES = ("kv1/NYUdata/NYU0001", "kv2/kinect2data/000002-resize", "realsense/lg/a/b")


@pytest.fixture
def sun_rgbd(tmp_path: Path) -> Path:
    """Three frames of SUN RGB-D, and the toolbox's split beside them: the second is for testing."""
    folder = tmp_path / "SUNRGBD"
    for seed, name in enumerate(SUN_NAMES):
        for part in ("image", "depth", "depth_bfx"):
            (folder / name / part).mkdir(parents=True)
        Image.fromarray(picture(seed)).save(folder / name / "image" / "a.png")
        counts = np.rint(1000 * depth_map(seed)).astype(np.uint16)
        Image.fromarray(rotate(counts)).save(folder / name / "depth_bfx" / "a_abs.png")
        (folder / name / "intrinsics.txt").write_text("500 0 32 0 500 24 0 0 1\n")
    toolbox = tmp_path / "SUNRGBDtoolbox" / "traintestSUNRGBD"
    toolbox.mkdir(parents=True)
    write_allsplit(toolbox / "allsplit.mat", [SUN_NAMES[0], SUN_NAMES[2]], [SUN_NAMES[1]])
    return folder


def write_allsplit(path: Path, train: list[str], test: list[str]) -> None:
    """Write the split as the toolbox has it: cells of paths in another file system."""

    def cells(names: list[str]) -> NDArray[np.object_]:
        row = np.empty((1, len(names)), object)
        row[0] = [f"/n/fs/sun3d/data/SUNRGBD/{name}/" for name in names]
        return row

    scipy.io.savemat(path, {"alltrain": cells(train), "alltest": cells(test)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """rgb/ and depth/ in millimetres, two frames."""
    path = tmp_path / "mine"
    for part in ("rgb", "depth"):
        (path / part).mkdir(parents=True)
    for seed, name in enumerate(("a", "b")):
        Image.fromarray(picture(seed)).save(path / "rgb" / f"{name}.jpg", quality=95)
        counts = np.rint(1000 * depth_map(seed)).astype(np.uint16)
        Image.fromarray(counts).save(path / "depth" / f"{name}.png")
    return path
