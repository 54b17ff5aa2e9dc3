"""A new metric by following docs/new-metric.md to the letter, in a copy of the repository."""

import sys
from pathlib import Path

import pytest

from tests.follow_docs import DOCS, copy_repository, follow, run, run_python


@pytest.mark.slow
def test_the_page(tmp_path: Path) -> None:
    root = copy_repository(tmp_path)
    code = follow(DOCS / "new-metric.md", root)
    printed = run_python(root, code)
    assert printed.splitlines()[0].split() == ["image", "psnr", "ssim", "ssim_paper", "mae"]
    assert printed.splitlines()[1].split()[-1] == "51.00"
    run(root, [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *_tests()])


def _tests() -> list[str]:
    folder = "apps/denoising"
    return [
        f"{folder}/tests/metrics",
        f"{folder}/tests/commands/test_score.py",
        f"{folder}/src/indexnet_denoising/metrics",
    ]
