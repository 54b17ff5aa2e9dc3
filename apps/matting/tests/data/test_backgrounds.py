import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_engine.images.sample_photos import photographs
from indexnet_matting.data.backgrounds import Backgrounds, Part, background_files, cover, open_backgrounds


def names(paths):
    return [path.name for path in paths]


def test_a_folder_or_a_list(training_folder, tmp_path):
    folder = training_folder / "backgrounds"
    assert names(background_files(folder)) == ["sea.png", "sky.jpg"]
    (tmp_path / "list.txt").write_text("sky.jpg\n")
    assert names(background_files(folder, tmp_path / "list.txt")) == ["sky.jpg"]
    (tmp_path / "list.txt").write_text("sky.jpg\nmoon.jpg\n")
    with pytest.raises(UserError, match=r"backgrounds: no background moon\.jpg, which .*list\.txt lists"):
        background_files(folder, tmp_path / "list.txt")
    with pytest.raises(UserError, match="no such file or folder"):
        background_files(tmp_path / "nowhere")


@pytest.mark.parametrize("inner", ["train2017", "train2014", "JPEGImages", "VOCdevkit/VOC2012/JPEGImages"])
def test_the_roots_of_coco_and_voc(tmp_path, inner):
    (tmp_path / inner).mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(tmp_path / inner / "a.jpg")
    assert background_files(tmp_path) == [tmp_path / inner / "a.jpg"]


def test_covering_is_resizing_and_then_cropping():
    """Only the crop is computed, yet it is the part of the whole resized picture, up to rounding."""
    x, y = np.meshgrid(np.arange(90), np.arange(60))
    smooth = np.stack([2 * x, 3 * y, x + y], -1).astype(np.uint8)
    picture = Image.fromarray(smooth)
    whole = np.asarray(picture.resize((45, 30), Image.Resampling.BILINEAR)).astype(int)
    for along, left in ((0, 0), (0.2, 3), (1, 15)):
        assert np.abs(cover(picture, along, 30) - whole[:, left : left + 30]).max() <= 1
    tall = Image.fromarray(smooth.swapaxes(0, 1))
    np.testing.assert_array_equal(cover(tall, 0.2, 30), cover(picture, 0.2, 30).swapaxes(0, 1))


def test_rounding_does_not_lead_out_of_the_image():
    """The corner of this part is at -4e-15, which Pillow would refuse."""
    picture = Image.new("RGB", (50, 50), (10, 20, 30))
    part = cover(picture, 0.5, 4, Part(height=183, width=119, top=0, left=0, side=119))
    assert part.tolist() == [[[10, 20, 30]] * 4] * 4


def test_small_pictures_are_enlarged():
    assert cover(Image.new("RGB", (3, 2), (9, 8, 7)), 0.5, 16).tolist() == [[[9, 8, 7]] * 16] * 16


def test_files_and_memory_give_the_same(training_folder):
    path = training_folder / "backgrounds" / "sea.png"
    loaded = Backgrounds([np.asarray(Image.open(path))])
    np.testing.assert_array_equal(Backgrounds([path]).window(0, 0.3, 32), loaded.window(0, 0.3, 32))


def test_a_large_jpeg_read_at_a_fraction_shows_the_same(tmp_path):
    y, x = np.mgrid[:600, :800]
    smooth = np.stack([x / 4, y / 3, (x + y) / 8], -1).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "large.jpg", quality=95)
    quick = Backgrounds([tmp_path / "large.jpg"]).window(0, 0.5, 64)
    whole = Backgrounds([smooth]).window(0, 0.5, 64)
    assert np.abs(quick - whole).max() < 0.03


