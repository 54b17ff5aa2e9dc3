from pathlib import Path

import pytest

from indexnet_depth.data.generator.open_generated import is_generated, open_generated
from indexnet_depth.data.open_data import open_data
from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import photograph_files

OPTIONS = {"seed": 0, "size": 32, "length": 7, "nominal": True}


def test_the_word_and_the_folder() -> None:
    assert is_generated("generated")
    assert not is_generated("./generated")


def test_photographs_are_those_of_the_folder_or_builtin(rgbd_folder: Path) -> None:
    own = open_generated(rgbd_folder / "train/rgb", **OPTIONS)  # type: ignore[arg-type]
    assert [file.stem for file in own.bank.files] == ["hall", "kitchen", "office", "study"]
    assert len(own) == 7
    for word in (None, "builtin"):
        data = open_generated(word, **OPTIONS)  # type: ignore[arg-type]
        assert data.bank.files == tuple(photograph_files("train").values())


def test_a_folder_without_photographs(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no images"):
        open_generated(tmp_path, **OPTIONS)  # type: ignore[arg-type]


def test_test_rooms_have_other_photographs() -> None:
    train, val = (open_data("generated", split) for split in ("train", "val"))  # type: ignore[arg-type]
    assert (train.layout, train.unit, len(train.names), len(val.names)) == ("generated", "metre", 240, 32)
    assert not set(train.bank.files) & set(val.bank.files)  # type: ignore[attr-defined]
