"""Image files of all kinds, and damaged ones."""

import io
import os
import struct
import threading
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import (
    MAX_PIXELS,
    convert_channels,
    list_images,
    read_image,
    to_array,
    to_tensor,
    write_image,
)

RNG = np.random.default_rng(0)
GRAY = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
RGB = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
RGBA = RNG.integers(0, 256, (6, 9, 4), dtype=np.uint8)
GRAY16 = RNG.integers(0, 65536, (6, 9), dtype=np.uint16)


def unit(values: np.ndarray) -> np.ndarray:
    values = values if values.ndim == 3 else values[..., None]
    return values / np.float32(np.iinfo(values.dtype).max)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(header: bytes, *chunks: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def png16(values: np.ndarray, colour_type: int) -> bytes:
    """Write a 16-bit PNG without Pillow, which cannot write colour ones."""
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    return png(header, chunk(b"IDAT", zlib.compress(rows)))


# --- reading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [GRAY, RGB, RGBA], ids=["gray", "rgb", "rgba"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_exact_values_and_natural_channels(tmp_path, values, suffix):
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")
    image = read_image(tmp_path / f"a.{suffix}")
    assert image.dtype == np.float32
    np.testing.assert_array_equal(image, unit(values))


@pytest.mark.parametrize("suffix", ["jpg", "bmp", "webp", "gif", "ppm", "jp2"])
def test_other_formats(tmp_path, suffix):
    smooth = np.broadcast_to(np.arange(0, 250, 10, dtype=np.uint8)[:, None, None], (25, 40, 3))
    Image.fromarray(np.ascontiguousarray(smooth)).save(tmp_path / f"a.{suffix}")
    np.testing.assert_allclose(read_image(tmp_path / f"a.{suffix}", 3), unit(smooth), atol=0.03)


def test_gray_is_the_luma_of_itu_r_601(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.png")
    gray = read_image(tmp_path / "a.png", 1)
    assert gray.shape == (6, 9, 1)
    np.testing.assert_allclose(gray[..., 0], unit(RGB) @ [0.299, 0.587, 0.114], atol=1e-6)
    reference = np.asarray(Image.fromarray(RGB).convert("L")) / 255
    np.testing.assert_allclose(gray[..., 0], reference, atol=0.51 / 255)  # Pillow rounds to 8 bits


def test_gray_becomes_colour_and_alpha_is_added(tmp_path):
    Image.fromarray(GRAY).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", 3), np.repeat(unit(GRAY), 3, axis=2))
    image = read_image(tmp_path / "a.png", 4)
    assert image.shape == (6, 9, 4)
    assert (image[..., 3] == 1).all()


def test_transparency_is_composited_over_white(tmp_path):
    Image.fromarray(RGBA).save(tmp_path / "a.png")
    white = Image.new("RGBA", (9, 6), "white")
    reference = np.asarray(Image.alpha_composite(white, Image.fromarray(RGBA)).convert("RGB"))
    image = read_image(tmp_path / "a.png", 3)
    np.testing.assert_allclose(image, unit(reference), atol=1.01 / 255)
    np.testing.assert_allclose(read_image(tmp_path / "a.png", 1), convert_channels(image, 1), atol=1e-6)


def test_gray_with_alpha(tmp_path):
    Image.fromarray(GRAY).convert("LA").save(tmp_path / "opaque.png")
    np.testing.assert_array_equal(read_image(tmp_path / "opaque.png", 1)[..., 0].shape, (6, 9))
    np.testing.assert_allclose(read_image(tmp_path / "opaque.png", 1), unit(GRAY), atol=1e-6)
    Image.new("LA", (2, 2), (0, 0)).save(tmp_path / "invisible.png")
    assert read_image(tmp_path / "invisible.png").tolist() == [[[0, 0, 0, 0]] * 2] * 2
    assert read_image(tmp_path / "invisible.png", 1).tolist() == [[[1]] * 2] * 2


def test_palette_with_and_without_transparency(tmp_path):
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putdata([0, 1])
    image.save(tmp_path / "plain.png")
    assert read_image(tmp_path / "plain.png").tolist() == [[[1, 0, 0], [0, 0, 1]]]
    image.save(tmp_path / "clear.png", transparency=1)
    assert read_image(tmp_path / "clear.png").tolist() == [[[1, 0, 0, 1], [0, 0, 1, 0]]]
    assert read_image(tmp_path / "clear.png", 3).tolist() == [[[1, 0, 0], [1, 1, 1]]]


def test_one_bit(tmp_path):
    Image.fromarray(np.array([[True, False, True]])).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png").tolist() == [[[1], [0], [1]]]
    assert read_image(tmp_path / "a.png", 3).shape == (1, 3, 3)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm", "jp2"])
def test_sixteen_bit_gray_keeps_its_bits(tmp_path, suffix):
    Image.fromarray(GRAY16).save(tmp_path / f"a.{suffix}")
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), unit(GRAY16))
    assert read_image(tmp_path / f"a.{suffix}", 3).shape == (6, 9, 3)


