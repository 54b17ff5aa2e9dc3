import io
import tarfile

import h5py
import numpy as np
import pytest
import scipy.io

import tools.prepare.nyu_depth as tool
from indexnet_depth.data.open_data import open_data
from indexnet_engine.errors import UserError

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (4, 3, 12, 16), dtype=np.uint8)
DEPTH = RNG.uniform(1, 4, (4, 12, 16)).astype(np.float32)


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "nyu_depth_v2_labeled.mat"
    with h5py.File(path, "w") as file:
        file["images"], file["depths"] = RGB.transpose(0, 1, 3, 2), DEPTH.transpose(0, 2, 1)
    scipy.io.savemat(tmp_path / "splits.mat", {"trainNdxs": [[2], [4]], "testNdxs": [[1], [3]]})
    return path


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "nyudepthv2.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for number, name in enumerate(("train/a/00001", "train/b/00001", "val/official/00001")):
            content = io.BytesIO()
            with h5py.File(content, "w") as file:
                file["rgb"], file["depth"] = RGB[number], DEPTH[number]
            add(tar, f"nyudepthv2/{name}.h5", content.getvalue())
        add(tar, "nyudepthv2/notes.txt", b"x")
        add(tar, "../train/evil.h5", b"x")
    return path


def add(tar, name, content):
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def check(out, split, numbers):
    frames = open_data(str(out), split)
    assert frames.layout == "HDF5 frames"
    assert frames.splits
    assert len(frames.names) == len(numbers)
    for index, number in enumerate(numbers):
        frame = frames.read(index)
        np.testing.assert_array_equal(np.rint(255 * frame.image), RGB[number].transpose(1, 2, 0))
        np.testing.assert_array_equal(frame.depth, DEPTH[number])


def test_the_labelled_file(labelled, tmp_path):
    assert tool.prepare(labelled, tmp_path / "out") == {"train": 2, "val": 2}
    check(tmp_path / "out", "train", [1, 3])
    check(tmp_path / "out", "val", [0, 2])
    assert sorted(path.name for path in (tmp_path / "out" / "val").iterdir()) == ["0001.h5", "0003.h5"]


def test_fastdepths_archive(archive, tmp_path):
    assert tool.prepare(archive, tmp_path / "out") == {"train": 2, "val": 1}
    check(tmp_path / "out", "train", [0, 1])
    check(tmp_path / "out", "val", [2])
    assert not list(tmp_path.rglob("evil.h5"))


def test_existing_files_are_not_written_again(labelled, archive, tmp_path):
    tool.prepare(labelled, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.h5")}
    (tmp_path / "out" / "train" / "0002.h5").unlink()
    tool.prepare(labelled, tmp_path / "out")
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.h5")}
    assert after.keys() == before.keys()
    assert sum(after[path] != before[path] for path in after) == 1
    tool.prepare(archive, tmp_path / "tar")
    stamp = next((tmp_path / "tar").rglob("*.h5")).stat().st_mtime_ns
    tool.prepare(archive, tmp_path / "tar")
    assert next((tmp_path / "tar").rglob("*.h5")).stat().st_mtime_ns == stamp


def test_a_truncated_archive_leaves_whole_files_only(archive, tmp_path):
    with tarfile.open(tmp_path / "plain.tar", "w") as plain, tarfile.open(archive) as tar:
        for member in tar:
            plain.addfile(member, tar.extractfile(member))
    whole = (tmp_path / "plain.tar").read_bytes()
    (tmp_path / "cut.tar").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"cut\.tar: truncated or damaged after \d frames, which are kept"):
        tool.prepare(tmp_path / "cut.tar", tmp_path / "out")
    for path in (tmp_path / "out").rglob("*.*"):
        with h5py.File(path) as file:
            assert set(file) == {"rgb", "depth"}
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"cut\.tar\.gz: truncated or damaged"):
        tool.prepare(cut, tmp_path / "out2")


def test_other_files_are_named(labelled, tmp_path):
    with pytest.raises(UserError, match="no such file"):
        tool.prepare(tmp_path / "nowhere.tar.gz", tmp_path / "out")
    with pytest.raises(UserError, match=r"nowhere\.mat: no such file"):
        tool.prepare(tmp_path / "nowhere.mat", tmp_path / "out")
    (tmp_path / "a.zip").write_bytes(b"text")
    with pytest.raises(UserError, match=r"neither a \.mat nor a \.tar\.gz"):
        tool.prepare(tmp_path / "a.zip", tmp_path / "out")
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        add(tar, "train/a.txt", b"x")
    with pytest.raises(UserError, match=r"other\.tar: holds no HDF5 files in train/ and val/"):
        tool.prepare(tmp_path / "other.tar", tmp_path / "out")
    (tmp_path / "splits.mat").unlink()
    with pytest.raises(UserError, match=r"splits\.mat: no such file"):
        tool.prepare(labelled, tmp_path / "out")
    assert not (tmp_path / "out").exists()
