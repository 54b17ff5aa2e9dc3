import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tools.prepare.composition1k as tool
from indexnet_engine.errors import UserError
from indexnet_matting.data.open_data import load_test_set

RNG = np.random.default_rng(0)
PART = "Adobe-licensed images"


def save(path: Path, *shape: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(RNG.integers(0, 256, shape, dtype=np.uint8)).save(path)


@pytest.fixture
def archive(tmp_path):
    """Two test foregrounds over two backgrounds each, two for training over one each."""
    root = tmp_path / "Combined_Dataset"
    test, train = root / "Test_set", root / "Training_set"
    for name, height, width in (("boy.png", 20, 30), ("glass_2.png", 50, 40)):
        save(test / PART / "fg" / name, height, width, 3)
        save(test / PART / "alpha" / name, height, width)
        for number in (0, 1):
            save(test / PART / "trimaps" / f"{name[:-4]}_{number}.png", height, width)
    (test / "test_fg_names.txt").write_text("glass_2.png\r\nboy.png\r\n")
    (test / "test_bg_names.txt").write_text("1.jpg\r\n2.jpg\r\n2.jpg\r\n3.jpg\r\n")
    for part, name in ((PART, "a.png"), ("Other", "b.png")):
        save(train / part / "fg" / name, 16, 16, 3)
        save(train / part / "alpha" / name, 16, 16)
    (train / "training_fg_names.txt").write_text("b.png\na.png\n")
    (train / "training_bg_names.txt").write_text("COCO_train2014_000001.jpg\nCOCO_train2014_000002.jpg\n")
    return root


@pytest.fixture
def voc(tmp_path):
    for name, height, width in (("1", 70, 60), ("2", 25, 25), ("3", 19, 200)):
        save(tmp_path / "JPEGImages" / f"{name}.jpg", height, width, 3)
    return tmp_path / "JPEGImages"


def literal(foreground: Path, alpha: Path, background: Path) -> np.ndarray:
    """The rule of the data set's own code, pixel by pixel."""
    fg, a = np.asarray(Image.open(foreground)), np.asarray(Image.open(alpha))
    height, width = a.shape
    picture = Image.open(background)
    ratio = max(width / picture.width, height / picture.height)
    if ratio > 1:
        size = (math.ceil(picture.width * ratio), math.ceil(picture.height * ratio))
        picture = picture.resize(size, Image.Resampling.BICUBIC)
    bg, out = np.asarray(picture), np.zeros((height, width, 3), np.uint8)
    for row, column, channel in np.ndindex(out.shape):
        opacity = int(a[row, column]) / 255
        f, b = int(fg[row, column, channel]), int(bg[row, column, channel])
        out[row, column, channel] = int(opacity * f + (1 - opacity) * b)
    return out


def run_tool(archive, backgrounds, out, split="test", jobs=1):
    composites = tool.plan(archive, backgrounds, split)
    tool.build(composites, out, jobs)
    tool.check(composites, out)
    return composites


def test_the_test_set(archive, voc, tmp_path):
    out = tmp_path / "out"
    composites = run_tool(archive, voc, out)
    pairs = [(item.name, item.background.stem) for item in composites]
    assert pairs == [("glass_2_0", "1"), ("glass_2_1", "2"), ("boy_0", "2"), ("boy_1", "3")]
    for item in composites:
        expected = literal(item.foreground.image, item.foreground.alpha, item.background)
        np.testing.assert_array_equal(np.asarray(Image.open(out / "image" / f"{item.name}.png")), expected)
        trimap = archive / "Test_set" / PART / "trimaps" / f"{item.name}.png"
        assert (out / "trimap" / f"{item.name}.png").read_bytes() == trimap.read_bytes()
    images = load_test_set(out)
    assert sorted(images) == ["boy_0", "boy_1", "glass_2_0", "glass_2_1"]
    assert images["boy_1"].image.shape == (20, 30, 3)


def test_the_training_set_with_the_names_of_coco_2017(archive, tmp_path):
    for name in ("000001", "000002"):
        save(tmp_path / "train2017" / f"{name}.jpg", 20, 20, 3)
    composites = run_tool(archive, tmp_path / "train2017", tmp_path / "out", "train")
    assert [item.name for item in composites] == ["b_0", "a_0"]
    assert sorted(path.name for path in (tmp_path / "out" / "image").iterdir()) == ["a_0.png", "b_0.png"]
    assert not (tmp_path / "out" / "trimap").exists()


def test_an_interrupted_run_goes_on(archive, voc, tmp_path):
    out = tmp_path / "out"
    run_tool(archive, voc, out)
    before = {path: path.stat().st_mtime_ns for path in (out / "image").iterdir()}
    (out / "image" / "boy_0.png").unlink()
    (out / "alpha" / "boy_1.png").unlink()
    run_tool(archive, voc, out, jobs=2)
    after = {path: path.stat().st_mtime_ns for path in (out / "image").iterdir()}
    assert after.keys() == before.keys()
    assert {path.stem for path in after if after[path] != before[path]} == {"boy_0", "boy_1"}


def test_the_check_finds_what_is_wrong(archive, voc, tmp_path):
    out = tmp_path / "out"
    composites = run_tool(archive, voc, out)
    good = out / "image" / "boy_0.png"
    whole = good.read_bytes()
    for damage, message in (
        (lambda: save(good, 20, 30, 3), "differs from its composite"),
        (lambda: save(good, 20, 31, 3), "its size differs from that of the matte"),
        (lambda: good.write_bytes(whole[:10]), "missing or damaged"),
        (lambda: good.write_bytes(whole[:-40]), "missing or damaged"),
    ):
        damage()
        with pytest.raises(UserError, match=rf"boy_0\.png: {message}"):
            tool.check(composites, out)


def test_what_is_missing_is_named_before_anything_is_made(archive, voc, tmp_path):
    (voc / "3.jpg").unlink()
    with pytest.raises(UserError, match=r"JPEGImages: no background for 3\.jpg"):
        tool.plan(archive, voc, "test")
    (archive / "Test_set" / "test_bg_names.txt").write_text("1.jpg\n2.jpg\n2.jpg\n")
    with pytest.raises(UserError, match="3 backgrounds are not a multiple of 2 foregrounds"):
        tool.plan(archive, voc, "test")
    (archive / "Test_set" / "test_bg_names.txt").write_text("1.jpg\n2.jpg\n2.jpg\n2.jpg\n")
    (archive / "Test_set" / PART / "trimaps" / "boy_1.png").unlink()
    with pytest.raises(UserError, match="trimaps: no trimap for boy_1"):
        tool.plan(archive, voc, "test")


def test_bad_images_are_named(archive, voc, tmp_path):
    save(archive / "Test_set" / PART / "alpha" / "glass_2.png", 9, 9)
    with pytest.raises(UserError, match=r"alpha/glass_2\.png: is .*, but .*fg/glass_2"):
        tool.build(tool.plan(archive, voc, "test"), tmp_path / "out")
    save(archive / "Test_set" / PART / "alpha" / "glass_2.png", 50, 40)
    (voc / "1.jpg").write_bytes((voc / "1.jpg").read_bytes()[:300])
    with pytest.raises(UserError, match=r"1\.jpg: damaged image"):
        tool.build(tool.plan(archive, voc, "test"), tmp_path / "out")
