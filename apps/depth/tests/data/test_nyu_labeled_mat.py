import h5py
import numpy as np
import pytest
import scipy.io

from indexnet_depth.data.nyu_labeled_mat import NyuLabeledFrames, read_splits
from indexnet_depth.data.units import UNITS
from indexnet_engine.errors import UserError


def test_both_halves_of_the_official_split(labelled, pair):
    for split, numbers in (("train", [1, 3, 4]), ("val", [2, 5])):
        frames = NyuLabeledFrames(labelled, split)
        assert frames.names == [f"{number:04}" for number in numbers]
        assert frames.splits
        for index, number in enumerate(numbers):
            image, depth = pair(number - 1)
            frame = frames.read(index)
            np.testing.assert_array_equal(np.rint(255 * frame.image), image)
            np.testing.assert_array_equal(frame.depth, depth)
            assert frame.depth.flags.c_contiguous


def test_a_stated_unit_counts(labelled):
    with pytest.raises(UserError, match=r"labeled\.mat: frame 0001: a median depth of .* look like metres"):
        NyuLabeledFrames(labelled, "train", UNITS["millimetre"]).read(0)


def test_without_the_split_nothing_is_guessed(labelled):
    labelled.with_name("splits.mat").unlink()
    with pytest.raises(UserError, match=r"splits\.mat: no such file; it defines the official split"):
        NyuLabeledFrames(labelled, "train")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"testNdxs": [[1]]}, "holds no 'trainNdxs'"),
        ({"trainNdxs": [[1]]}, "holds no 'testNdxs'"),
        ({"trainNdxs": [[0]], "testNdxs": [[1]]}, "trainNdxs must be numbers from 1 to 5"),
        ({"trainNdxs": [[1]], "testNdxs": [[6]]}, "testNdxs must be numbers from 1 to 5"),
        ({"trainNdxs": [[1]], "testNdxs": np.zeros((0, 1))}, "testNdxs must be"),
        ({"trainNdxs": "all", "testNdxs": [[1]]}, "trainNdxs must be"),
        ({"trainNdxs": [[1], [2]], "testNdxs": [[2]]}, "lists a frame twice"),
    ],
)
def test_bad_splits(tmp_path, content, message):
    scipy.io.savemat(tmp_path / "splits.mat", content)
    with pytest.raises(UserError, match=rf"splits\.mat: {message}"):
        read_splits(tmp_path / "splits.mat", 5)


def test_damaged_split(tmp_path):
    (tmp_path / "splits.mat").write_bytes(b"not a MATLAB file")
    with pytest.raises(UserError, match=r"splits\.mat: not a MATLAB file, or damaged"):
        read_splits(tmp_path / "splits.mat", 5)
    with h5py.File(tmp_path / "splits.mat", "w", userblock_size=512) as file:
        file["trainNdxs"] = [1]
    with (tmp_path / "splits.mat").open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM")
    with pytest.raises(UserError, match=r"splits\.mat: a MATLAB v7\.3 file"):
        read_splits(tmp_path / "splits.mat", 5)


def test_bad_frames(labelled):
    whole = labelled.read_bytes()
    labelled.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"labeled\.mat: truncated HDF5 file"):
        NyuLabeledFrames(labelled, "train")
    with h5py.File(labelled, "w") as file:
        file["images"] = np.zeros((5, 8, 6, 3), np.uint8)
        file["depths"] = np.ones((5, 8, 6), np.float32)
    with pytest.raises(UserError, match=r"images \(5, 8, 6, 3\) uint8 .* expected \(N, 3, W, H\)"):
        NyuLabeledFrames(labelled, "train")
    with h5py.File(labelled, "w") as file:
        file["images"] = np.zeros((5, 3, 8, 6), np.uint8)
    with pytest.raises(UserError, match="holds no 'depths'"):
        NyuLabeledFrames(labelled, "train")
    scipy.io.savemat(labelled, {"images": np.zeros((5, 3, 8, 6), np.uint8)})
    with pytest.raises(UserError, match="not an HDF5 file"):
        NyuLabeledFrames(labelled, "train")
