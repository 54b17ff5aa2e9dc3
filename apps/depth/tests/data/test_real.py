"""Every usable real sample loads with its unit."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from indexnet_depth.commands.check_data import check
from indexnet_depth.data.crop import evaluation_view
from indexnet_depth.data.dataset import to_sample
from indexnet_depth.data.depth_file import read_depth
from indexnet_depth.data.open_data import open_data
from indexnet_engine.errors import UserError

pytestmark = pytest.mark.data

FOLDERS = {
    "slambook2_rgbd_ch12": ("1/5000 m", 5),
    "slambook2_rgbd_ch5": ("millimetre", 5),
    "open3d_rgbd": ("millimetre", 5),
    "sunrgbd_toy": (None, 2),
}
"""Folders that are a data set as they are: unit and number of frames."""

PAIRS = {
    "nyu_multitask/ExpNYUD_joint": ("000464.png", "depth_gt_000464.png", "1/5000 m"),
    "nyu_multitask/ExpNYUD_three": ("000433.png", "depth_gt_000433.png", "1/5000 m"),
    "nyu_rgbdseg_sample": ("RGB_0.jpg", "Depth_0.npy", "metre"),
    "nyu_fastdepth_sample": ("rgb.npy", "depth.npy", "metre"),
    "open3d_rgbd/other_formats": ("TUM_color.png", "TUM_depth.png", "1/5000 m"),
    "open3d_rgbd/other_formats/": ("SUN_color.jpg", "SUN_depth.png", "sunrgbd"),
}
"""Pairs of files: photograph, depth and unit."""


@pytest.fixture
def samples(shared):
    return shared("data/depth")


def check_frame(frame):
    valid = frame.depth[frame.depth > 0]
    assert valid.size > 0.5 * frame.depth.size
    assert 0.5 < valid.mean() < 10
    assert valid.min() > 0.1
    assert valid.max() < 12
    assert frame.image.shape == (*frame.depth.shape, 3)
    # A photograph, not noise and not black.
    assert 0.1 < frame.image.mean() < 0.9
    sample = to_sample(evaluation_view(frame))
    assert sample["image"].shape == (3, 224, 224)
    view = sample["depth"][sample["depth"] > 0].numpy()
    assert view.mean() == pytest.approx(valid.mean(), rel=0.25)


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(name, samples):
    unit, count = FOLDERS[name]
    frames = open_data(str(samples / name), "train", unit)
    assert len(frames.names) == count
    for index in range(count):
        check_frame(frames.read(index))
    report = check(str(samples / name), unit)
    assert report.problems == []
    assert report.splits == {"frame": count}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs(name, samples, tmp_path):
    rgb, depth, unit = PAIRS[name]
    for part, file in (("rgb", rgb), ("depth", depth)):
        (tmp_path / part).mkdir()
        shutil.copyfile(samples / name / file, tmp_path / part / f"a{Path(file).suffix}")
    check_frame(open_data(str(tmp_path), "val", unit).read(0))


@pytest.mark.parametrize("name", FOLDERS)
def test_a_wrong_unit_is_reported(name, samples):
    right = FOLDERS[name][0] or "sunrgbd"
    for unit in {"metre", "millimetre", "1/5000 m", "sunrgbd"} - {right}:
        try:
            report = check(str(samples / name), unit)
        except UserError:
            continue
        noticed = {problem.file for problem in report.problems}
        # 1/5000 m called millimetres gives 5 times the depth, which is possible for near scenes.
        assert len(noticed) == FOLDERS[name][1] or (right, unit) in {
            ("1/5000 m", "millimetre"),
            ("millimetre", "1/5000 m"),
        }


def test_the_published_prediction_is_depth_in_metres(samples):
    truth = read_depth(samples / "nyu_fastdepth_sample" / "depth.npy", "metre")
    prediction = read_depth(samples / "nyu_fastdepth_sample" / "pred.npy", "metre")
    assert prediction.shape == truth.shape == (224, 224)
    assert np.abs(prediction - truth).mean() < 0.5


def test_raw_kinect_values_are_not_depth(samples):
    """A raw frame, unregistered and with swapped bytes, read as millimetres: far larger than any room."""
    depth = read_depth(samples / "open3d_rgbd" / "other_formats" / "NYU_depth.pgm", "millimetre")
    assert np.median(depth) > 20
