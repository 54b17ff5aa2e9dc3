import shutil

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_segmentation.data.camvid import camvid_splits, is_camvid, open_camvid
from indexnet_segmentation.data.classes import CAMVID11, IGNORE


@pytest.fixture
def camvid(tmp_path):
    root = tmp_path / "CamVid"
    for split, names in (("train", "abc"), ("val", "de"), ("test", "f")):
        for folder in (split, f"{split}annot"):
            (root / folder).mkdir(parents=True)
        for name in names:
            Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(root / split / f"{name}.jpg")
            Image.fromarray(np.arange(48, dtype=np.uint8).reshape(6, 8) % 12).save(
                root / f"{split}annot/{name}.png"
            )
    lines = [f"/SegNet/CamVid/train/{name}.png /SegNet/CamVid/trainannot/{name}.png\n" for name in "ca"]
    (root / "train.txt").write_text("".join(lines))
    return root


def test_the_list_decides_and_its_suffixes_do_not(camvid):
    assert is_camvid(camvid)
    assert camvid_splits(camvid) == ("train", "val", "test")
    images = open_camvid(camvid, "train")
    assert images.names == ["c", "a"]
    assert images.files(0)[0].name == "c.jpg"
    assert images.classes == CAMVID11


def test_without_a_list_all_images_count(camvid):
    assert open_camvid(camvid, "val").names == ["d", "e"]


def test_eleven_is_void(camvid):
    _, label = open_camvid(camvid, "train").read(0)
    assert label[0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert label[1].tolist() == [8, 9, 10, IGNORE, 0, 1, 2, 3]


def test_missing_files_are_named(camvid):
    (camvid / "train/c.jpg").unlink()
    with pytest.raises(UserError, match=r"train: no image for c$"):
        open_camvid(camvid, "train")
    (camvid / "train.txt").write_text("\n")
    with pytest.raises(UserError, match=r"train\.txt: the list of images is empty"):
        open_camvid(camvid, "train")
    (camvid / "train.txt").write_bytes(b"\xff\xff")
    with pytest.raises(UserError, match=r"train\.txt: the list of images cannot be read"):
        open_camvid(camvid, "train")
    (camvid / "valannot/e.png").unlink()
    with pytest.raises(UserError, match=r"valannot: no label for e$"):
        open_camvid(camvid, "val")
    shutil.rmtree(camvid / "testannot")
    with pytest.raises(UserError, match=r"no test/ and testannot/; there is train, val"):
        open_camvid(camvid, "test")


@pytest.mark.data
def test_the_official_split(shared):
    root = shared("data/segmentation/camvid")
    sets = {split: open_camvid(root, split) for split in ("train", "val", "test")}
    assert {split: len(images) for split, images in sets.items()} == {"train": 367, "val": 101, "test": 233}
    names = [name for images in sets.values() for name in images.names]
    assert len(set(names)) == 701
    image, label = sets["test"].read(100)
    assert image.shape == (360, 480, 3)
    assert set(np.unique(label)) <= {*range(11), IGNORE}
