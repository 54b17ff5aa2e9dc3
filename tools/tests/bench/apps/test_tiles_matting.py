import subprocess
import sys
from pathlib import Path

import pytest

from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_matting.models import create_model

ROOT = Path(__file__).parents[4]


def run_tool(*words: object) -> list[str]:
    result = subprocess.run(
        [sys.executable, "-m", "tools.bench.apps.tiles_matting", *map(str, words)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.mark.slow
def test_time_and_memory_of_each_limit_are_printed() -> None:
    header, *rows = run_tool("predict", "--size", 320, 400, "--resampling", "max", "--max-memory", 8, 0.25)
    assert header.startswith("max, 320x400, ")
    assert [row.split()[1] for row in rows] == ["8", "0.25"]
    for row in rows:
        seconds, memory = float(row.split()[2]), float(row.split()[4])
        assert seconds > 0
        assert 0.2 < memory < 8


@pytest.mark.slow
def test_tiles_are_compared_with_the_whole(tmp_path: Path) -> None:
    save_pretrained(create_model("b11", width=0.1), tmp_path / "net", {"task": "matting"})
    header, *rows = run_tool("tiles", tmp_path / "net", "builtin", "--tile", 128, "--overlap", 64)
    assert header.split() == ["image", "mean", "99.9", "%", "largest", "SAD"]
    assert rows
    for row in rows:
        mean, high, largest = map(float, row.split()[1:4])
        assert 0 <= mean <= high <= largest <= 1
