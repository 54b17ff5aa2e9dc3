"""A new data set by following docs/new-data-set.md to the letter, in a copy of the repository."""

import sys
from pathlib import Path

import pytest

from tests.follow_docs import DOCS, copy_repository, follow, run, run_python

TEST = "apps/segmentation/tests/data/test_side_by_side.py"
UNKNOWN = """
from indexnet_engine.errors import UserError

Path("notes").mkdir()
try:
    open_data("notes", "train")
except UserError as error:
    print(error)
"""


@pytest.mark.slow
def test_the_page(tmp_path: Path) -> None:
    root = copy_repository(tmp_path)
    code = follow(DOCS / "new-data-set.md", root)
    printed = run_python(root, code + UNKNOWN)
    assert "street: 2 classes; all: 1 image\n" in printed
    assert "notes: none of the supported layouts: builtin, " in printed
    assert printed.endswith("or a.jpg with a.seg.png\n")
    run(root, [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", TEST])
