import shutil
from pathlib import Path

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_segmentation.data.classes import IGNORE, SUN37
from indexnet_segmentation.data.open_data import (
    data_splits,
    has_splits,
    labels_are_defined,
    labels_are_fixed,
    open_data,
)
from indexnet_segmentation.data.statistics import label_statistics
from indexnet_segmentation.data.sun_rgbd import SunRgbd
from indexnet_segmentation.data.synthetic import SyntheticScenes


def test_each_layout_is_recognised(split_folder, labelled_folder, sunrgbd, tmp_path):
    assert isinstance(open_data("builtin", "val"), SyntheticScenes)
    assert isinstance(open_data(sunrgbd, "test"), SunRgbd)
    assert len(open_data(split_folder, "val")) == 2
    assert [len(open_data(labelled_folder, split)) for split in ("train", "val", "test")] == [3, 3, 3]
    for split in ("train", "test"):
        shutil.copytree(split_folder / split / "image", tmp_path / "camvid" / split)
        shutil.copytree(split_folder / split / "label", tmp_path / "camvid" / f"{split}annot")
    camvid = open_data(tmp_path / "camvid", "test", str(split_folder / "classes.yaml"))
    assert camvid.classes.names == ("lawn", "pond", "wall")
    with pytest.raises(UserError, match="the number 255"):
        open_data(tmp_path / "camvid", "test").read(0)

    assert data_splits("builtin") == data_splits(split_folder) == data_splits(labelled_folder)
    assert data_splits(sunrgbd) == data_splits(tmp_path / "camvid") == ("train", "test")
    assert [has_splits(data) for data in ("builtin", sunrgbd, split_folder, labelled_folder, "nowhere")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_an_unknown_layout_is_an_error_that_lists_the_known_ones(tmp_path):
    for function in (data_splits, lambda data: open_data(data, "train")):
        with pytest.raises(UserError, match=r"supported layouts: builtin, CamVid .*SUN.* or image/"):
            function(tmp_path)
        with pytest.raises(UserError, match=r"nowhere: no such file or folder"):
            function(tmp_path / "nowhere")


def test_labels_cannot_be_given_where_the_layout_defines_them(sunrgbd):
    for data in ("builtin", sunrgbd):
        with pytest.raises(UserError, match=r"labels camvid cannot be combined with .*"):
            open_data(data, "train", "camvid")
        assert labels_are_fixed(data)
    assert not labels_are_fixed(sunrgbd / "SUNRGBD")


def test_a_folder_called_builtin(labelled_folder, monkeypatch):
    labelled_folder.rename(labelled_folder.parent / "builtin")
    monkeypatch.chdir(labelled_folder.parent)
    assert len(open_data("builtin", "train")) == 64
    assert len(open_data("./builtin", "train")) == 3
    assert len(open_data(Path("builtin").resolve(), "train")) == 3


@pytest.mark.data
def test_real_nyu40_labels_become_sun37(tmp_path, shared):
    """Five samples with labels 0–39 and 255, one with 1–40 and 0: the same classes, the last three void."""
    samples = shared("data/segmentation/nyu40_samples")
    for labels in ("nyu40-from-0", "nyu40-from-1"):
        folder = tmp_path / labels
        for part in ("image", "label"):
            (folder / part).mkdir(parents=True)
        for mask in samples.glob("*_mask.png"):
            if mask.name.startswith("rgbd") == (labels == "nyu40-from-1"):
                (image,) = samples.glob(f"{mask.stem.removesuffix('_mask')}.*")
                (folder / "image" / image.name).symlink_to(image)
                (folder / "label" / mask.name).symlink_to(mask)
        images = open_data(folder, "train", labels)
        assert images.classes == SUN37
        statistics = label_statistics(images, tmp_path / "cache")
        assert statistics.pixels.shape == (len(images), 37)
        assert statistics.void.min() > 0
        wrong = {"nyu40-from-0": "nyu40-from-1", "nyu40-from-1": "nyu40-from-0"}[labels]
        with pytest.raises(UserError, match="is no class and not declared as void"):
            label_statistics(open_data(folder, "train", wrong), tmp_path / "cache")
    _, label = images.read(0)
    # A kitchen: cabinets are 3 in this file, counters 12.
    assert {2, 11, IGNORE} <= set(np.unique(label))


def test_labels_are_defined_by_the_layout_or_a_file(split_folder, labelled_folder, tmp_path):
    assert labels_are_defined("builtin", "val")
    assert labels_are_defined(labelled_folder, "val")
    assert labels_are_defined(split_folder, "val")
    (labelled_folder / "classes.yaml").unlink()
    assert not labels_are_defined(labelled_folder, "val")


def test_a_label_serves_one_image(labelled_folder):
    (labelled_folder / "label" / "a.png").rename(labelled_folder / "label" / "a_mask.png")
    shutil.copy(labelled_folder / "image" / "a.png", labelled_folder / "image" / "a_mask.png")
    with pytest.raises(UserError, match="label: the label a_mask would serve two images"):
        open_data(labelled_folder, "train")
