"""The page of bad inputs lists the cases that the applications' tests run."""

from pathlib import Path

import pytest

from tests.bad_inputs.cases import Program
from tools.release.bad_inputs import PROGRAMS, command_cells, heading

PAGE = Path(__file__).resolve().parents[3] / "docs" / "bad-inputs.md"

programs = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)


@programs
def test_there_are_enough_and_none_twice(program: Program) -> None:
    commands = [case.command for case in program.all_cases()]
    assert len(commands) >= 25
    assert len(set(commands)) == len(commands)


@programs
def test_the_page_has_a_row_for_each(program: Program) -> None:
    part = PAGE.read_text(encoding="utf-8").partition(f"## {program.name}\n")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("| ") and "| what |" not in line]
    cells = [command_cells(case) for case in program.all_cases()]
    assert [row[: len(cell)] for row, cell in zip(rows, cells, strict=True)] == cells
    assert all(row.endswith("` |") and "error: " in row for row in rows)


def test_the_page_has_their_number() -> None:
    assert PAGE.read_text(encoding="utf-8").startswith(heading() + "\n")