def test_sixteen_bit_gray_of_either_byte_order(tmp_path):
    Image.frombytes("I;16B", (9, 6), GRAY16.astype(">u2").tobytes()).save(tmp_path / "big.tif")
    Image.fromarray(GRAY16).save(tmp_path / "little.tif")
    for name, mode in (("big.tif", "I;16B"), ("little.tif", "I;16")):
        assert Image.open(tmp_path / name).mode == mode
        np.testing.assert_array_equal(read_image(tmp_path / name), unit(GRAY16))


@pytest.mark.parametrize(("colour_type", "channels"), [(2, 3), (6, 4)], ids=["rgb", "rgba"])
def test_sixteen_bit_colour_comes_with_its_upper_bits(tmp_path, colour_type, channels):
    values = RNG.integers(0, 65536, (6, 9, channels), dtype=np.uint16)
    (tmp_path / "a.png").write_bytes(png16(values, colour_type))
    image = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(image, unit((values >> 8).astype(np.uint8)))


def test_thirty_two_bits_need_a_known_scale(tmp_path):
    Image.fromarray(np.array([[0.0, 0.25, 1.0]], dtype=np.float32)).save(tmp_path / "unit.tif")
    assert read_image(tmp_path / "unit.tif").ravel().tolist() == [0, 0.25, 1]
    for name, values in {
        "large": np.array([[0, 70000]], dtype=np.int32),
        "negative": np.array([[-1, 5]], dtype=np.int32),
        "metres": np.array([[0.5, 2.0]], dtype=np.float32),
        "nan": np.array([[0.5, np.nan]], dtype=np.float32),
    }.items():
        Image.fromarray(values).save(tmp_path / f"{name}.tif")
        with pytest.raises(UserError, match=rf"{name}\.tif: values .* have no known scale"):
            read_image(tmp_path / f"{name}.tif")


def test_cmyk_jpeg(tmp_path):
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=95)
    assert Image.open(tmp_path / "a.jpg").mode == "CMYK"
    np.testing.assert_allclose(read_image(tmp_path / "a.jpg")[8, 8], [1, 0, 0], atol=0.02)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("values", [RGB, GRAY16], ids=["rgb", "gray16"])
def test_every_exif_orientation_comes_out_upright(tmp_path, orientation, values):
    stored = {  # the stored picture for an upright one, by the definition of the EXIF tag
        1: values,
        2: values[:, ::-1],
        3: values[::-1, ::-1],
        4: values[::-1],
        5: values.swapaxes(0, 1),
        6: np.rot90(values, 1),
        7: values[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(values, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), unit(values))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_pixels_are_read_in_spite_of_broken_exif(tmp_path):
    Image.fromarray(RGB).save(tmp_path / "a.png", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff rubbish")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), unit(RGB))


def test_the_first_frame_of_an_animation(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "lime", "blue")]
    for name in ("a.gif", "a.webp", "a.tif", "a.png", "a.mpo"):  # MPO: JPEG files of phones
        options = {"lossless": True} if name == "a.webp" else {}
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], **options)
        image = read_image(tmp_path / name, 3)
        assert image.shape == (4, 4, 3)
        np.testing.assert_allclose(image[0, 0], [1, 0, 0], atol=0.01)


def test_a_single_pixel_and_a_wrong_suffix(tmp_path):
    Image.new("RGB", (1, 1), "white").save(tmp_path / "a.jpg")
    assert read_image(tmp_path / "a.jpg").shape == (1, 1, 3)
    Image.fromarray(GRAY).save(tmp_path / "really.png")
    (tmp_path / "really.png").rename(tmp_path / "claimed.jpg")
    np.testing.assert_array_equal(read_image(str(tmp_path / "claimed.jpg")), unit(GRAY))


# --- errors ---------------------------------------------------------------------------------------------


def encoded(kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, kind, **options)
    return buffer.getvalue()


