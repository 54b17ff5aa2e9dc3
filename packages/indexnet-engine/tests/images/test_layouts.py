from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.images.layouts import find_layout, require_layout
from indexnet_engine.images.sample_photos import is_builtin


class Layout(NamedTuple):
    expects: str
    recognises: Callable[[str | Path], bool]


LAYOUTS = {
    "builtin": Layout("builtin", is_builtin),
    "pairs": Layout("rgb/ and depth/", lambda source: Path(source, "rgb").is_dir()),
    "flat": Layout("images", lambda source: Path(source, "a.png").is_file()),
}


def test_the_first_that_recognises_a_folder(tmp_path: Path) -> None:
    assert require_layout("builtin", LAYOUTS) is LAYOUTS["builtin"]
    (tmp_path / "a.png").touch()
    assert require_layout(tmp_path, LAYOUTS) is LAYOUTS["flat"]
    (tmp_path / "rgb").mkdir()
    assert require_layout(str(tmp_path), LAYOUTS) is find_layout(tmp_path, LAYOUTS) is LAYOUTS["pairs"]


def test_an_unknown_layout_is_an_error_that_lists_the_known_ones(tmp_path: Path) -> None:
    assert find_layout(tmp_path, LAYOUTS) is None
    with pytest.raises(UserError, match=r"supported layouts: builtin, rgb/ and depth/ or images$"):
        require_layout(tmp_path, LAYOUTS)
    with pytest.raises(UserError, match=r"supported layouts: images$"):
        require_layout(tmp_path, {"flat": LAYOUTS["flat"]})
    with pytest.raises(UserError, match=r"nowhere: no such file or folder$"):
        require_layout(tmp_path / "nowhere", LAYOUTS)
