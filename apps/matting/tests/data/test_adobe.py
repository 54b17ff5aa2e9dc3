from pathlib import Path

import pytest

from indexnet_engine.errors import UserError
from indexnet_matting.data.adobe import adobe_foregrounds, adobe_names, is_adobe


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


@pytest.fixture
def archive(tmp_path):
    """The layout of the archive: two parts, lists beside them."""
    root = tmp_path / "Combined_Dataset"
    training = root / "Training_set"
    for part, name in (("Adobe-licensed images", "b.jpg"), ("Other", "a.jpg"), ("Other", "unlisted.jpg")):
        touch(training / part / "fg" / name)
        touch(training / part / "alpha" / name)
    (training / "training_fg_names.txt").write_text("b.jpg\na.jpg\n")
    (training / "training_bg_names.txt").write_text("1.jpg\n2.jpg\n3.jpg\n4.jpg\n")
    test = root / "Test_set"
    touch(test / "Adobe-licensed images" / "fg" / "t.png")
    touch(test / "Adobe-licensed images" / "alpha" / "t.png")
    (test / "test_fg_names.txt").write_text("t.png\n")
    return root


def test_foregrounds_of_both_parts_in_the_order_of_the_list(archive):
    files = adobe_foregrounds(archive)
    assert [file.name for file in files] == ["b", "a"]
    assert files[0].image == archive / "Training_set/Adobe-licensed images/fg/b.jpg"
    assert files[1].alpha == archive / "Training_set/Other/alpha/a.jpg"
    assert adobe_foregrounds(archive / "Training_set") == files


def test_the_other_split_and_the_other_list(archive):
    assert [file.name for file in adobe_foregrounds(archive, "test")] == ["t"]
    assert adobe_names(archive, "train", "bg") == ["1.jpg", "2.jpg", "3.jpg", "4.jpg"]


def test_a_custom_list(archive, tmp_path):
    (tmp_path / "mine.txt").write_text("unlisted\n")
    assert [file.name for file in adobe_foregrounds(archive, names=tmp_path / "mine.txt")] == ["unlisted"]


def test_folders_may_have_other_names(tmp_path):
    touch(tmp_path / "all" / "foregrounds" / "a.png")
    touch(tmp_path / "all" / "mattes" / "a.png")
    (tmp_path / "training_fg_names.txt").write_text("a.png\n")
    (file,) = adobe_foregrounds(tmp_path, parts=["all"], image_dir="foregrounds", alpha_dir="mattes")
    assert file.alpha == tmp_path / "all" / "mattes" / "a.png"


def test_the_layout_is_recognised(archive, tmp_path):
    assert is_adobe(archive)
    assert is_adobe(archive / "Training_set")
    assert not is_adobe(tmp_path)


def test_missing_files_are_named(archive):
    (archive / "Training_set/Other/alpha/a.jpg").unlink()
    with pytest.raises(UserError, match=r"Other/alpha: no matte for a\.jpg"):
        adobe_foregrounds(archive)
    (archive / "Training_set/Other/fg/a.jpg").unlink()
    with pytest.raises(UserError, match=r"Training_set: no foreground a\.jpg in .*Other/fg"):
        adobe_foregrounds(archive)
    (archive / "Training_set/training_fg_names.txt").unlink()
    with pytest.raises(UserError, match=r"training_fg_names\.txt: the list of names cannot be read"):
        adobe_foregrounds(archive)
