"""A training run started by version 0.1.0 is evaluated and resumed as before; see runs_of_0_1/README.md."""

from typing import Any


def test_is_evaluated_as_before(run_of_0_1: Any) -> None:
    run_of_0_1.is_evaluated_as_then("--data", "data", "--sigma", 25, group="25")


def test_predicts(run_of_0_1: Any) -> None:
    run_of_0_1.predicts("--input", "data")


def test_resumes_exactly(run_of_0_1: Any) -> None:
    run_of_0_1.resumes_exactly()
