"""Run a command with a bad input, and check its answer."""

import io
import os
import shlex
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from tests.bad_inputs.cases import Case

__all__ = ["Answer", "ask", "faults"]


class Answer(NamedTuple):
    """The results of a command: its exit status, stderr, and the files that it added, changed or removed."""

    status: int | None
    stderr: str
    changed: list[str]


def ask(main: Callable[[list[str]], int], case: Case) -> Answer:
    """Run one command in the working folder, which holds the bad inputs."""
    before = _snapshot()
    status = None
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as stderr:
        try:
            status = main(shlex.split(case.command))
        except BaseException as error:  # a traceback counts as a wrong answer
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
    after = _snapshot()
    return Answer(status, stderr.getvalue(), sorted(dict(before.items() ^ after.items())))


def faults(case: Case, answer: Answer) -> list[str]:
    """List the faults of an answer."""
    lines = answer.stderr.splitlines()
    found = []
    if answer.status != 2:
        found.append(f"exit status {answer.status} instead of 2")
    if len(lines) != 1 or not answer.stderr.startswith("error: "):
        found.append(f"{len(lines)} lines instead of one `error: ...`")
    if case.names not in answer.stderr:
        found.append(f"does not name {case.names}")
    if str(Path.cwd()) in answer.stderr:
        found.append("shows the path of the working folder")
    if answer.changed:
        found.append(f"leaves {', '.join(answer.changed)}")
    return [f"{fault}: {answer.stderr}" for fault in found]


def _snapshot() -> dict[str, tuple[int, int]]:
    """Size and date of every file in the working folder and its subfolders, and every folder."""
    found = {}
    for folder, _, files in os.walk("."):
        found[folder] = (0, 0)
        for name in files:
            status = os.stat(os.path.join(folder, name))
            found[os.path.join(folder, name)] = (status.st_size, status.st_mtime_ns)
    return found
