import numpy as np
import pytest
from PIL import Image

from indexnet_depth.data.folder import FolderFrames
from indexnet_depth.data.units import UNITS
from indexnet_engine.errors import UserError


def test_pairs_by_name(folder, pair):
    frames = FolderFrames(folder, UNITS["millimetre"])
    assert frames.names == ["a", "b"]
    assert (frames.unit, frames.splits, frames.strays) == ("millimetre", False, [])
    assert frames.depth_file(1) == folder / "depth" / "b.png"
    for index in range(2):
        image, depth = pair(index)
        np.testing.assert_array_equal(frames.read(index).depth, depth)
        # JPEG
        assert np.abs(frames.read(index).image - image / 255).mean() < 0.02


@pytest.mark.parametrize("name", ["color", "images"])
def test_other_names_of_the_folders_and_other_formats(folder, name):
    (folder / "rgb").rename(folder / name)
    (folder / "depth").rename(folder / "depths")
    depth = np.asarray(Image.open(folder / "depths" / "a.png"))
    (folder / "depths" / "a.png").unlink()
    np.save(folder / "depths" / "a.npy", depth)
    photograph = np.asarray(Image.open(folder / name / "a.jpg"))
    (folder / name / "a.jpg").unlink()
    np.save(folder / name / "a.npy", photograph)
    frame = FolderFrames(folder, UNITS["millimetre"]).read(0)
    np.testing.assert_allclose(frame.depth, depth / 1000, atol=1e-6)
    np.testing.assert_allclose(frame.image, photograph / 255, atol=1e-6)


def test_a_unit_is_never_guessed(folder):
    with pytest.raises(UserError, match=r"depth/a\.png: depth without a unit.* m in millimetre"):
        FolderFrames(folder, None)


def test_partners_and_unmatched_files(folder):
    (folder / "rgb" / "a.jpg").rename(folder / "rgb" / "c.jpg")
    with pytest.raises(UserError, match="mine/depth: no depth map for c"):
        FolderFrames(folder, UNITS["millimetre"])
    (folder / "rgb" / "c.jpg").unlink()
    assert FolderFrames(folder, UNITS["millimetre"]).strays == [folder / "depth" / "a.png"]


def test_bad_folders_are_named(folder):
    Image.open(folder / "depth" / "a.png").save(folder / "depth" / "a.tif")
    with pytest.raises(UserError, match="would share the name 'a'"):
        FolderFrames(folder, UNITS["millimetre"])
    for file in (folder / "depth").iterdir():
        file.unlink()
    with pytest.raises(UserError, match=r"mine/depth: no files with one of the suffixes \.npy, \.pgm, \.png"):
        FolderFrames(folder, UNITS["millimetre"])
    (folder / "depth").rmdir()
    with pytest.raises(UserError, match="mine: no folder of depth maps; expected depth/ or depths/"):
        FolderFrames(folder, UNITS["millimetre"])


def test_sizes_must_agree(folder):
    Image.fromarray(np.full((64, 48), 1000, np.uint16)).save(folder / "depth" / "a.png")
    with pytest.raises(UserError, match=r"a\.png: depth is 64x48 \(turned by 90°\?\), but its image"):
        FolderFrames(folder, UNITS["millimetre"]).read(0)
