import pickle

import h5py
import numpy as np
import pytest
import scipy.io

from indexnet_engine.errors import UserError
from indexnet_segmentation.data.classes import IGNORE, SUN37
from indexnet_segmentation.data.sun_rgbd import Frame, is_sun_rgbd, list_frames, open_sun_rgbd, toolbox_of


def test_the_official_split_in_the_order_of_its_lists(sunrgbd):
    assert is_sun_rgbd(sunrgbd)
    assert list_frames(toolbox_of(sunrgbd)) == {
        "train": [
            Frame("SUNRGBD/kv2/align/0007/image/0000003.jpg", 3),
            Frame("SUNRGBD/kv1/NYUdata/NYU0002/image/0000001.jpg", 1),
        ],
        "test": [
            Frame("SUNRGBD/kv1/NYUdata/NYU0001/image/0000000.jpg", 0),
            Frame("SUNRGBD/xtion/sun3ddata/lab/lab_1/image/0000002.jpg", 2),
        ],
    }


def test_each_frame_has_its_own_label(sunrgbd):
    images = open_sun_rgbd(sunrgbd, "test")
    assert images.classes == SUN37
    assert images.names == ["kv1-NYUdata-NYU0001", "xtion-sun3ddata-lab-lab_1"]
    for index, number in enumerate((0, 2)):
        image, label = images.read(index)
        assert image.shape == (20 + number, 30, 3)
        np.testing.assert_allclose(image, 40 * number / 255, atol=0.01)
        assert label.shape == (20 + number, 30)
        assert label[0, 0] == IGNORE
        assert label[2, 0] == number  # 1 in the file is class 0
        assert label[-1, -1] == 36


def test_it_can_be_pickled(sunrgbd):
    images = open_sun_rgbd(sunrgbd, "train")
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(images)).read(1)[1], images.read(1)[1])


def test_a_toolbox_within_a_folder_of_its_name(sunrgbd):
    (sunrgbd / "SUNRGBDtoolbox").rename(sunrgbd / "inner")
    (sunrgbd / "SUNRGBDtoolbox").mkdir()
    (sunrgbd / "inner").rename(sunrgbd / "SUNRGBDtoolbox/SUNRGBDtoolbox")
    assert len(open_sun_rgbd(sunrgbd, "train")) == 2


def test_the_listing_is_cached_until_a_file_changes(sunrgbd, tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "indexnet_segmentation.data.sun_rgbd.list_frames",
        lambda toolbox: calls.append(toolbox) or list_frames(toolbox),
    )
    cache = tmp_path / "cache"
    first, second = (open_sun_rgbd(sunrgbd, "train", cache).names for _ in range(2))
    assert first == second
    assert len(calls) == 1
    split = toolbox_of(sunrgbd) / "traintestSUNRGBD/allsplit.mat"
    lists = scipy.io.loadmat(split)
    scipy.io.savemat(split, {"alltrain": lists["alltest"], "alltest": lists["alltrain"]})
    assert open_sun_rgbd(sunrgbd, "test", cache).names == first
    assert len(calls) == 2
    for stored in cache.glob("*.json"):
        stored.write_text("{")
    with pytest.raises(UserError, match=r"\.json: damaged cache file"):
        open_sun_rgbd(sunrgbd, "train", cache)


def test_missing_files_are_named(sunrgbd, tmp_path):
    with pytest.raises(UserError, match="SUN RGB-D has no val split; there is train, test"):
        open_sun_rgbd(sunrgbd, "val")
    (sunrgbd / "SUNRGBD/kv2/align/0007/image/0000003.jpg").unlink()
    with pytest.raises(UserError, match=r"0000003\.jpg: no such image; unpack SUNRGBD\.zip"):
        open_sun_rgbd(sunrgbd, "train", tmp_path / "cache")
    (sunrgbd / "SUNRGBDtoolbox/Metadata/SUNRGBD2Dseg.mat").unlink()
    with pytest.raises(UserError, match=r"SUNRGBD2Dseg\.mat: no such file; unpack SUNRGBDtoolbox\.zip"):
        open_sun_rgbd(sunrgbd, "test", tmp_path / "cache")


def test_files_that_do_not_belong_together(sunrgbd, tmp_path):
    split = sunrgbd / "SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat"
    lists = scipy.io.loadmat(split)
    scipy.io.savemat(
        split,
        {"alltrain": np.array(["/n/SUNRGBD/kv1/a", "/n/SUNRGBD/kv1/b"], object), "alltest": lists["alltest"]},
    )
    with pytest.raises(
        UserError, match=r"SUNRGBDMeta\.mat: 2 of 2 train frames are not in it, such as SUNRGBD/kv1/a"
    ):
        open_sun_rgbd(sunrgbd, "train", tmp_path / "cache")
    scipy.io.savemat(split, {"alltest": lists["alltest"]})
    with pytest.raises(UserError, match=r"allsplit\.mat: holds no alltrain"):
        open_sun_rgbd(sunrgbd, "train", tmp_path / "cache")
    split.write_text("not MATLAB at all")
    with pytest.raises(UserError, match=r"allsplit\.mat: not a MATLAB file"):
        open_sun_rgbd(sunrgbd, "train", tmp_path / "cache")


def test_bad_labels_are_named_when_they_are_read(sunrgbd):
    images, path = open_sun_rgbd(sunrgbd, "train"), sunrgbd / "SUNRGBDtoolbox/Metadata/SUNRGBD2Dseg.mat"
    with h5py.File(path, "r+") as file:
        file["#refs#/1"][0, 0] = 38
        del file["#refs#/3"]
        file["#refs#/3"] = np.zeros((30, 9))
        file["SUNRGBD2Dseg/seglabel"][3, 0] = file["#refs#/3"].ref
    with pytest.raises(
        UserError, match=r"SUNRGBD2Dseg\.mat \(kv1-NYUdata-NYU0002\): the number 38 \(1 pixels\)"
    ):
        images.read(1)
    with pytest.raises(UserError, match=r"\(kv2-align-0007\): is 9x30, but .*0000003\.jpg is 23x30"):
        images.read(0)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=r"SUNRGBD2Dseg\.mat: the label of kv2-align-0007 cannot be read"):
        images.read(0)
