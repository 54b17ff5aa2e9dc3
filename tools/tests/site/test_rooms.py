"""Imports between rooms are read from the source, and wrong ones are found."""

from pathlib import Path

import pytest

from tools.site.rooms import Imports, problems, read_imports


@pytest.fixture
def imports(tmp_path: Path) -> Imports:
    """A package of three rooms: ``cli`` imports ``data``, and ``data`` imports ``errors``."""
    package = tmp_path / "package"
    for name, source in (
        ("__init__.py", "from package.cli import main\n"),
        ("cli.py", "import numpy\nfrom package import data, errors\n"),
        ("data/__init__.py", ""),
        ("data/read.py", "\ndef late():\n    from package.errors import UserError\n"),
        ("errors.py", "from package.errors import UserError\n"),
    ):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(source)
    return read_imports(package)


def test_imports_are_read_with_file_and_line(imports: Imports) -> None:
    assert imports == {
        "cli": {"data": "package/cli.py:2", "errors": "package/cli.py:2"},
        "data": {"errors": "package/data/read.py:3"},
        "errors": {},
    }


def test_an_import_upwards_is_found(imports: Imports) -> None:
    assert list(problems(imports, ("errors", "data", "cli"))) == []
    found = list(problems(imports, ("data", "errors", "cli")))
    assert found == ["package/data/read.py:3: data stands below errors, and imports it"]


def test_a_circle_is_found(imports: Imports) -> None:
    imports["errors"]["cli"] = "package/errors.py:9"
    (found,) = problems(imports, ())
    assert found.endswith(": a circle")
    assert {"cli", "errors"} <= set(found.removesuffix(": a circle").split(" -> "))