BOMB = png(struct.pack(">IIBBBBB", 30000, 30000, 8, 2, 0, 0, 0), chunk(b"IDAT", zlib.compress(b"\0" * 99)))
BAD_FILES = {
    "empty.png": (b"", "the file is empty"),
    "text.png": (b"this is not an image\n", "not an image"),
    "zeros.jpg": (b"\0" * 5000, "not an image"),
    "page.eps": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "not an image"),
    "signature.png": (b"\x89PNG\r\n\x1a\n", "not an image|damaged"),
    "cut.png": (encoded("PNG")[:3000], "damaged image"),
    "cut.jpg": (encoded("JPEG")[:2000], "damaged image"),
    "cut.tif": (encoded("TIFF")[:3000], "damaged image|not an image"),
    "cut.webp": (encoded("WEBP", lossless=True)[:1000], "damaged image|not an image"),
    "cut.gif": (encoded("GIF")[:1500], "damaged image"),
    "cut.bmp": (encoded("BMP")[:1500], "damaged image"),
    "cut.ppm": (encoded("PPM")[:1500], "damaged image"),
    "cut.jp2": (encoded("JPEG2000")[:1500], "damaged image|not an image"),
    "crc.png": (encoded("PNG").replace(b"IHDR", b"IHDr"), "not an image|damaged image"),
    "width.png": (png(struct.pack(">IIBBBBB", 0, 5, 8, 2, 0, 0, 0)), "damaged image|not an image"),
    "pixels.png": (png(struct.pack(">IIBBBBB", 5, 5, 8, 2, 0, 0, 0)), "damaged image"),
    "bomb.png": (BOMB, "30000x30000 is more than 400 million pixels"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_gives_one_line_that_names_it(tmp_path, name):
    data, message = BAD_FILES[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=message) as caught:
        read_image(tmp_path / name)
    assert str(caught.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP"])
def test_random_damage_never_escapes_as_another_exception(tmp_path, kind):
    good = bytearray(encoded(kind))
    rng = np.random.default_rng(1)
    for _ in range(40):
        data = bytearray(good)
        for place in rng.integers(0, min(len(data), 400), 6):
            data[place] = rng.integers(0, 256)
        (tmp_path / "a").write_bytes(data)
        try:
            image = read_image(tmp_path / "a", 3)
        except UserError:
            continue
        assert image.min() >= 0
        assert image.max() <= 1


def test_missing_folder_and_pipe(tmp_path):
    with pytest.raises(UserError, match=r"gone\.png: no such file"):
        read_image(tmp_path / "gone.png")
    with pytest.raises(UserError, match="is a folder, expected an image"):
        read_image(tmp_path)
    with pytest.raises(UserError, match="null"):
        read_image("a\0b.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(UserError, match="is not a regular file"):
            read_image(tmp_path / "pipe.png")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    write_image(tmp_path / "a.png", GRAY)
    (tmp_path / "a.png").chmod(0)
    with pytest.raises(UserError, match="permission"):
        read_image(tmp_path / "a.png")


@pytest.mark.filterwarnings("error")
def test_large_but_allowed_images_are_read_and_pillows_own_limit_is_put_back(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    Image.fromarray(GRAY).save(tmp_path / "a.png")  # 54 pixels: an error for Pillow alone
    with pytest.raises(Image.DecompressionBombError):
        Image.open(tmp_path / "a.png")
    threads = [threading.Thread(target=read_image, args=(tmp_path / "a.png",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_image(tmp_path / "a.png").shape == (6, 9, 1)
    assert Image.MAX_IMAGE_PIXELS == 20
    assert MAX_PIXELS == 400e6


# --- writing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "tiff", "webp", "PNG"])
def test_written_without_loss(tmp_path, suffix):
    write_image(tmp_path / f"a.{suffix}", RGB)
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), unit(RGB))
    assert [file.name for file in tmp_path.iterdir()] == [f"a.{suffix}"]


@pytest.mark.parametrize("values", [GRAY, GRAY[..., None], RGB, RGBA])
def test_floats_and_bytes_write_the_same(tmp_path, values):
    write_image(tmp_path / "bytes.png", values)
    write_image(tmp_path / "floats.png", values / 255)
    write_image(tmp_path / "single.png", values.astype(np.float32) / np.float32(255))
    expected = (tmp_path / "bytes.png").read_bytes()
    assert (tmp_path / "floats.png").read_bytes() == expected
    assert (tmp_path / "single.png").read_bytes() == expected


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_survive(tmp_path, suffix):
    write_image(tmp_path / f"a.{suffix}", GRAY16, bits=16)
    np.testing.assert_array_equal(read_image(tmp_path / f"a.{suffix}"), unit(GRAY16))
    write_image(tmp_path / f"b.{suffix}", unit(GRAY16), bits=16)
    np.testing.assert_array_equal(read_image(tmp_path / f"b.{suffix}"), unit(GRAY16))
    write_image(tmp_path / f"c.{suffix}", GRAY, bits=16)
    np.testing.assert_array_equal(read_image(tmp_path / f"c.{suffix}"), unit(GRAY))


def test_values_are_clipped_and_rounded(tmp_path):
    write_image(tmp_path / "a.png", np.array([[-3.0, 0.4999 / 255, 0.5001 / 255, 1.2]]))
    assert (read_image(tmp_path / "a.png") * 255).ravel().tolist() == [0, 0, 1, 255]
    write_image(tmp_path / "b.png", np.array([[0, 257, 65535]], dtype=np.uint16))
    assert (read_image(tmp_path / "b.png") * 255).ravel().tolist() == [0, 1, 255]


def test_jpeg_is_close(tmp_path):
    smooth = np.linspace(0, 1, 64 * 64).reshape(64, 64)
    write_image(tmp_path / "a.jpg", smooth)
    np.testing.assert_allclose(read_image(tmp_path / "a.jpg")[..., 0], smooth, atol=0.02)


@pytest.mark.parametrize(
    ("name", "values", "bits", "message"),
    [
        ("a.xyz", GRAY, 8, r"cannot write \.xyz; use one of \.bmp, \.jpeg, \.jpg, \.png"),
        ("a", GRAY, 8, "cannot write a file without suffix"),
        ("a.png", RGB, 16, "gray images only"),
        ("a.jpg", GRAY, 16, r"16 bits need a \.png or \.tif"),
        ("a.jpg", RGBA, 8, "no transparency"),
        ("a.png", np.array([[0.5, np.nan]]), 8, "not finite"),
        ("a.png", np.array([[0.5, np.inf]]), 16, "not finite"),
    ],
)
def test_a_format_that_cannot_hold_the_image_is_refused(tmp_path, name, values, bits, message):
    with pytest.raises(UserError, match=message) as caught:
        write_image(tmp_path / name, values, bits=bits)
    assert str(caught.value).startswith(str(tmp_path / name))
    assert not any(tmp_path.iterdir())


def test_a_path_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(UserError, match="cannot create this folder"):
        write_image(tmp_path / "file" / "a.png", GRAY)
    (tmp_path / "a.png").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        write_image(tmp_path / "a.png", GRAY)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.png", "file"]


def test_missing_parents_are_created(tmp_path):
    write_image(tmp_path / "x" / "y" / "a.png", GRAY)
    assert read_image(tmp_path / "x" / "y" / "a.png").shape == (6, 9, 1)


def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch):
    write_image(tmp_path / "a.png", GRAY)
    before = (tmp_path / "a.png").read_bytes()

    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full_disk)
    with pytest.raises(UserError, match="No space left"):
        write_image(tmp_path / "a.png", RGB)
    assert (tmp_path / "a.png").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (4, 4, 5), (1, 3, 4, 4), (0, 4)])
def test_arrays_that_are_no_image(tmp_path, shape):
    with pytest.raises(ValueError, match="expected an image"):
        write_image(tmp_path / "a.png", np.zeros(shape))
    with pytest.raises(ValueError, match="expected floats"):
        write_image(tmp_path / "a.png", np.zeros((4, 4), dtype=np.int64))


# --- the rest -------------------------------------------------------------------------------------------


def test_list_images(tmp_path):
    for name in ("b.png", "a.JPG", "c.tiff", "notes.txt", ".hidden.png", "._b.png"):
        (tmp_path / name).touch()
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "nothing").mkdir()
    assert [file.name for file in list_images(tmp_path)] == ["a.JPG", "b.png", "c.tiff"]
    assert list_images(str(tmp_path / "b.png")) == [tmp_path / "b.png"]
    with pytest.raises(UserError, match="no images in this folder"):
        list_images(tmp_path / "nothing")
    with pytest.raises(UserError, match="no such file or folder"):
        list_images(tmp_path / "gone")


