import pytest

from indexnet_engine.errors import UserError
from indexnet_matting.data.files import find_file, find_folder, read_names


def test_a_file_is_found_under_another_suffix(tmp_path):
    for name in ("boy.png", "v1.2.png", "girl.jpg"):
        (tmp_path / name).touch()
    assert find_file(tmp_path, "boy.png") == tmp_path / "boy.png"
    assert find_file(tmp_path, "boy.jpg") == tmp_path / "boy.png"
    assert find_file(tmp_path, "girl") == tmp_path / "girl.jpg"
    assert find_file(tmp_path, "v1.2") == tmp_path / "v1.2.png"  # .2 is no suffix of an image
    assert find_file(tmp_path, "v1.jpg") is None


def test_the_first_folder_there_is_taken(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "c").mkdir()
    assert find_folder(tmp_path, ("a", "b", "c")) == tmp_path / "b"
    assert find_folder(tmp_path, ("a",)) is None


def test_lists_of_names(tmp_path):
    (tmp_path / "names.txt").write_bytes(b"a.png\r\n\n  b c.png \n")
    assert read_names(tmp_path / "names.txt") == ["a.png", "b c.png"]


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read .No such file"), (b"\n", "is empty"), (b"\xff\xfe\x00", "not a text file")],
)
def test_bad_lists_are_named(tmp_path, content, message):
    path = tmp_path / "names.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"names\.txt: the list of names {message}|names\.txt.*{message}"):
        read_names(path)
