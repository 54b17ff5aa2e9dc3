from pathlib import Path

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import (
    cache_folder,
    files_by_name,
    find_folder,
    images_by_name,
    list_all_images,
    refuse_overwriting,
    require_folder,
    require_partners,
)
from indexnet_engine.images.image_file import write_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.png", "a.tif"):
        write_image(tmp_path / name, np.zeros((4, 5)))
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_any_format_by_name(folder: Path) -> None:
    assert images_by_name(folder) == {"a": folder / "a.tif", "b": folder / "b.png"}
    assert images_by_name(folder / "b.png") == {"b": folder / "b.png"}


def test_two_files_of_one_name_are_refused(folder: Path) -> None:
    write_image(folder / "b.jpg", np.zeros((4, 5)))
    with pytest.raises(UserError, match=r"b\.png and b\.jpg would share the name 'b'"):
        images_by_name(folder)


def test_missing_partners_are_named(folder: Path) -> None:
    require_partners("ab", folder, "alpha", ["b", "c", "a"])
    with pytest.raises(UserError, match=r"alphas: no alpha for a, c, d, e and 2 more$"):
        require_partners("abcdefg", "alphas", "alpha", ["b"])


def test_no_result_replaces_an_input(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    inputs = images_by_name(folder).values()
    refuse_overwriting([folder / "c.png"], inputs)
    with pytest.raises(UserError, match=r"link/b\.png is an input and would be overwritten"):
        refuse_overwriting([folder / "c.png", tmp_path / "link" / "b.png"], inputs)


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXNET_CACHE", str(tmp_path))
    assert cache_folder("matting") == tmp_path / "matting"
    assert cache_folder("matting", "here") == Path("here")
    monkeypatch.delenv("INDEXNET_CACHE")
    assert cache_folder("matting") == Path.home() / ".cache" / "indexnet" / "matting"


def test_the_first_folder_that_exists(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "c").mkdir()
    assert find_folder(tmp_path, ("a", "b", "c")) == tmp_path / "b"
    assert find_folder(tmp_path, ("a",)) is None
    assert require_folder(tmp_path, ("a", "b"), "labels") == tmp_path / "b"
    with pytest.raises(UserError, match=r"no folder of labels; expected a/ or label/$"):
        require_folder(tmp_path, ("a", "label"), "labels")
    with pytest.raises(UserError, match=r"nowhere: no such folder$"):
        require_folder(tmp_path / "nowhere", ("a",), "labels")


def test_files_of_some_suffixes_by_name(tmp_path: Path) -> None:
    for name in ("b.npy", "a.PNG", ".c.npy", "d.txt"):
        (tmp_path / name).touch()
    assert list(files_by_name(tmp_path, frozenset({".npy", ".png"}))) == ["a", "b"]
    with pytest.raises(UserError, match=r"no files with one of the suffixes \.tif$"):
        files_by_name(tmp_path, frozenset({".tif"}))
    with pytest.raises(UserError, match="cannot be read"):
        files_by_name(tmp_path / "nowhere", frozenset({".npy"}))


def test_no_input_is_an_error() -> None:
    with pytest.raises(UserError, match="missing --input"):
        list_all_images([])
