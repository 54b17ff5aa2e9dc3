import numpy as np
import pytest
from PIL import Image

from indexnet_depth.data.depth_file import metres_of, read_depth, read_rgb
from indexnet_depth.data.units import UNITS
from indexnet_engine.errors import UserError

METRES = np.array([[0.5, 1.25, 0.0], [2.0, 3.125, 8.0]], np.float32)


@pytest.mark.parametrize(
    ("unit", "counts"),
    [
        ("millimetre", [[500, 1250, 0], [2000, 3125, 8000]]),
        ("1/5000 m", [[2500, 6250, 0], [10_000, 15_625, 40_000]]),
        ("1/256 m", [[128, 320, 0], [512, 800, 2048]]),
        ("1/8000 m", [[4000, 10_000, 0], [16_000, 25_000, 64_000]]),
        ("0.125", [[4, 10, 0], [16, 25, 64]]),
    ],
)
@pytest.mark.parametrize("suffix", ["png", "pgm", "tif", "npy"])
def test_counts_of_each_unit_become_metres(tmp_path, unit, counts, suffix):
    path, values = tmp_path / f"a.{suffix}", np.array(counts, np.uint16)
    np.save(path, values) if suffix == "npy" else Image.fromarray(values).save(path)
    depth = read_depth(path, unit)
    assert depth.dtype == np.float32
    np.testing.assert_allclose(depth, METRES, rtol=1e-6)


def test_sixteen_bit_counts_give_the_nearest_float(tmp_path):
    counts = np.arange(1, 65536, 7, dtype=np.uint16).reshape(1, -1)
    Image.fromarray(counts).save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        read_depth(tmp_path / "a.png", "mm"), (counts / np.float64(1000)).astype(np.float32)
    )


def test_sun_rgbd_is_rotated_back(tmp_path):
    # By hand: 9000 = 0b10001100101000 does not fit into 13 bits, so its top bit comes back from below.
    counts = np.array([[1000, 9000, 0]], np.uint16)
    stored = np.array([[8000, (9000 * 8) % 65536 + 1, 0]], np.uint16)
    Image.fromarray(stored).save(tmp_path / "a.png")
    np.testing.assert_array_equal(
        read_depth(tmp_path / "a.png", "sunrgbd"), (counts / 1000).astype(np.float32)
    )


def test_invalid_pixels_are_zero(tmp_path):
    values = np.array([[1.5, 0, np.nan], [np.inf, -np.inf, 2]], np.float32)
    np.save(tmp_path / "a.npy", values)
    np.testing.assert_array_equal(read_depth(tmp_path / "a.npy", "metre"), [[1.5, 0, 0], [0, 0, 2]])
    Image.fromarray(values).save(tmp_path / "a.tif")
    np.testing.assert_array_equal(read_depth(tmp_path / "a.tif", "metre"), [[1.5, 0, 0], [0, 0, 2]])


def test_leading_axes_of_one_are_dropped(tmp_path):
    np.save(tmp_path / "a.npy", METRES[None, None])
    np.testing.assert_array_equal(read_depth(tmp_path / "a.npy", "m"), METRES)


def test_no_unit_is_never_guessed(tmp_path):
    Image.fromarray(np.uint16(1000 * METRES)).save(tmp_path / "a.png")
    with pytest.raises(
        UserError, match=r"a\.png: depth without a unit.* 2 m in millimetre, 0\.4 m in 1/5000"
    ):
        read_depth(tmp_path / "a.png", None)
    np.save(tmp_path / "a.npy", METRES)
    with pytest.raises(UserError, match=r"a\.npy: depth without a unit.* 2 m in metre"):
        read_depth(tmp_path / "a.npy", None)