def test_a_folder_whose_subfolder_has_images(tmp_path):
    (tmp_path / "set" / "notes").mkdir(parents=True)
    (tmp_path / "set" / "train").mkdir()
    (tmp_path / "set" / "train" / "a.png").touch()
    with pytest.raises(UserError, match=r"set: no images in this folder, but in train/ inside it$"):
        list_images(tmp_path / "set")


def test_convert_channels_refuses_other_shapes():
    with pytest.raises(ValueError, match=r"got \(4, 4\)"):
        convert_channels(np.zeros((4, 4), dtype=np.float32), 3)
    with pytest.raises(ValueError, match="must be 1, 3 or 4, got 2"):
        convert_channels(np.zeros((4, 4, 3), dtype=np.float32), 2)


def test_tensor_and_back():
    tensor = to_tensor(unit(RGB))
    assert tensor.shape == (1, 3, 6, 9)
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous()
    np.testing.assert_array_equal(to_array(tensor), unit(RGB))
    np.testing.assert_array_equal(to_array(tensor[0].requires_grad_().double()), unit(RGB))
    assert to_tensor(unit(GRAY)[..., 0]).shape == (1, 1, 6, 9)
    with pytest.raises(ValueError, match="expected a tensor"):
        to_array(torch.zeros(2, 3, 4, 4))
    with pytest.raises(ValueError, match="expected an image"):
        to_tensor(np.zeros(3))
