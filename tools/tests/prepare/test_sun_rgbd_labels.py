import shutil

import h5py
import numpy as np
import pytest
import scipy.io
from PIL import Image

import tools.prepare.sun_rgbd_labels as tool
from indexnet_engine.errors import UserError
from indexnet_segmentation.commands.check_data import check
from indexnet_segmentation.data.open_data import open_data

FOLDERS = ("kv1/NYUdata/NYU0001", "xtion/sun3ddata/lab/lab_1", "kv2/align/0007")
AUTHORS = "/n/fs/sun3d/data/SUNRGBD"


@pytest.fixture
def download(tmp_path):
    """Three frames as the archives unpack: the first to test on, the others to train on."""
    root = tmp_path / "download"
    toolbox = root / "SUNRGBDtoolbox"
    for folder in (toolbox / "Metadata", toolbox / "traintestSUNRGBD"):
        folder.mkdir(parents=True)
    meta = np.zeros(3, [("rgbpath", object), ("rgbname", object)])
    with h5py.File(toolbox / "Metadata/SUNRGBD2Dseg.mat", "w") as file:
        references = file.create_dataset("SUNRGBD2Dseg/seglabel", (3, 1), h5py.ref_dtype)
        for number, folder in enumerate(FOLDERS):
            image = root / "SUNRGBD" / folder / "image" / f"{number:07}.jpg"
            image.parent.mkdir(parents=True)
            Image.fromarray(np.full((20, 30, 3), 40 * number, np.uint8)).save(image)
            label = np.zeros((20, 30), np.uint8)
            label[2:10], label[10:] = number + 1, 37
            references[number, 0] = file.create_dataset(f"#refs#/{number}", data=label.T).ref
            meta[number] = (f"{AUTHORS}/{folder}/image/{image.name}", image.name)
    scipy.io.savemat(toolbox / "Metadata/SUNRGBDMeta.mat", {"SUNRGBDMeta": meta})
    lists = {
        "alltrain": np.array([f"{AUTHORS}/{folder}" for folder in FOLDERS[1:]], object),
        "alltest": np.array([f"{AUTHORS}/{FOLDERS[0]}"], object),
    }
    scipy.io.savemat(toolbox / "traintestSUNRGBD/allsplit.mat", lists)
    return root


@pytest.fixture
def archives(download, tmp_path):
    """The same as two ZIP files."""
    folder = tmp_path / "archives"
    folder.mkdir()
    for name in ("SUNRGBD", "SUNRGBDtoolbox"):
        shutil.make_archive(str(folder / name), "zip", download, name)
    return folder


def test_the_application_reads_the_same_from_the_folder_as_from_the_archives(download, tmp_path, monkeypatch):
    monkeypatch.setenv("INDEXNET_CACHE", str(tmp_path / "cache"))
    assert tool.prepare(download, tmp_path / "out") == {"train": 2, "test": 1}
    for split in ("train", "test"):
        prepared, original = open_data(tmp_path / "out", split), open_data(download, split)
        assert sorted(prepared.names) == sorted(original.names)
        assert prepared.classes == original.classes
        for index, name in enumerate(prepared.names):
            for one, other in zip(prepared.read(index), original.read(original.names.index(name))):
                np.testing.assert_array_equal(one, other)
    assert check(tmp_path / "out").errors == []


def test_archives_give_what_their_folders_give(download, archives, tmp_path):
    tool.prepare(download, tmp_path / "one")
    tool.prepare(archives, tmp_path / "two")
    files = [path for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert len(files) == 7
    for path in files:
        assert (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes() == path.read_bytes()
    assert len([path for path in (tmp_path / "two").rglob("*") if path.is_file()]) == 7


def test_an_interrupted_run_goes_on(download, tmp_path):
    tool.prepare(download, tmp_path / "out")
    kept = tmp_path / "out/train/label/xtion-sun3ddata-lab-lab_1.png"
    lost = tmp_path / "out/train/label/kv2-align-0007.png"
    before = kept.stat().st_mtime_ns
    lost.unlink()
    tool.prepare(download, tmp_path / "out")
    assert kept.stat().st_mtime_ns == before
    assert np.unique(np.asarray(Image.open(lost))).tolist() == [2, 36, 255]


def test_what_a_killed_run_leaves_is_removed(archives, tmp_path):
    (tmp_path / "out/.toolbox-x/Metadata").mkdir(parents=True)
    (tmp_path / "out/test/image").mkdir(parents=True)
    (tmp_path / "out/test/image/.a.tmp-1.jpg").touch()
    tool.prepare(archives, tmp_path / "out")
    assert not list((tmp_path / "out").rglob(".*"))


def test_what_is_missing_or_damaged_is_named(download, archives, tmp_path):
    with pytest.raises(UserError, match=r"SUNRGBDtoolbox\.zip: no such file, nor a folder"):
        tool.prepare(tmp_path / "nowhere", tmp_path / "out")
    (archives / "SUNRGBD.zip").write_bytes(b"PK not really")
    with pytest.raises(UserError, match=r"SUNRGBD\.zip: not a ZIP file"):
        tool.prepare(archives, tmp_path / "out")
    image = download / "SUNRGBD/kv2/align/0007/image/0000002.jpg"
    Image.new("RGB", (9, 9)).save(image)
    with pytest.raises(UserError, match=r"0000002\.jpg: is 9x9, but its label is 20x30"):
        tool.prepare(download, tmp_path / "out")
    image.unlink()
    with pytest.raises(UserError, match=r"download: no SUNRGBD/kv2/align/0007/image/0000002\.jpg$"):
        tool.prepare(download, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []
    (download / "SUNRGBDtoolbox/Metadata/SUNRGBDMeta.mat").unlink()
    with pytest.raises(UserError, match=r"SUNRGBDMeta\.mat: no such file"):
        tool.prepare(download, tmp_path / "new")


def test_the_command_ends_with_one_line(download, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["sun_rgbd_labels", str(download), str(tmp_path / "out")])
    tool.main()
    out = capsys.readouterr().out.splitlines()
    assert out[0].endswith("out: 2 images to train on, 1 to test on, complete")
    assert out[1] == "note: the official split has 5285 and 5050"
