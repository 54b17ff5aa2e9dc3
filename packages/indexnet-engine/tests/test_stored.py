"""Images whose numbers mean something: every kind comes as it is stored."""

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.stored import read_stored

RNG = np.random.default_rng(0)
SHAPE = (7, 5)


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
    stored = read_stored(path)
    np.testing.assert_array_equal(stored.values, values)
    assert stored.kind == "gray"


def test_palettes_and_colours_are_told_apart(tmp_path):
    indices = RNG.integers(0, 4, SHAPE, dtype=np.uint8)
    image = Image.fromarray(indices).convert("P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata(indices.ravel().tolist())
    image.save(tmp_path / "a.png")
    stored = read_stored(tmp_path / "a.png")
    assert stored.kind == "palette"
    np.testing.assert_array_equal(stored.values, indices)

    colour = RNG.integers(0, 256, (*SHAPE, 3), dtype=np.uint8)
    Image.fromarray(colour).save(tmp_path / "b.png")
    stored = read_stored(tmp_path / "b.png")
    assert stored.kind == "colour"
    np.testing.assert_array_equal(stored.values, colour)


@pytest.mark.parametrize("top", [100, 255, 300, 4095, 10_000, 65_535])
def test_pgm_values_are_not_stretched(tmp_path, top):
    values = np.linspace(0, top, 35).astype(np.uint16).reshape(SHAPE)
    stored = values.astype(">u2" if top > 255 else np.uint8).tobytes()
    (tmp_path / "a.pgm").write_bytes(b"P5\n# a comment\n5 7\n%d\n" % top + stored)
    np.testing.assert_array_equal(read_stored(tmp_path / "a.pgm").values, values)


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
            read_stored(path)
    with pytest.raises(UserError, match="no such file"):
        read_stored(tmp_path / "b.png")
    with pytest.raises(UserError, match="is a folder"):
        read_stored(tmp_path)
