"""The walls between the packages: app -> engine -> core -> torch; apps never import one another."""

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.site.rooms import ORDER, problems, read_imports

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
    """Line and top-level name of every absolute import at any depth; relative imports stay inside."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module.partition(".")[0]


def imports_of(folder: Path, but: Path | None = None) -> dict[str, str]:
    """Top-level name -> where it is imported, in a package's source except for one folder."""
    return {
        name: f"{path.relative_to(ROOT)}:{line}"
        for path in sorted(folder.rglob("*.py"))
        if but is None or not path.is_relative_to(but)
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
    kernels = LIBRARIES[CORE] / "fused" / "triton_kernels"
    imports = imports_of(LIBRARIES[CORE], but=kernels)
    assert {name: place for name, place in imports.items() if name not in allowed} == {}
    assert imports_of(kernels).keys() - allowed == {"triton"}


def test_engine_imports_the_core_alone() -> None:
    assert climbed(imports_of(LIBRARIES[ENGINE]), {ENGINE, CORE}) == {}


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_core_and_engine_and_no_other_app(app: str) -> None:
    imports = imports_of(APPS[app])
    assert climbed(imports, {app, CORE, ENGINE}) == {}
    assert {CORE, ENGINE} <= imports.keys()


def test_imports_are_found_at_any_depth() -> None:
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


def test_a_forbidden_import_is_found() -> None:
    imports = {"indexnet_core": "x.py:1", "indexnet_engine": "x.py:2", "numpy": "x.py:3"}
    assert climbed(imports, {ENGINE}) == {"indexnet_core": "x.py:1"}


OPEN_ROOMS = (CORE, *(f"{CORE}.{room}" for room in ("functional", "networks", "resampling")))
"""The modules of the core that other packages may import; `indexnet_core.__doc__` lists them, too."""

USERS = [
    *(path for folder in (*APPS.values(), LIBRARIES[ENGINE]) for path in sorted(folder.rglob("*.py"))),
    *(
        path
        for path in sorted((ROOT / "tools").rglob("*.py"))
        # This one compiles the core's kernels.
        if "tests" not in path.parts and path.name != "compiled.py"
    ),
    *sorted((ROOT / "examples").glob("*.py")),
]


def taken_from_core(source: str) -> Iterator[tuple[str, str]]:
    """Module and name of all imports from the core; "" for the module itself."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == CORE)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == CORE:
            yield from ((str(node.module), alias.name) for alias in node.names)


def is_public(module: str, name: str) -> bool:
    """Whether a module of the core is public and the name is in its ``__all__``."""
    return module in OPEN_ROOMS and (not name or name in importlib.import_module(module).__all__)


def test_the_core_is_imported_by_its_public_names_alone() -> None:
    taken = {
        (module, name, str(path.relative_to(ROOT)))
        for path in USERS
        for module, name in taken_from_core(path.read_text(encoding="utf-8"))
    }
    assert len(taken) > 50
    assert sorted(entry for entry in taken if not is_public(*entry[:2])) == []


def test_a_private_name_of_the_core_is_found() -> None:
    source = "import indexnet_core.modes\nfrom indexnet_core.fused.memory import blocks\nimport indexnet_core"
    assert [is_public(*entry) for entry in taken_from_core(source)] == [False, False, True]
    assert not is_public("indexnet_core.functional", "sum_regions")


@pytest.mark.parametrize("room", OPEN_ROOMS)
def test_public_names_exist(room: str) -> None:
    module = importlib.import_module(room)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert (room == CORE) or (room in str(sys.modules[CORE].__doc__))


@pytest.mark.parametrize("file", sorted(ROOT.glob("apps/*/src/*/commands/*.py")), ids=lambda file: file.stem)
def test_commands_do_not_import_each_other(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not re.search(r"^from indexnet_\w+\.commands\.", text, re.MULTILINE)


@pytest.mark.parametrize("package", ORDER)
def test_no_import_between_rooms_runs_upwards_or_in_a_circle(package: str) -> None:
    source = {**LIBRARIES, **APPS}[package]
    imports = read_imports(source)
    assert len(imports) > 5
    assert list(problems(imports, ORDER[package])) == []


def test_every_package_has_an_order() -> None:
    assert {*LIBRARIES, *APPS} == {*ORDER}
