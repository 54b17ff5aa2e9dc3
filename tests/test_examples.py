"""The scripts in examples/ run unchanged; they are short and quick."""

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def losses_fall(lines: list[str]) -> None:
    losses = [float(line.split()[-1]) for line in lines if line.startswith("step")]
    assert losses[-1] < losses[0]


def differences_are_small(lines: list[str]) -> None:
    assert len(lines) == 2
    assert all(float(line.split()[-1]) < 1e-4 for line in lines)


FIGURES: dict[str, Callable[[list[str]], None]] = {
    "onnx_in_ten_lines": differences_are_small,
    "retrofit_smp": losses_fall,
}
"""Conditions on the printed figures."""

NEEDS = {"onnx_in_ten_lines": ("onnx", "onnxscript")}
"""Packages that an example needs beside those that it imports."""


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path: Path, tmp_path: Path) -> None:
    for name in [*imported(path), *NEEDS.get(path.stem, ())]:
        pytest.importorskip(name)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, path], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "an example shows something"
    if path.stem in FIGURES:
        FIGURES[path.stem](done.stdout.splitlines())


def test_there_are_examples() -> None:
    assert EXAMPLES


def imported(path: Path) -> set[str]:
    """Names of all packages that a script imports."""
    names = set[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names
