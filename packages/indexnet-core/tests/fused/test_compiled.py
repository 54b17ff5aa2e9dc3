"""Building the library: once, in the cache folder, and never a reason to fail."""

import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexnet_core.fused import compiled

needs_compiler = pytest.mark.skipif(not compiled.available(), reason="there is no C++ compiler")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An empty cache folder, and nothing remembered before or after."""
    monkeypatch.setenv("INDEXNET_CACHE", str(tmp_path / "cache"))
    for function in (compiled._library, compiled.available):
        function.cache_clear()
    yield
    for function in (compiled._library, compiled.available):
        function.cache_clear()


def fake_compiler(folder: Path, script: str) -> Path:
    path = folder / "fake-c++"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@needs_compiler
def test_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_MACHINE_FLAGS", ((),))
    compiled._library.cache_clear()
    assert compiled.available()
    (library,) = (tmp_path / "cache" / "core").iterdir()
    built = library.stat().st_mtime_ns
    compiled._library.cache_clear()
    compiled.available.cache_clear()
    assert compiled.available()
    assert [path.stat().st_mtime_ns for path in (tmp_path / "cache" / "core").iterdir()] == [built]


def test_switched_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("INDEXNET_COMPILE", "0")
    assert not compiled.available()
    assert not (tmp_path / "cache").exists()


def test_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_COMPILERS", ())
    monkeypatch.delenv("CXX", raising=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not compiled.available()


@pytest.mark.skipif(os.name != "posix", reason="the compiler of this test is a shell script")
def test_a_compiler_that_fails_is_one_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = 'case "$1" in --version) echo fake;; *) echo "out of order" >&2; exit 1;; esac'
    monkeypatch.setenv("CXX", str(fake_compiler(tmp_path, script)))
    with pytest.warns(UserWarning, match="fake-c.. failed: out of order; INDEXNET_COMPILE=0 hides this"):
        assert not compiled.available()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not compiled.available()
    assert list((tmp_path / "cache" / "core").iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="the compiler of this test is a shell script")
def test_a_library_that_cannot_be_loaded_is_one_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = 'case "$1" in --version) echo fake;; *) for last; do :; done; echo text > "$last";; esac'
    monkeypatch.setenv("CXX", str(fake_compiler(tmp_path, script)))
    with pytest.warns(UserWarning, match="index networks run without compiled kernels"):
        assert not compiled.available()


def test_importing_the_core_builds_nothing(tmp_path: Path) -> None:
    code = "from indexnet_core.fused import compiled; print(compiled._library.cache_info())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "currsize=0" in done.stdout
    assert not (tmp_path / "cache").exists()
