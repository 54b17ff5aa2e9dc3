"""Give the real command lines one bad input after another and check the line that each one gets.

    python -m tools.bad_inputs > docs/bad-inputs.md

Every command must end with status 2 and exactly one line on stderr that names the file or the value; no
traceback, and nothing written. Status 1 if one of them does not.
"""

import io
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tools.bad_inputs.case import Case, Program
from tools.bad_inputs.denoising import DENOISING
from tools.bad_inputs.depth import DEPTH
from tools.bad_inputs.matting import MATTING
from tools.bad_inputs.segmentation import SEGMENTATION
from tools.command import new_parser

PROGRAMS = (DENOISING, MATTING, SEGMENTATION, DEPTH)


class Answer(NamedTuple):
    """What the command did: its exit status, stderr, and the files that it left, changed or removed."""

    status: int | None
    stderr: str
    changed: list[str]


@contextmanager
def bad_inputs(program: Program) -> Iterator[None]:
    """Work inside a temporary folder that holds the bad inputs; caches go into another one."""
    before = os.environ.get("INDEXNET_CACHE")
    with TemporaryDirectory() as folder, TemporaryDirectory() as cache, chdir(folder):
        os.environ["INDEXNET_CACHE"] = cache
        try:
            program.make_inputs()
            yield
        finally:
            del os.environ["INDEXNET_CACHE"]
            if before is not None:
                os.environ["INDEXNET_CACHE"] = before


def ask(program: Program, case: Case) -> Answer:
    """Run one command and see what it says and leaves."""
    before = snapshot()
    status = None
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as stderr:
        try:
            status = program.main(shlex.split(case.command))
        except BaseException as error:  # a traceback is what this program looks for
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
    after = snapshot()
    return Answer(status, stderr.getvalue(), sorted(map(str, dict(before.items() ^ after.items()))))


def snapshot() -> dict[Path, tuple[int, int]]:
    """Size and date of every file, and every folder."""
    return {
        path: (path.stat().st_size, path.stat().st_mtime_ns) if path.is_file() else (0, 0)
        for path in Path().rglob("*")
    }


def faults(case: Case, answer: Answer) -> list[str]:
    """What is wrong with an answer; nothing if it is as it should be."""
    lines = answer.stderr.splitlines()
    found = []
    if answer.status != 2:
        found.append(f"exit status {answer.status} instead of 2")
    if len(lines) != 1 or not answer.stderr.startswith("error: "):
        found.append(f"{len(lines)} lines instead of one `error: ...`")
    if case.names not in answer.stderr:
        found.append(f"does not name {case.names}")
    if str(Path.cwd()) in answer.stderr:
        found.append("shows where the inputs lie")
    if answer.changed:
        found.append(f"leaves {', '.join(answer.changed)}")
    return found


def as_code(text: str) -> str:
    """Write a line as code inside a Markdown table."""
    text = " ".join(text.split()).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def main() -> int:
    """Ask every question, print the table, and complain on stderr."""
    new_parser("tools.bad_inputs", __doc__).parse_args()
    total = sum(len(cases) for program in PROGRAMS for cases in program.cases.values())
    print(f"# {total} bad inputs, and the line that each one gets\n")
    print(
        "Made and checked by `python -m tools.bad_inputs > docs/bad-inputs.md`. Each command ends with status"
    )
    print("2 and this one line on stderr; no traceback, and nothing is left behind.")
    return 1 if sum(map(check, PROGRAMS)) else 0


def check(program: Program) -> int:
    """Ask every question about one program, print its tables, and count the bad answers."""
    failed = 0
    print(f"\n## {program.name}")
    with bad_inputs(program):
        for section, cases in program.cases.items():
            print(f"\n### {section}\n\n| what | `{program.name}` … | line |\n|---|---|---|")
            for case in cases:
                answer = ask(program, case)
                print(f"| {case.what} | `{case.command}` | {as_code(answer.stderr)} |")
                if found := faults(case, answer):
                    failed += 1
                    print(f"{case.command}: {'; '.join(found)}\n  {answer.stderr}", file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
