import shutil

import numpy as np
import pytest
import scipy.io
from PIL import Image

from indexnet_depth.data.sun_rgbd import SunRgbdFrames, find_frames, inner_name, read_allsplit
from indexnet_depth.data.units import UNITS
from indexnet_engine.errors import UserError

TRAIN, VAL = ["kv1/NYUdata/NYU0001", "realsense/lg/a/b"], ["kv2/kinect2data/000002-resize"]


def test_the_official_split(sun_rgbd, pair):
    for split, names, seeds in (("train", TRAIN, (0, 2)), ("val", VAL, (1,))):
        frames = SunRgbdFrames(sun_rgbd, split)
        assert (frames.names, frames.splits, frames.unit) == (names, True, "sunrgbd")
        for index, seed in enumerate(seeds):
            image, depth = pair(seed)
            frame = frames.read(index)
            np.testing.assert_array_equal(np.rint(255 * frame.image), image)
            np.testing.assert_array_equal(frame.depth, depth)


def test_the_split_is_found_whatever_the_folder_is_called(sun_rgbd, tmp_path):
    assert SunRgbdFrames(tmp_path, "val").names == [f"SUNRGBD/{VAL[0]}"]
    assert SunRgbdFrames(sun_rgbd / "kv2", "val", allsplit=allsplit(tmp_path)).names == VAL[0][4:].split()
    renamed = sun_rgbd.rename(tmp_path / "indoor")
    assert SunRgbdFrames(renamed, "val").names == VAL
    shutil.copy(allsplit(tmp_path), renamed)
    shutil.rmtree(tmp_path / "SUNRGBDtoolbox")
    assert SunRgbdFrames(renamed, "train").names == TRAIN


def allsplit(tmp_path):
    return tmp_path / "SUNRGBDtoolbox" / "traintestSUNRGBD" / "allsplit.mat"


def test_without_the_split_all_frames_are_given(sun_rgbd, tmp_path):
    shutil.rmtree(tmp_path / "SUNRGBDtoolbox")
    frames = SunRgbdFrames(sun_rgbd, "val")
    assert frames.names == sorted(TRAIN + VAL)
    assert not frames.splits


def test_one_frame_alone(sun_rgbd):
    assert find_frames(sun_rgbd / TRAIN[0]) == ["."]
    assert inner_name(sun_rgbd / TRAIN[0] / ".") == TRAIN[0]


def test_a_stated_unit_counts(sun_rgbd, pair):
    counts = np.rint(1000 * pair(0)[1]).astype(np.uint16)
    Image.fromarray(counts).save(sun_rgbd / TRAIN[0] / "depth_bfx" / "a_abs.png")
    np.testing.assert_array_equal(
        SunRgbdFrames(sun_rgbd, "train", UNITS["millimetre"]).read(0).depth, pair(0)[1]
    )


def test_bad_folders_are_named(sun_rgbd, tmp_path):
    with pytest.raises(UserError, match="no frames of SUN RGB-D"):
        SunRgbdFrames(sun_rgbd / TRAIN[0] / "image", "train")
    with pytest.raises(UserError, match=r"allsplit\.mat: none of the frames in .*kv1 is in its alltest"):
        SunRgbdFrames(sun_rgbd / "kv1", "val", allsplit=allsplit(tmp_path))
    Image.fromarray(pair_of(1)).save(sun_rgbd / TRAIN[0] / "image" / "b.png")
    with pytest.raises(UserError, match=r"image: a\.png and b\.png; expected one image"):
        SunRgbdFrames(sun_rgbd, "train").read(0)
    shutil.rmtree(sun_rgbd / TRAIN[0] / "image")
    with pytest.raises(UserError, match="no image/ beside depth_bfx/ for kv1/NYUdata/NYU0001"):
        SunRgbdFrames(sun_rgbd, "train")


def pair_of(value):
    return np.full((4, 4, 3), value, np.uint8)


def test_sizes_must_agree(sun_rgbd):
    Image.fromarray(pair_of(1)).save(sun_rgbd / TRAIN[0] / "image" / "a.png")
    with pytest.raises(UserError, match=r"a_abs\.png: depth is 48x64, but its image is 4x4"):
        SunRgbdFrames(sun_rgbd, "train").read(0)


def test_bad_splits(tmp_path):
    path = tmp_path / "allsplit.mat"
    scipy.io.savemat(path, {"alltrain": [1]})
    with pytest.raises(UserError, match=r"allsplit\.mat: holds no 'alltest'"):
        read_allsplit(path)
    path.write_bytes(b"no")
    with pytest.raises(UserError, match=r"allsplit\.mat: not a MATLAB file"):
        read_allsplit(path)
