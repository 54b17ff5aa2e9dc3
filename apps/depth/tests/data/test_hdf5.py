import h5py
import numpy as np
import pytest

from indexnet_depth.data.frame import Frame
from indexnet_depth.data.hdf5 import Hdf5Frames, write_frame
from indexnet_depth.data.units import UNITS
from indexnet_engine.errors import UserError


def write(path, **arrays):
    with h5py.File(path, "w") as file:
        for key, values in arrays.items():
            file[key] = values


@pytest.fixture
def file(tmp_path):
    return tmp_path / "a.h5"


def test_frames_of_subfolders_by_path(hdf5_folder, pair):
    frames = Hdf5Frames(hdf5_folder / "train")
    assert frames.names == ["kitchen/00001", "kitchen/00002", "study/00001"]
    assert (frames.unit, frames.layout, frames.splits) == ("metre", "HDF5 frames", False)
    for index in range(3):
        image, depth = pair(index)
        frame = frames.read(index)
        np.testing.assert_array_equal(np.rint(255 * frame.image), image)
        np.testing.assert_array_equal(frame.depth, depth)
        assert (frame.image.dtype, frame.depth.dtype) == (np.float32, np.float32)
        assert frame.image.flags.c_contiguous


def test_written_files_are_read_back(tmp_path, pair):
    image, depth = pair(0)
    write_frame(tmp_path / "new" / "a.h5", Frame(image / np.float32(255), depth))
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.h5"]
    frame = Hdf5Frames(tmp_path).read(0)
    np.testing.assert_array_equal(np.rint(255 * frame.image), image)
    np.testing.assert_array_equal(frame.depth, depth)
    with h5py.File(tmp_path / "new" / "a.h5") as file:
        assert (file["rgb"].shape, file["rgb"].dtype) == ((3, 48, 64), np.uint8)
        assert (file["depth"].shape, file["depth"].dtype) == ((48, 64), np.float32)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file: cannot create this folder"):
        write_frame(tmp_path / "file" / "a.h5", Frame(image / np.float32(255), depth))


def test_hidden_files_and_others_do_not_count(hdf5_folder):
    (hdf5_folder / "train" / "kitchen" / "._00001.h5").write_bytes(b"x")
    (hdf5_folder / "train" / "notes.txt").write_text("x")
    assert len(Hdf5Frames(hdf5_folder / "train").names) == 3
    (hdf5_folder / "scene").mkdir()
    with pytest.raises(UserError, match=r"scene: no HDF5 files \(\.h5, \.hdf5\)"):
        Hdf5Frames(hdf5_folder / "scene")


def test_a_stated_unit_counts(file, pair):
    image, depth = pair(0)
    counts = np.rint(1000 * depth).astype(np.uint16)
    write(file, rgb=image.transpose(2, 0, 1), depth=counts)
    np.testing.assert_allclose(Hdf5Frames(file.parent, UNITS["millimetre"]).read(0).depth, depth, atol=1e-6)
    with pytest.raises(UserError, match=r"a\.h5: depth holds uint16, so it is not in metres; state its unit"):
        Hdf5Frames(file.parent).read(0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rgb, depth: {"rgb": rgb}, "holds no 'depth', only 'rgb'"),
        (lambda rgb, depth: {"depth": depth}, "holds no 'rgb', only 'depth'"),
        (lambda rgb, depth: {}, "holds no 'rgb', only nothing"),
        (lambda rgb, depth: {"rgb": rgb.transpose(1, 2, 0), "depth": depth},
         r"rgb is \(48, 64, 3\), it is transposed; expected \(3, H, W\)"),
        (lambda rgb, depth: {"rgb": rgb[0], "depth": depth}, r"rgb is \(48, 64\); expected"),
        (lambda rgb, depth: {"rgb": rgb / 255, "depth": depth}, "rgb is float64; expected uint8"),
        (lambda rgb, depth: {"rgb": rgb, "depth": depth.T},
         r"depth is 64x48 \(turned by 90°\?\), but its image is 48x64"),
        (lambda rgb, depth: {"rgb": rgb, "depth": depth[:40]}, "depth is 40x64, but its image is 48x64"),
        (lambda rgb, depth: {"rgb": rgb, "depth": depth[None]}, r"depth is \(1, 48, 64\) float32"),
        (lambda rgb, depth: {"rgb": rgb, "depth": 1000 * depth}, "depth: a median depth of .* millimetres"),
        (lambda rgb, depth: {"rgb": rgb, "depth": 0 * depth}, "depth: no valid depth"),
        (lambda rgb, depth: {"rgb": rgb, "depth": -depth}, "depth: negative depth"),
    ],
)  # fmt: skip
def test_bad_arrays_are_named(file, pair, change, message):
    image, depth = pair(0)
    write(file, **change(image.transpose(2, 0, 1), depth))
    frames = Hdf5Frames(file.parent)
    with pytest.raises(UserError, match=rf"a\.h5: {message}"):
        frames.read(0)


def test_groups_are_no_arrays(file):
    with h5py.File(file, "w") as content:
        content.create_group("rgb")
    with pytest.raises(UserError, match="holds no 'rgb'"):
        Hdf5Frames(file.parent).read(0)


def test_damaged_files_are_named(file, pair):
    image, depth = pair(0)
    write(file, rgb=image.transpose(2, 0, 1), depth=depth)
    frames, whole = Hdf5Frames(file.parent), file.read_bytes()
    for content, message in (
        (whole[: len(whole) // 2], "truncated HDF5 file"),
        (b"", "not an HDF5 file"),
        (b"text" * 100, "not an HDF5 file"),
        (whole[:600] + bytes(2000) + whole[2600:], "damaged HDF5 file|holds no"),
    ):
        file.write_bytes(content)
        with pytest.raises(UserError, match=rf"a\.h5: ({message})"):
            frames.read(0)
    file.unlink()
    with pytest.raises(UserError, match=r"a\.h5: no such file"):
        frames.read(0)
    file.mkdir()
    with pytest.raises(UserError, match=r"a\.h5: is a folder"):
        frames.read(0)


def test_empty_arrays_and_duplicate_names_are_reported(hdf5_folder, tmp_path):
    path = next(hdf5_folder.rglob("*.h5"))
    with h5py.File(path, "r+") as file:
        del file["depth"]
        file["depth"] = h5py.Empty("f4")
    with pytest.raises(UserError, match="'depth' is empty"):
        Hdf5Frames(path.parent).read([p.name for p in sorted(path.parent.glob("*.h5"))].index(path.name))
    (tmp_path / "twins").mkdir()
    for suffix in ("h5", "hdf5"):
        (tmp_path / "twins" / f"a.{suffix}").touch()
    with pytest.raises(UserError, match="two files would share the name 'a'"):
        Hdf5Frames(tmp_path / "twins")
