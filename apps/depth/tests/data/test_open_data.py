import pickle

import numpy as np
import pytest

from indexnet_depth.data.open_data import open_data
from indexnet_engine.errors import UserError


def test_every_layout_is_recognised(hdf5_folder, labelled, sun_rgbd, folder):
    for source, unit, layout, counts in (
        ("builtin", None, "builtin", (240, 32)),
        (hdf5_folder, None, "HDF5 frames", (3, 1)),
        (hdf5_folder / "train", None, "HDF5 frames", (3, 3)),
        (labelled, None, "labelled NYUv2", (3, 2)),
        (labelled.parent, None, "labelled NYUv2", (3, 2)),
        (sun_rgbd, None, "SUN RGB-D", (2, 1)),
        (sun_rgbd.parent / "SUNRGBD" / "kv1" / "NYUdata" / "NYU0001", None, "SUN RGB-D", (1, 1)),
        (folder, "mm", "folder", (2, 2)),
    ):
        for split, count in zip(("train", "val"), counts):
            frames = open_data(str(source), split, unit)
            assert frames.layout == layout
            assert len(frames.names) == len(set(frames.names)) == count
            frame = frames.read(0)
            assert frame.image.shape == (*frame.depth.shape, 3)
            assert 0.5 < frame.depth[frame.depth > 0].mean() < 10


def test_splits_are_known_or_not(hdf5_folder, folder):
    assert open_data(str(hdf5_folder), "val").splits
    assert not open_data(str(hdf5_folder / "train"), "val").splits
    assert not open_data(str(folder), "val", "mm").splits


def test_another_unit_is_for_plain_folders_only(hdf5_folder, sun_rgbd, folder):
    for source, unit in ((folder, "millimetre"), (hdf5_folder, "metre"), (sun_rgbd, "sunrgbd")):
        frames = open_data(str(source), "val", otherwise="mm")
        assert frames.unit == unit
        assert 0.5 < frames.read(0).depth.mean() < 10
    assert open_data(str(folder), "val", "1/5000 m", otherwise="mm").unit == "1/5000 m"


def test_a_plain_folder_may_have_splits(folder):
    for half in ("train", "test"):
        (folder / half).mkdir()
        for part in ("rgb", "depth"):
            (folder / half / part).mkdir()
            for file in (folder / part).iterdir():
                (folder / half / part / file.name).write_bytes(file.read_bytes())
    (folder / "test" / "rgb" / "a.jpg").unlink()
    for part in ("rgb", "depth"):
        (folder / part).rename(folder / f"old-{part}")
    assert open_data(str(folder), "train", "mm").names == ["a", "b"]
    assert open_data(str(folder), "val", "mm").names == ["b"]
    (folder / "test").rename(folder / "tset")
    with pytest.raises(UserError, match=r"mine: train/ exists, but not val/; give the folder .*mine/train"):
        open_data(str(folder), "val", "mm")


def test_frames_can_be_pickled(hdf5_folder, labelled, sun_rgbd, folder):
    for source in (hdf5_folder, labelled, sun_rgbd, folder):
        frames = open_data(str(source), "train", "mm" if source == folder else None)
        copy = pickle.loads(pickle.dumps(frames))
        np.testing.assert_array_equal(copy.read(0).depth, frames.read(0).depth)


def test_inputs_that_are_refused(tmp_path, folder):
    for source, unit, message in (
        (tmp_path / "nowhere", None, "nowhere: no such file or folder"),
        (folder / "rgb", "mm", "none of the supported layouts"),
        (folder / "rgb" / "a.jpg", "mm", r"a\.jpg: a file; expected a folder of frames"),
        (folder, None, "depth without a unit"),
        (folder, "furlong", "'furlong' is not understood"),
    ):
        with pytest.raises(UserError, match=message):
            open_data(str(source), "train", unit)
    (folder / "depth").rename(folder / "depht")
    with pytest.raises(UserError, match="no folder of depth maps"):
        open_data(str(folder), "train", "mm")
    with pytest.raises(UserError, match="'furlong'"):
        open_data("builtin", "train", "furlong")