@pytest.mark.parametrize(
    ("values", "unit", "message"),
    [
        (1000 * METRES, "metre", r"median depth of 2000 m in the unit metre; these look like millimetres"),
        (METRES, "millimetre", r"0\.002 m in the unit millimetre; these look like metres"),
        (np.uint16(1000 * METRES + [1, 2, 3]), "sunrgbd", "these look like counts that are not rotated"),
        (METRES, "sunrgbd", "needs 16-bit integers, not float32"),
        (np.uint16(60_000 * (METRES > 0)), "1/256 m", "is it another unit"),
        (np.zeros((3, 4)), "metre", "no valid depth"),
        (np.full((3, 4), np.nan), "metre", "no valid depth"),
        (np.array([[1.0, -1.0]]), "metre", r"negative depth \(-1 m\)"),
        (np.int16([[1000, -1]]), "millimetre", "negative depth"),
        (np.zeros((3, 4, 3)), "metre", r"holds 3x4x3 float64; expected depth \(H, W\)"),
        (np.zeros((0, 4)), "metre", "holds 0x4"),
        (np.array(["a"]), "metre", "expected depth"),
        (np.array([[1 + 1j]]), "metre", "complex128; expected depth"),
    ],
)
def test_impossible_depth_is_refused(tmp_path, values, unit, message):
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(UserError, match=rf"a\.npy: .*{message}"):
        read_depth(tmp_path / "a.npy", unit)


def test_bad_files_are_named(tmp_path):
    path = tmp_path / "a.npy"
    np.save(path, METRES)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:40], whole[:-4]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"a\.npy: "):
            read_depth(path, "m")
    np.save(path, np.array([{}]), allow_pickle=True)
    with pytest.raises(UserError, match=r"a\.npy: not a \.npy array, or damaged"):
        read_depth(path, "m")
    np.savez(tmp_path / "b.npz", METRES)
    (tmp_path / "b.npz").rename(path)
    with pytest.raises(UserError, match=r"a\.npy: an archive of arrays"):
        read_depth(path, "m")
    with pytest.raises(UserError, match="no such file"):
        read_depth(tmp_path / "nowhere.npy", "m")
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        read_depth(tmp_path / "folder.npy", "m")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(tmp_path / "c.png")
    with pytest.raises(UserError, match=r"c\.png: a colour image, not depth"):
        read_depth(tmp_path / "c.png", "mm")
    Image.fromarray(np.zeros((4, 4), np.uint8)).convert("P").save(tmp_path / "p.png")
    with pytest.raises(UserError, match="a colour image"):
        read_depth(tmp_path / "p.png", "mm")


def test_a_header_that_declares_more_than_the_file_holds(tmp_path):
    with (tmp_path / "a.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
        )
    with pytest.raises(UserError, match=r"a\.npy"):
        read_depth(tmp_path / "a.npy", "m")


def test_photographs(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (4, 5, 3), dtype=np.uint8)
    expected = colours / np.float32(255)
    Image.fromarray(colours).save(tmp_path / "a.png")
    np.save(tmp_path / "b.npy", colours)
    np.save(tmp_path / "c.npy", colours / 255)
    for name in ("a.png", "b.npy", "c.npy"):
        np.testing.assert_allclose(read_rgb(tmp_path / name), expected, atol=1e-7)
    for values in (colours[..., 0], colours.transpose(2, 0, 1), colours * 1.0, colours / -255, colours > 3):
        np.save(tmp_path / "d.npy", values)
        with pytest.raises(UserError, match=r"d\.npy: "):
            read_rgb(tmp_path / "d.npy")


def test_the_input_is_left_alone():
    stored = np.array([[np.nan, 2.0]], np.float32)
    assert metres_of(stored, UNITS["metre"], "x").tolist() == [[0, 2]]
    assert np.isnan(stored[0, 0])


def test_an_empty_photograph(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((0, 0, 3), np.uint8))
    with pytest.raises(UserError, match=r"a\.npy: holds "):
        read_rgb(tmp_path / "a.npy")


@pytest.mark.parametrize("valid", [1, 2, 9, 10])
def test_only_the_median_decides_about_the_range(valid):
    for beyond in range(valid + 1):
        for other, usual in ((101.0, 2.0), (100.0, 2.0), (0.009, 2.0), (0.01, 2.0), (150.0, 60.0)):
            stored = np.zeros((3, 4))
            stored.flat[:valid] = [other] * beyond + [usual] * (valid - beyond)
            median = float(np.median(stored[stored > 0].astype(np.float32)))
            if 0.01 <= median <= 100:
                np.testing.assert_array_equal(
                    metres_of(stored, UNITS["metre"], "a"), stored.astype(np.float32)
                )
            else:
                with pytest.raises(UserError, match="a: a median depth of"):
                    metres_of(stored, UNITS["metre"], "a")
