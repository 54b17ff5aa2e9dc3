"""What all tests share: one thread and a fixed seed, a cache of their own, the real data, a command line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

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
