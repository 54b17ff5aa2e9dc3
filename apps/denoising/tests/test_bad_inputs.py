"""``indexnet-denoising`` refuses every bad input: status 2, one line that names it, no files left."""

from pathlib import Path

import pytest

from apps.denoising.tests.bad_inputs import PROGRAM
from tests.bad_inputs.answers import ask, faults
from tests.bad_inputs.cases import Case


@pytest.mark.parametrize("case", PROGRAM.all_cases(), ids=lambda case: case.command)
def test_one_line_names_the_bad_input(case: Case, bad_inputs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bad_inputs)
    assert faults(case, ask(PROGRAM.main, case)) == []
