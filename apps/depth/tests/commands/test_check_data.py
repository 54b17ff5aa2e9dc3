import h5py
import numpy as np
import pytest
from PIL import Image

from indexnet_depth.commands.check_data import CheckConfig, check, check_data, format_report
from indexnet_engine.errors import UserError


def save(path, values, dtype=np.uint16):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(values, dtype)).save(path)


@pytest.fixture
def folder(tmp_path):
    """Two frames of 250×334 in millimetres, a tenth of them invalid."""
    depth = np.full((250, 334), 2001)
    depth[:25] = 0
    for name in ("a", "b"):
        save(tmp_path / "mine/rgb" / f"{name}.png", np.zeros((250, 334, 3)), np.uint8)
        save(tmp_path / "mine/depth" / f"{name}.png", depth)
    return tmp_path / "mine"


def found(report):
    """file -> level and message"""
    return {problem.file: (problem.level, problem.message) for problem in report.problems}


def test_a_good_folder(folder, capsys):
    check_data(CheckConfig(str(folder), "mm"))
    assert capsys.readouterr().out.splitlines() == [
        f"{folder}: 2 frames (folder, depth in millimetre)",
        "  no split: give training and test data as two folders",
        "  sizes: 2 of 250x334",
        "  depth: 2.00 to 2.00 m, mean 2.00 m, 10% of the pixels invalid",
        "  no problems",
    ]
    report = check(f"{folder}/", "mm")
    assert report.depth.total / report.depth.valid == pytest.approx(2.001)


def test_builtin():
    report = check("builtin")
    assert report.splits == {"train": 240, "val": 32}
    assert format_report(report).splitlines()[:2] == [
        "builtin: 272 frames (builtin, depth in metre)",
        "  240 in train, 32 in val",
    ]


def test_both_halves_of_hdf5(tmp_path):
    for name, metres in (("train/a/1", 2.0), ("train/a/2", 3000.0), ("val/b", 1.0)):
        path = tmp_path / "nyu" / f"{name}.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(path, "w") as file:
            file["rgb"] = np.zeros((3, 250, 334), np.uint8)
            file["depth"] = np.full((250, 334), metres, np.float32)
    report = check(str(tmp_path / "nyu"))
    assert report.splits == {"train": 1, "val": 1}
    (problem,) = report.errors
    assert problem.file == "train/a/2.h5"
    assert problem.message.startswith("depth: a median depth of 3000 m")
    with pytest.raises(UserError, match=r"nyu: train/a/2\.h5 would stop a training"):
        check_data(CheckConfig(str(tmp_path / "nyu")))


def test_faults(folder):
    rgb, depth = folder / "rgb", folder / "depth"
    good = np.full((250, 334), 2001)
    for name, values, dtype in (
        ("damaged", good, np.uint16),
        ("near", good // 10, np.uint16),
        ("far", good * 10, np.uint16),
        ("rotated", np.full((250, 334), 2008), np.uint16),
        ("coarse", np.where(good > 0, 255, 0), np.uint8),
        ("holes", np.where(np.arange(334) > 30, 0, good), np.uint16),
        ("empty", 0 * good, np.uint16),
        ("turned", good.T, np.uint16),
    ):
        save(rgb / f"{name}.png", np.zeros((250, 334, 3)), np.uint8)
        save(depth / f"{name}.png", values, dtype)
    save(rgb / "small.png", np.zeros((100, 134, 3)), np.uint8)
    save(depth / "small.png", good[:100, :134])
    save(depth / "stray.png", good)
    (depth / "damaged.png").write_bytes((depth / "damaged.png").read_bytes()[:100])

    report = check(str(folder), "mm")
    problems = found(report)
    assert problems == {
        "depth/damaged.png": ("error", problems["depth/damaged.png"][1]),
        "near": ("note", "a mean depth under 0.5 m is unusual for a room; is the unit right?"),
        "far": ("note", "a mean depth over 10 m is unusual for a room; is the unit right?"),
        "rotated": ("note", "every count is a multiple of 8, as in SUN RGB-D; is the unit sunrgbd?"),
        "coarse": ("note", problems["coarse"][1]),
        "holes": ("note", "more than 80% of the depth is invalid"),
        "depth/empty.png": ("error", "no valid depth, every pixel is 0, nan or infinite"),
        "depth/turned.png": ("error", "depth is 334x250 (turned by 90°?), but its image is 250x334"),
        "small": ("note", "less than 250 high: will be enlarged"),
        "depth/stray.png": ("note", "belongs to no photograph"),
    }
    messages = {problem.message for problem in report.problems if problem.file == "coarse"}
    assert "8-bit depth has 256 steps at most" in messages
    assert report.splits == {"frame": 8}
    with pytest.raises(UserError, match=r"damaged\.png, depth/empty\.png, depth/turned\.png would stop"):
        check_data(CheckConfig(str(folder), "mm"))


def test_inputs_that_cannot_be_checked(folder, tmp_path):
    with pytest.raises(UserError, match="depth without a unit"):
        check(str(folder))
    with pytest.raises(UserError, match="no such file or folder"):
        check(str(tmp_path / "nowhere"))
    (folder / "depth" / "b.png").unlink()
    with pytest.raises(UserError, match="no depth map for b"):
        check(str(folder), "mm")
