"""Fixtures of this package's tests."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).parent
TOY = TESTS / "toy_training.py"
SpawnToy = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="session")
def toy() -> ModuleType:
    """The module ``toy_training``."""
    return _load(TOY)


@pytest.fixture(scope="session")
def toy_onnx() -> ModuleType:
    """The module ``toy_onnx``; tests that need it are skipped where ONNX is not installed."""
    for name in ("onnx", "onnxruntime"):
        pytest.importorskip(name)
    return _load(TESTS / "toy_onnx.py")


def _load(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def spawn_toy() -> Iterator[SpawnToy]:
    """Start ``toy_training.py`` as a script, alone or under torchrun; killed when the test is over."""
    started: list[subprocess.Popen[str]] = []

    def spawn(*arguments: object, processes: int = 1, new_group: bool = False) -> "subprocess.Popen[str]":
        command = [sys.executable, str(TOY)]
        if processes > 1:
            # --standalone takes a free port.
            launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node"]
            command = [*launcher, str(processes), str(TOY)]
        process = subprocess.Popen(
            [*command, *map(str, arguments)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=new_group,
        )
        started.append(process)
        return process

    yield spawn
    for process in started:
        if process.poll() is None:
            process.kill()
            process.communicate()
