import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_segmentation.data.folder import folder_splits, open_folder
from indexnet_segmentation.data.label_files import KNOWN


def test_images_and_labels(labelled_folder):
    images = open_folder(labelled_folder, "train")
    assert images.names == ["a", "b", "c"]
    assert images.classes.names == ("lawn", "pond", "wall")
    assert images.source == str(labelled_folder)
    image, label = images.read(1)
    assert image.dtype == np.float32
    assert image.shape == (41, 49, 3)
    assert label.shape == (41, 49)
    assert label.dtype == np.int64
    assert set(np.unique(label)) == {0, 1, 2, 255}
    assert images.files(1) == (labelled_folder / "image/b.png", labelled_folder / "label/b.png")
    np.testing.assert_array_equal(image, read_image(labelled_folder / "image/b.png", 3))


def test_parts(split_folder):
    assert folder_splits(split_folder) == ("train", "val", "test")
    assert len(open_folder(split_folder, "train")) == 4
    assert open_folder(split_folder, "val").names == ["val0", "val1"]
    shutil.rmtree(split_folder / "val")
    with pytest.raises(UserError, match=r"has no val/ with images; there is train, test"):
        open_folder(split_folder, "val")


def test_classes_yaml_of_the_split_takes_precedence(split_folder):
    (split_folder / "val" / "classes.yaml").write_text(yaml.safe_dump({"classes": ["x", "y", "z"]}))
    assert open_folder(split_folder, "val").classes.names == ("x", "y", "z")
    assert open_folder(split_folder, "test").classes.names == ("lawn", "pond", "wall")


def test_a_part_given_by_its_own_path(split_folder, monkeypatch):
    assert open_folder(split_folder / "train", "test").classes.names == ("lawn", "pond", "wall")
    monkeypatch.chdir(split_folder)
    assert len(open_folder(Path("val"), "train")) == 2


def test_the_numbering_is_never_guessed(labelled_folder):
    (labelled_folder / "classes.yaml").unlink()
    with pytest.raises(UserError, match=r"no classes\.yaml defines the numbers .* camvid, sun37-from-0"):
        open_folder(labelled_folder, "train")
    images = open_folder(labelled_folder, "train", "nyu40-from-0")
    assert images.numbering() == KNOWN["nyu40-from-0"][1]
    assert images.classes.count == 37


def test_options_take_precedence_over_the_file(labelled_folder, tmp_path):
    other = tmp_path / "other.yaml"
    other.write_text("classes: [a, b, c, d]\n")
    assert open_folder(labelled_folder, "train", str(other)).classes.count == 4


def test_names_that_end_in_mask(labelled_folder):
    label = labelled_folder / "label"
    (label / "a.png").rename(label / "a_mask.png")
    (label / "b.png").rename(label / "b_label.png")
    images = open_folder(labelled_folder, "train")
    assert [images.files(index)[1].name for index in range(3)] == ["a_mask.png", "b_label.png", "c.png"]


def test_missing_files_are_named(labelled_folder, tmp_path):
    (labelled_folder / "label/b.png").unlink()
    with pytest.raises(UserError, match=r"label: no label for b$"):
        open_folder(labelled_folder, "train")
    shutil.rmtree(labelled_folder / "label")
    with pytest.raises(UserError, match=r"no folder of labels; expected label/ or labels/"):
        open_folder(labelled_folder, "train")
    with pytest.raises(UserError, match="no such folder"):
        open_folder(tmp_path / "nowhere", "train")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no folder of images; expected image/ or images/"):
        open_folder(tmp_path / "empty", "train")


def test_bad_files_are_named_when_they_are_read(labelled_folder):
    label = labelled_folder / "label"
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(label / "a.png")
    Image.fromarray(np.full((41, 49), 77, np.uint8)).save(label / "b.png")
    (label / "c.png").write_bytes((label / "c.png").read_bytes()[:60])
    images = open_folder(labelled_folder, "train")
    with pytest.raises(UserError, match=r"label/a\.png: is 9x9, but .*image/a\.png is 40x50"):
        images.read(0)
    with pytest.raises(UserError, match=r"label/b\.png: the number 77 \(2009 pixels\) is no class"):
        images.read(1)
    with pytest.raises(UserError, match=r"label/c\.png: damaged"):
        images.read(2)