@pytest.mark.parametrize("kind", ["gray", "palette", "glass", "deep", "turned", "bitmap"])
def test_any_kind_of_image_reads_as_by_the_engine(tmp_path, kind):
    colour = np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8)
    path = tmp_path / "a.png"
    if kind == "gray":
        Image.fromarray(colour[..., 0]).save(path)
    elif kind == "palette":
        Image.fromarray(colour).quantize(16).save(path)
    elif kind == "glass":
        Image.fromarray(np.dstack([colour, colour[..., 0]])).save(path)
    elif kind == "deep":
        Image.fromarray(colour[..., 0].astype(np.uint16) * 257).save(path)
    elif kind == "bitmap":
        path = tmp_path / "a.bmp"
        Image.fromarray(colour).save(path)
    else:
        path, exif = tmp_path / "a.jpg", Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(colour).save(path, exif=exif)
    expected = np.rint(255 * read_image(path, 3)).astype(np.uint8)
    window = Backgrounds([path]).window(0, 0.4, 40)
    np.testing.assert_array_equal(window, Backgrounds([expected]).window(0, 0.4, 40))


def test_a_draw_is_a_window_possibly_mirrored(training_folder):
    backgrounds = open_backgrounds(training_folder / "backgrounds")
    seen = set()
    for seed in range(16):
        drawn = backgrounds.draw(24, np.random.default_rng(seed))
        rng = np.random.default_rng(seed)
        index, along, mirrored = int(rng.integers(2)), rng.random(), rng.random() < 0.5
        window = backgrounds.window(index, along, 24)
        np.testing.assert_array_equal(drawn, window[:, ::-1] if mirrored else window)
        assert drawn.dtype == np.float32
        seen.add((index, mirrored))
    assert len(seen) == 4


def test_builtin_backgrounds_are_the_photographs_of_the_split():
    assert len(open_backgrounds("builtin")) == len(photographs("train"))
    assert len(open_backgrounds("builtin", split="test")) == len(photographs("test"))


def test_damaged_files_are_named(training_folder):
    path = training_folder / "backgrounds" / "sky.jpg"
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(UserError, match=r"sky\.jpg"):
        Backgrounds([path]).window(0, 0.5, 16)
    with pytest.raises(UserError, match="no backgrounds"):
        Backgrounds([])


@pytest.mark.parametrize("shape", [(90, 60), (60, 90), (64, 64), (40, 400)])
def test_a_part_of_the_covered_image(shape):
    """Only the part is computed, yet it is that of the whole covered image, up to rounding."""
    y, x = np.mgrid[:50, :80]
    picture = Image.fromarray(np.stack([3 * x, 5 * y, x + y], -1).astype(np.uint8))
    height, width = shape
    scale = max(height / 50, width / 80)
    size = (round(80 * scale), round(50 * scale))
    along = 0.25
    left, top = round(along * (size[0] - width)), round(along * (size[1] - height))
    whole = np.asarray(picture.resize(size, Image.Resampling.BILINEAR)).astype(int)
    covered = whole[top : top + height, left : left + width]
    part = cover(picture, along, 30, Part(height, width, top=8, left=25, side=30))
    assert np.abs(part - covered[8:38, 25:55]).max() <= 6  # the middle is rounded to pixels in this test


def test_covering_the_whole_square_equals_covering_the_crop():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), dtype=np.uint8))
    alone = cover(picture, 0.3, 32)
    np.testing.assert_array_equal(cover(picture, 0.3, 32, Part(64, 64, 0, 0, 64)), alone)


def test_a_large_jpeg_is_read_as_finely_as_a_part_needs_it(tmp_path):
    y, x = np.mgrid[:600, :800]
    smooth = np.stack([x / 4, y / 3, (x + y) / 8], -1).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "large.jpg", quality=95)
    part = Part(500, 700, 100, 200, 300)
    quick, whole = (Backgrounds([s]).window(0, 0.5, 64, part) for s in (tmp_path / "large.jpg", smooth))
    assert np.abs(quick - whole).max() < 0.03


def test_lists_of_coco_fit_its_later_archives(tmp_path):
    (tmp_path / "train2017").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "train2017" / "000000000009.jpg")
    (tmp_path / "list.txt").write_text("COCO_train2014_000000000009.jpg\n")
    assert names(background_files(tmp_path, tmp_path / "list.txt")) == ["000000000009.jpg"]
