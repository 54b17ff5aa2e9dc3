import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexnet_engine.images.image_file import read_image

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_demo_prints_a_table_and_draws_a_picture(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tools.demo", "--out", str(tmp_path / "demo"), "--steps", "2"],
        capture_output=True,
        text=True,
        env={**os.environ, "INDEXNET_CACHE": str(tmp_path)},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    for word in ("camera", "mean", "max pooling and unpooling", "index networks"):
        assert word in result.stdout
    height, width, channels = read_image(tmp_path / "demo" / "demo.png").shape
    assert height > 1000
    assert width > 1000
    assert channels in (1, 3)
    assert {path.name for path in (tmp_path / "demo" / "runs").iterdir()} == {"max", "o2o-shared"}
