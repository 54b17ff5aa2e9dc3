import shutil
import zipfile

import numpy as np
import pytest
import scipy.io
from PIL import Image

import tools.prepare.sun_rgbd_depth as tool
from indexnet_depth.data.open_data import open_data
from indexnet_engine.errors import UserError

RNG = np.random.default_rng(0)
NAMES = ("kv1/NYUdata/NYU0001", "kv2/a/b", "xtion/c")
RGB = RNG.integers(0, 256, (3, 12, 16, 3), dtype=np.uint8)
MILLIMETRES = RNG.integers(500, 9000, (3, 12, 16), dtype=np.uint16)


@pytest.fixture
def unpacked(tmp_path):
    """Three frames and the split; the second is for testing."""
    for number, name in enumerate(NAMES):
        folder = tmp_path / "SUNRGBD" / name
        for part in ("image", "depth_bfx", "fullres"):
            (folder / part).mkdir(parents=True)
        Image.fromarray(RGB[number]).save(folder / "image" / "a.png")
        counts = MILLIMETRES[number]
        Image.fromarray((counts << 3) | (counts >> 13)).save(folder / "depth_bfx" / "b.png")
        (folder / "scene.txt").write_text("office")
    toolbox = tmp_path / "SUNRGBDtoolbox" / "traintestSUNRGBD"
    toolbox.mkdir(parents=True)
    cells = {"alltrain": [NAMES[0], NAMES[2]], "alltest": [NAMES[1]]}
    scipy.io.savemat(
        toolbox / "allsplit.mat",
        {key: np.array([[f"/n/fs/sun3d/data/SUNRGBD/{name}" for name in names]], object)
         for key, names in cells.items()},
    )  # fmt: skip
    return tmp_path


def zipped(folder, name):
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted((folder / name).rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


@pytest.mark.parametrize("packed", [False, True])
def test_both_halves_in_metres(unpacked, packed):
    data, toolbox = unpacked / "SUNRGBD", unpacked / "SUNRGBDtoolbox"
    if packed:
        data, toolbox = zipped(unpacked, "SUNRGBD"), zipped(unpacked, "SUNRGBDtoolbox")
    out = unpacked / "out"
    for _ in range(2):
        assert tool.prepare(data, toolbox, out) == {"train": 2, "val": 1}
    for split, numbers in (("train", (0, 2)), ("val", (1,))):
        frames = open_data(str(out), split)
        assert frames.names == [NAMES[number] for number in numbers]
        for index, number in enumerate(numbers):
            frame = frames.read(index)
            np.testing.assert_array_equal(np.rint(255 * frame.image), RGB[number])
            np.testing.assert_allclose(frame.depth, MILLIMETRES[number] / 1000, rtol=1e-6)


def test_what_is_missing_or_damaged_is_named(unpacked):
    out, toolbox = unpacked / "out", unpacked / "SUNRGBDtoolbox"
    with pytest.raises(UserError, match=r"nowhere\.zip: no such file"):
        tool.prepare(unpacked / "nowhere.zip", toolbox, out)
    (unpacked / "text.zip").write_text("text")
    with pytest.raises(UserError, match=r"text\.zip: not a zip archive"):
        tool.prepare(unpacked / "text.zip", toolbox, out)
    with pytest.raises(UserError, match=r"text\.zip: not a zip archive"):
        tool.prepare(unpacked / "SUNRGBD", unpacked / "text.zip", out)
    with pytest.raises(UserError, match=r"SUNRGBD: no allsplit\.mat in this folder"):
        tool.prepare(unpacked / "SUNRGBD", unpacked / "SUNRGBD", out)
    data = zipped(unpacked, "SUNRGBD")
    with pytest.raises(UserError, match=r"SUNRGBD\.zip: no allsplit\.mat in this archive"):
        tool.prepare(data, data, out)
    other = zipped(unpacked, "SUNRGBDtoolbox")
    with pytest.raises(UserError, match="none of its 0 frames is in the split"):
        tool.prepare(other, toolbox, out)
    assert not out.exists()


def test_a_damaged_frame_is_named(unpacked):
    path = unpacked / "SUNRGBD" / NAMES[2] / "depth_bfx" / "b.png"
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UserError, match=r"SUNRGBD\.zip: xtion/c/depth_bfx/b\.png: "):
        tool.prepare(zipped(unpacked, "SUNRGBD"), unpacked / "SUNRGBDtoolbox", unpacked / "out")


def test_missing_frames_are_reported(unpacked, capsys):
    shutil.rmtree(unpacked / "SUNRGBD" / NAMES[2])
    counts = tool.prepare(zipped(unpacked, "SUNRGBD"), unpacked / "SUNRGBDtoolbox", unpacked / "out")
    assert counts == {"train": 1, "val": 1}
    assert "1 frames of the official split are not in it" in capsys.readouterr().err
