"""Write the page of all bad inputs and the error line for each.

    python -m tools.release.bad_inputs > docs/bad-inputs.md

Runs the cases of ``apps/*/tests/bad_inputs.py``, which the tests of the applications run, too. The tool fails
if a command prints anything but one line with exit status 2.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from tempfile import TemporaryDirectory
from unittest.mock import patch

from apps.denoising.tests.bad_inputs import PROGRAM as DENOISING
from apps.depth.tests.bad_inputs import PROGRAM as DEPTH
from apps.matting.tests.bad_inputs import PROGRAM as MATTING
from apps.segmentation.tests.bad_inputs import PROGRAM as SEGMENTATION
from indexnet_engine.errors import UserError
from tests.bad_inputs.answers import ask, faults
from tests.bad_inputs.cases import Case, Program
from tools.command import new_parser, run

__all__ = ["PROGRAMS", "command_cells", "heading", "main", "table_rows"]

PROGRAMS = (DENOISING, MATTING, SEGMENTATION, DEPTH)


def main() -> None:
    """Print the page.

    Raises:
        UserError: an answer is not one line with exit status 2.
    """
    new_parser("tools.release.bad_inputs", __doc__).parse_args()
    print(f"{heading()}\n")
    print("Written by `python -m tools.release.bad_inputs > docs/bad-inputs.md`. Each command ends with exit")
    print("status 2 and this one line on stderr. It prints no traceback, and it leaves, changes and removes")
    print("no file.")
    for program in PROGRAMS:
        print(f"\n## {program.name}")
        with _bad_inputs(program):
            for section, cases in program.cases.items():
                print(f"\n### {section}\n\n| what | `{program.name}` … | line |\n|---|---|---|")
                print("\n".join(table_rows(program, cases)))


@contextmanager
def _bad_inputs(program: Program) -> Iterator[None]:
    """Work in a temporary folder with the files that the cases name, and with a temporary cache."""
    with (
        TemporaryDirectory() as folder,
        TemporaryDirectory() as cache,
        chdir(folder),
        patch.dict(os.environ, INDEXNET_CACHE=cache),
    ):
        program.make_inputs()
        yield


def heading() -> str:
    """Return the title of the page, with the number of cases."""
    total = sum(len(program.all_cases()) for program in PROGRAMS)
    return f"# {total} bad inputs and their error messages"


def table_rows(program: Program, cases: Sequence[Case]) -> Iterator[str]:
    """Run the cases in the working folder, and yield a row for each.

    Raises:
        UserError: an answer is not one line with exit status 2.
    """
    for case in cases:
        answer = ask(program.main, case)
        if found := faults(case, answer):
            raise UserError(f"{program.name} {case.command}: {'; '.join(found)}")
        yield f"{command_cells(case)} {_as_code(answer.stderr)} |"


def command_cells(case: Case) -> str:
    """Return the first two cells of a row: the bad input and its command."""
    return f"| {case.what} | `{case.command}` |"


def _as_code(text: str) -> str:
    """Write a line as code inside a Markdown table."""
    text = " ".join(text.split()).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


if __name__ == "__main__":
    run(main)
