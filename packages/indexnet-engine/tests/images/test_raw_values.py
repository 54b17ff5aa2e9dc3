"""The numbers of image files are read exactly."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.raw_values import read_numbers, read_raw

RNG = np.random.default_rng(0)
SHAPE = (7, 5)
GRAY = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
GRAY16 = RNG.integers(0, 65536, (6, 9), dtype=np.uint16)
RGB = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
RGBA = RNG.integers(0, 256, (6, 9, 4), dtype=np.uint8)


@pytest.mark.parametrize(
    ("values", "suffix"),
    [
        (RNG.integers(0, 256, SHAPE, dtype=np.uint8), "png"),
        (RNG.integers(0, 65536, SHAPE, dtype=np.uint16), "png"),
        (RNG.integers(0, 65536, SHAPE, dtype=np.uint16), "tif"),
        (RNG.integers(0, 65536, SHAPE, dtype=np.uint16), "pgm"),
        (RNG.integers(-5, 10**6, SHAPE, dtype=np.int32), "tif"),
        (RNG.normal(0, 100, SHAPE).astype(np.float32), "tif"),
    ],
)
def test_gray_values_are_those_of_the_file(tmp_path, values, suffix):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(values).save(path)
    raw = read_raw(path)
    np.testing.assert_array_equal(raw.values, values)
    assert raw.kind == "gray"


def test_palettes_and_colours_are_distinguished(tmp_path):
    indices = RNG.integers(0, 4, SHAPE, dtype=np.uint8)
    image = Image.fromarray(indices).convert("P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata(indices.ravel().tolist())
    image.save(tmp_path / "a.png")
    raw = read_raw(tmp_path / "a.png")
    assert raw.kind == "palette"
    np.testing.assert_array_equal(raw.values, indices)

    colour = RNG.integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    Image.fromarray(colour).save(tmp_path / "b.png")
    raw = read_raw(tmp_path / "b.png")
    assert raw.kind == "colour"
    np.testing.assert_array_equal(raw.values, colour)


@pytest.mark.parametrize("top", [100, 255, 300, 4095, 10_000, 65_535])
def test_pgm_values_are_not_stretched(tmp_path, top):
    values = np.linspace(0, top, 35).astype(np.uint16).reshape(SHAPE)
    stored = values.astype(">u2" if top > 255 else np.uint8).tobytes()
    (tmp_path / "a.pgm").write_bytes(b"P5\n# a comment\n5 7\n%d\n" % top + stored)
    np.testing.assert_array_equal(read_raw(tmp_path / "a.pgm").values, values)


def test_bad_files_are_named(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(RNG.integers(0, 65536, (64, 64), dtype=np.uint16)).save(path)
    whole = path.read_bytes()
    for content, message in (
        (whole[: len(whole) // 2], "damaged"),
        (b"", "empty"),
        (b"text", "not an image"),
    ):
        path.write_bytes(content)
        with pytest.raises(UserError, match=rf"a\.png: .*{message}"):
            read_raw(path)
    with pytest.raises(UserError, match="no such file"):
        read_raw(tmp_path / "b.png")
    with pytest.raises(UserError, match="is a folder"):
        read_raw(tmp_path)


@pytest.mark.parametrize("values", [GRAY, GRAY16], ids=["8 bits", "16 bits"])
def test_numbers_of_gray_files(tmp_path, values):
    Image.fromarray(values).save(tmp_path / "a.png")
    numbers = read_numbers(tmp_path / "a.png")
    assert numbers.dtype.kind in "iu"
    np.testing.assert_array_equal(numbers, values)


def test_numbers_of_a_palette_file_are_its_indices(tmp_path):
    image = Image.fromarray(GRAY % 4, "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    image.save(tmp_path / "a.png", transparency=1)
    np.testing.assert_array_equal(read_numbers(tmp_path / "a.png"), GRAY % 4)


def test_numbers_of_other_kinds(tmp_path):
    Image.fromarray(GRAY > 99).save(tmp_path / "bits.png")
    np.testing.assert_array_equal(read_numbers(tmp_path / "bits.png"), GRAY > 99)
    Image.fromarray(np.dstack([GRAY] * 3)).save(tmp_path / "triple.png")
    np.testing.assert_array_equal(read_numbers(tmp_path / "triple.png"), GRAY)
    Image.fromarray(np.dstack([GRAY] * 3 + [np.full_like(GRAY, 255)])).save(tmp_path / "opaque.png")
    np.testing.assert_array_equal(read_numbers(tmp_path / "opaque.png"), GRAY)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(GRAY).save(tmp_path / "turned.png", exif=exif)
    np.testing.assert_array_equal(read_numbers(tmp_path / "turned.png"), np.rot90(GRAY, -1))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (RGB, "colour image"),
        (RGBA, "has transparency"),
        (np.dstack([GRAY, GRAY // 2]), "has transparency"),
        (GRAY.astype(np.float32), "holds floats"),
    ],
)
def test_images_without_one_number_per_pixel(tmp_path, values, message):
    path = tmp_path / "a.tif"
    Image.fromarray(values).save(path)
    with pytest.raises(UserError, match=rf"a\.tif: .*{message}"):
        read_numbers(path)


def test_numbers_of_bad_files(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(RGB).save(path, transparency=(1, 2, 3))
    with pytest.raises(UserError, match=r"a\.png: is a colour image"):
        read_numbers(path)
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UserError, match=r"a\.png: damaged image"):
        read_numbers(path)


def png(header: bytes, rows: bytes) -> bytes:
    """Write a PNG without Pillow, which cannot write these."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(("depth", "packed"), [(4, b"\x01\x2f"), (2, b"\x6c")])
def test_numbers_of_few_bits_are_not_stretched(tmp_path, depth, packed):
    width = 4
    (tmp_path / "a.png").write_bytes(
        png(struct.pack(">IIBBBBB", width, 1, depth, 0, 0, 0, 0), b"\0" + packed)
    )
    expected = [0, 1, 2, 15] if depth == 4 else [1, 2, 3, 0]
    assert read_numbers(tmp_path / "a.png").tolist() == [expected]


def test_numbers_of_pgm_files_are_not_stretched(tmp_path):
    (tmp_path / "a.pgm").write_bytes(b"P5\n3 1\n40\n" + bytes([0, 1, 40]))
    assert read_numbers(tmp_path / "a.pgm").tolist() == [[0, 1, 40]]


def test_files_that_do_not_keep_numbers(tmp_path):
    Image.fromarray(GRAY).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").rename(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"a\.png: JPEG does not keep numbers exactly"):
        read_numbers(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(
        png(struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0), b"\0" + b"\0\x07" * 3)
    )
    with pytest.raises(UserError, match=r"b\.png: 16-bit colours"):
        read_numbers(tmp_path / "b.png")
