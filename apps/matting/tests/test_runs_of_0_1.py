"""A training run that version 0.1.0 began is evaluated and resumed as then; see runs_of_0_1/README.md."""

import json
from collections.abc import Callable
from typing import Any

import pytest


def test_is_evaluated_as_then(command: Callable[..., Any], run_of_0_1: Any) -> None:
    options = ("--data", "data/test")
    answer = command(
        "evaluate", "--weights", run_of_0_1.folder, *options, "--device", "cpu", "--json", "metrics.json"
    )
    assert answer.status == 0, answer.err
    with open("metrics.json", encoding="utf-8") as file:
        means = json.load(file)["mean"]
    then = run_of_0_1.metrics
    assert {name: means[name] for name in then} == pytest.approx(then, rel=1e-4)


def test_predicts(command: Callable[..., Any], run_of_0_1: Any) -> None:
    options = ("--image", "data/test/image", "--trimap", "data/test/trimap")
    answer = command("predict", "--weights", run_of_0_1.folder, *options, "--out", "predictions")
    assert answer.status == 0, answer.err


def test_resumes_exactly(resumes_exactly: Callable[[], None]) -> None:
    resumes_exactly()
