"""The walls between the packages: app -> engine -> core -> torch; apps never import one another."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CORE, ENGINE = "indexnet_core", "indexnet_engine"


def packages(pattern: str) -> dict[str, Path]:
    """Import name -> source folder of every package whose project matches."""
    return {
        folder.name: folder
        for project in sorted(ROOT.glob(pattern))
        for folder in sorted((project / "src").glob("*"))
        if (folder / "__init__.py").is_file()
    }


LIBRARIES = packages("packages/*")
APPS = packages("apps/*")


def imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and top-level name of every absolute import, wherever it stands; relative ones stay inside."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.partition(".")[0]


def imports_of(folder: Path, but: Path | None = None) -> dict[str, str]:
    """Top-level name -> where it is imported, over a package's whole source but one file."""
    return {
        name: f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(folder.rglob("*.py"))
        if path != but
        for line, name in imported(path.read_text(encoding="utf-8"))
    }


def climbed(imports: dict[str, str], allowed: set[str]) -> dict[str, str]:
    """Imports of packages of this repository that are not allowed."""
    ours = {*LIBRARIES, *APPS}
    return {name: place for name, place in imports.items() if name in ours - allowed}


def test_the_packages_are_found() -> None:
    assert {CORE, ENGINE} <= LIBRARIES.keys()
    assert APPS
    assert all(name.startswith("indexnet_") for name in (*LIBRARIES, *APPS))


def test_core_imports_torch_and_the_standard_library_alone() -> None:
    allowed = {CORE, "torch", *sys.stdlib_module_names}
    kernels = LIBRARIES[CORE] / "fused" / "triton_kernels.py"
    imports = imports_of(LIBRARIES[CORE], but=kernels)
    assert {name: place for name, place in imports.items() if name not in allowed} == {}
    assert {name for _, name in imported(kernels.read_text(encoding="utf-8"))} - allowed == {"triton"}


def test_engine_imports_the_core_alone() -> None:
    assert climbed(imports_of(LIBRARIES[ENGINE]), {ENGINE, CORE}) == {}


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_core_and_engine_and_no_other_app(app: str) -> None:
    imports = imports_of(APPS[app])
    assert climbed(imports, {app, CORE, ENGINE}) == {}
    assert {CORE, ENGINE} <= imports.keys()


def test_imports_are_seen_wherever_they_stand() -> None:
    source = """
import a.b as c, d
from e.f import g
from . import h
from .i import j
if True:
    import k
def late():
    from l import m
"""
    assert sorted(name for _, name in imported(source)) == ["a", "d", "e", "k", "l"]


def test_a_climbed_wall_is_seen() -> None:
    imports = {"indexnet_core": "x.py:1", "indexnet_engine": "x.py:2", "numpy": "x.py:3"}
    assert climbed(imports, {ENGINE}) == {"indexnet_core": "x.py:1"}
