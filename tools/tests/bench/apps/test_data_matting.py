import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.mark.slow
def test_it_prints_both_rates_and_their_ratio():
    words = ["--size", "700", "800", "--samples", "4", "--whole-samples", "2"]
    result = subprocess.run(
        [sys.executable, "-m", "tools.bench.apps.data_matting", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line.strip())
    ours, whole = (float(lines[name].split()[0]) for name in ("ours", "whole"))
    assert float(lines["ratio"]) == pytest.approx(ours / whole, rel=0.05)
    assert "trimap" in lines["ours"]
    assert "read" in lines["whole"]
