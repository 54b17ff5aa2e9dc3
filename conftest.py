"""What all tests share: one thread and a fixed seed, a cache of their own, the real data, a command line."""

import csv
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
    """Small tensors gain nothing from threads; random numbers are the same in every order of the tests."""
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the applications keep goes to a folder of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INDEXNET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Give a file or folder of the real data, which a fresh clone does not have, or skip the test."""

    def find(name: str) -> Path:
        if not (SHARED / name).exists():
            pytest.skip(f"needs {SHARED / name}; see CONTRIBUTING.md")
        return SHARED / name

    return find


@pytest.fixture(scope="module")
def bad_inputs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that the bad inputs of the module's ``PROGRAM`` name."""
    folder = tmp_path_factory.mktemp("bad_inputs")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        request.module.PROGRAM.make_inputs()
    return folder


class Answer(NamedTuple):
    """What a command gave."""

    status: int
    out: str
    err: str


@pytest.fixture
def command(main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run the application's command line (its fixture ``main``) on words of any type."""

    def run(*words: object) -> Answer:
        capsys.readouterr()
        status = main(list(map(str, words)))
        return Answer(status, *capsys.readouterr())

    return run


class RunOf01(NamedTuple):
    """A training run that version 0.1.0 has stopped after three of six steps."""

    folder: Path
    metrics: dict[str, float]  # of the evaluation after the third step
    complete: dict[str, torch.Tensor]  # the weights after all six steps of a run that was not stopped


@pytest.fixture
def run_of_0_1(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunOf01:
    """Copy ``runs_of_0_1`` beside the test into the working directory; its data lie in ``data``."""
    copy = tmp_path / "runs_of_0_1"
    shutil.copytree(request.path.parent / "runs_of_0_1", copy)
    monkeypatch.chdir(copy)
    with (copy / "half" / "metrics.csv").open(encoding="utf-8", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["step"] == "3")
    prefix = "evaluate/"
    metrics = {name.removeprefix(prefix): float(row[name]) for name in row if name.startswith(prefix)}
    return RunOf01(Path("half"), metrics, load_file(copy / "complete.safetensors"))


@pytest.fixture
def resumes_exactly(command: Callable[..., Answer], run_of_0_1: RunOf01) -> Callable[[], None]:
    """Resume `run_of_0_1` and compare the weights; on the processor that made them they are equal."""

    def check() -> None:
        answer = command("train", "--resume", run_of_0_1.folder)
        if answer.status != 0:
            pytest.fail(answer.err)
        weights = torch.load(run_of_0_1.folder / "last.ckpt", weights_only=True)["model"]
        torch.testing.assert_close(weights, run_of_0_1.complete, rtol=1e-4, atol=1e-5)

    return check
