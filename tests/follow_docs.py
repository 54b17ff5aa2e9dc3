"""Follow a page of the documentation to the letter, in a copy of the repository.

A page is followed block by block. The first line of a fenced block decides what is done:

| block                                    | what is done                                                 |
|------------------------------------------|--------------------------------------------------------------|
| any language, first line ``# path/to/f`` | the file is written, with that line; it must be new          |
| ``diff``, first line ``# path/to/f``     | the file is edited: lines after a space are found in it,     |
|                                          | lines after ``-`` are removed, lines after ``+`` are added   |
| ``python`` or ``py``, no path            | code of the page, which `run_python` runs afterwards         |
| everything else                          | ignored                                                      |

Paths are relative to the root of the repository and have a folder. The found and removed lines of an edit,
taken together and in order, must occur in the file exactly once; a separate line ``...`` divides an edit of
two places of one file. Indentation of ``diff`` lines follows their sign.

    ```diff
    # packages/indexnet-core/src/indexnet_core/resampling/ups.py
     from indexnet_core.resampling.carafe import Carafe
    +from indexnet_core.resampling.bicubic import Bicubic
    ...
         "nearest": Up(nearest),
    +    "bicubic": Up(Bicubic),
    ```

A test of a page is then::

    root = copy_repository(tmp_path)
    code = follow(DOCS / "new-operator.md", root)
    run_python(root, code + "print(...)")
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PATH = re.compile(r"# ((?:[\w.-]+/)+[\w.-]+\.\w+)")
_PARTS = ("packages", "apps", "tools", "docs", "tests")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info")


class Block(NamedTuple):
    """A fenced block of a page; ``path`` is None where its first line names no file."""

    language: str
    path: str | None
    text: str


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page in their order; ``text`` of an edit begins after the line with the path."""
    found = []
    for language, text in _FENCED.findall(page.read_text("utf-8")):
        first, _, rest = text.partition("\n")
        path = match[1] if (match := _PATH.fullmatch(first)) else None
        found.append(Block(language, path, rest if path and language == "diff" else text))
    return found


def copy_repository(folder: Path) -> Path:
    """Copy the sources, tools, pages and tests to a new folder in ``folder``."""
    root = folder / "repository"
    for part in _PARTS:
        shutil.copytree(ROOT / part, root / part, ignore=_LEFT_OUT)
    for file in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / file, root / file)
    return root


def follow(page: Path, root: Path) -> str:
    """Write and edit the files that a page names; return the code of its other Python blocks.

    Args:
        page: the Markdown file.
        root: a copy of the repository (`copy_repository`), changed in place.

    Raises:
        AssertionError: a new file exists already, or the lines of an edit do not occur in the file exactly
            once.
    """
    code = []
    for language, path, text in blocks_of(page):
        if path is not None and language == "diff":
            edit(root / path, text)
        elif path is not None:
            assert not (root / path).exists(), f"{page.name} writes {path}, which exists"
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8")
        elif language in ("python", "py"):
            code.append(text)
    return "\n\n".join(code)


def edit(file: Path, diff: str) -> None:
    """Apply the lines of a ``diff`` block to a file, one place after another."""
    text = file.read_text("utf-8")
    for hunk in re.split(r"^\.\.\.\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines()
        assert all(line[:1] in (" ", "+", "-", "") for line in lines), f"{file.name}: no sign in {hunk!r}"
        old, new = ("".join(f"{line[1:]}\n" for line in lines if line[:1] != sign) for sign in ("+", "-"))
        places = [match.start() for match in re.finditer(f"^{re.escape(old)}", text, re.MULTILINE)]
        assert len(places) == 1, f"{file.name}: these lines occur {len(places)} times:\n{old}"
        text = text[: places[0]] + new + text[places[0] + len(old) :]
    file.write_text(text, "utf-8")


def run_python(root: Path, code: str, *, timeout: float = 300) -> str:
    """Run code against a copy of the repository in a separate process; return its output.

    Raises:
        AssertionError: the code fails; the message is its output.
    """
    return run(root, [sys.executable, "-c", code], timeout=timeout)


def run(root: Path, words: list[str], *, timeout: float = 300) -> str:
    """Run a command in a copy of the repository, with the copy's packages; return its output.

    Raises:
        AssertionError: the command fails; the message is its output.
    """
    sources = [str(folder) for pattern in ("packages/*/src", "apps/*/src") for folder in root.glob(pattern)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sources, str(root)])}
    done = subprocess.run(
        words, cwd=root, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
