import os
import subprocess
import sys
from pathlib import Path

import pytest

from indexnet_engine.images.image_file import read_image
from tools.demo.__main__ import format_results

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
    for word in ("camera", "mean", "spots", "max pooling and unpooling", "index networks"):
        assert word in result.stdout
    height, width, channels = read_image(tmp_path / "demo" / "demo.png").shape
    assert height > 1000
    assert width > 1000
    assert channels in (1, 3)
    assert {path.name for path in (tmp_path / "demo" / "runs").iterdir()} == {"max", "o2o-shared"}


def test_the_table_ends_with_the_mean_share_of_spots() -> None:
    row = {"psnr": 20.0, "ssim": 0.5}
    images = {"a": {**row, "spots": 0.25}, "b": {**row, "psnr": 30.0, "spots": 0.5}}
    head, noisy, spotted, perfect = format_results(
        {
            "noisy": dict.fromkeys(images, row),
            "spotted": images,
            "perfect": {name: {**row, "spots": 0.0} for name in images},
        }
    ).splitlines()
    assert head.split() == ["a", "b", "mean", "spots"]
    assert noisy.split() == ["noisy", *["20.00", "(0.500)"] * 3]
    assert spotted.split()[1:] == ["20.00", "(0.500)", "30.00", "(0.500)", "25.00", "(0.500)", "37.50%"]
    assert perfect.split()[-1] == "0.00%"
