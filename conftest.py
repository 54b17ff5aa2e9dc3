"""Fixtures of all tests: one thread and a fixed seed, a temporary cache, the real data, a command line."""

import csv
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import load_file

SHARED = Path(os.environ.get("INDEXNET_SHARED") or Path(__file__).parent.parent / "shared")


@pytest.fixture(autouse=True)
def _quiet_torch() -> Iterator[None]:
    """Use one thread, which suffices for small tensors, and the same seed for every test."""
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Set the applications' cache to a temporary folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDEXNET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Return a file or folder of the real data, which a fresh clone does not have, or skip the test."""

    def find(name: str) -> Path:
        if not (SHARED / name).exists():
            pytest.skip(f"needs {SHARED / name}; see CONTRIBUTING.md")
        return SHARED / name

    return find


@pytest.fixture(scope="module")
def bad_inputs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files named in the bad inputs of the module's ``PROGRAM``."""
    folder = tmp_path_factory.mktemp("bad_inputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        request.module.PROGRAM.make_inputs()
    return folder


class Answer(NamedTuple):
    """The results of a command."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run the application's command line (its fixture ``main``) with words of any type."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        status = main(list(map(str, words)))
        return Answer(status, *capsys.readouterr())

    return run


class RunOf01:
    """A training run of version 0.1.0, stopped after three of six steps, in the folder ``half``.

    Args:
        folder: a copy of ``runs_of_0_1``, the working directory; its data are in ``data``.
        command: the application's command line.
    """

    def __init__(self, folder: Path, command: Callable[..., Answer]) -> None:
        self._folder = folder
        self._command = command

    def is_evaluated_as_then(self, *options: object, group: str | None = None) -> None:
        """Compare ``evaluate`` with the metrics that the run wrote after its third step."""
        self._succeed("evaluate", "--weights", "half", *options, "--device", "cpu", "--json", "metrics.json")
        summary = json.loads((self._folder / "metrics.json").read_text(encoding="utf-8"))
        means = (summary if group is None else summary[group])["mean"]
        with (self._folder / "half" / "metrics.csv").open(encoding="utf-8", newline="") as file:
            row = next(row for row in csv.DictReader(file) if row["step"] == "3")
        for column in row:
            if column.startswith("evaluate/"):
                now, then = means[column.removeprefix("evaluate/")], float(row[column])
                torch.testing.assert_close(now, then, rtol=1e-4, atol=0)

    def predicts(self, *options: object) -> None:
        """Run ``predict``."""
        self._succeed("predict", "--weights", "half", *options, "--out", "predictions")

    def resumes_exactly(self) -> None:
        """Resume, and compare the weights with those of an uninterrupted run.

        On the CPU type that produced them they are equal.
        """
        self._succeed("train", "--resume", "half")
        weights = torch.load(self._folder / "half" / "last.ckpt", weights_only=True)["model"]
        expected = load_file(self._folder / "complete.safetensors")
        torch.testing.assert_close(weights, expected, rtol=1e-4, atol=1e-5)

    def _succeed(self, *words: object) -> None:
        answer = self._command(*words)
        if answer.status != 0:
            pytest.fail(answer.err)


@pytest.fixture
def run_of_0_1(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: Callable[..., Answer],
) -> RunOf01:
    """Copy the folder ``runs_of_0_1`` of the test to the working directory."""
    copy = tmp_path / "runs_of_0_1"
    shutil.copytree(request.path.parent / "runs_of_0_1", copy)
    monkeypatch.chdir(copy)
    return RunOf01(copy, command)
