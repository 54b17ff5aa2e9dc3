"""A new application by following docs/new-application.md to the letter, in a copy of the repository."""

import sys
from pathlib import Path

import pytest

from tests.follow_docs import DOCS, copy_repository, follow, run, run_python

SOURCE = "apps/deblurring/src"


@pytest.mark.slow
def test_the_page(tmp_path: Path) -> None:
    root = copy_repository(tmp_path)
    code = follow(DOCS / "new-application.md", root)
    run_python(root, code)
    assert (root / "runs/deblurring/deblurrer-hin-nl/metrics.csv").is_file()
    assert (root / "sharp.png").is_file()
    tests = ["apps/deblurring", "tests/test_walls.py"]
    run(root, [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *tests])
    run(root, [sys.executable, "-m", "ruff", "check", "--no-cache", "apps/deblurring"])
    run(root, [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "mypy"), SOURCE])
