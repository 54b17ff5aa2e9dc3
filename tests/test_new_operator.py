"""docs/new-operator.md, followed to the letter in a copy: its operators exist and keep the contracts."""

import sys
from pathlib import Path

import pytest

from tests.follow_docs import DOCS, copy_repository, follow, run, run_python

NEW = [
    *("max+bicubic", "avg+bicubic", "stride+bicubic", "rms+bicubic", "rms+nearest", "rms+carafe", "soft"),
    *(f"bottleneck{variant}{points}" for points in ("", "-mp") for variant in ("", "-nl", "-nl-c")),
]

CHECKS = """
import torch
from indexnet_core import OPERATORS, create_resampling, parse_operator

new = {new!r}
assert set(new) <= set(OPERATORS)
for name in new:
    spec = parse_operator(name)
    assert spec.name == name
    resampling = create_resampling(name, 8, k=2)
    x = torch.randn(2, 8, 8, 12)
    pooled, guidance = resampling.down(x)
    assert pooled.shape == (x.shape if spec.strided else (2, 8, 4, 6)), name
    up = resampling.up(pooled, guidance)
    assert up.shape == (2, 8, *guidance.size), name
    assert spec.leaves_index == (guidance.index is not None), name
print("kept")
"""


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the repository in which the page was followed, and the code of the page."""
    root = copy_repository(tmp_path_factory.mktemp("followed"))
    return root, follow(DOCS / "new-operator.md", root)


def test_the_operators_exist_and_go_down_and_up(followed: tuple[Path, str]) -> None:
    root, _ = followed
    assert run_python(root, CHECKS.format(new=NEW)) == "kept\n"


def test_the_pages_own_checks_hold(followed: tuple[Path, str]) -> None:
    root, code = followed
    preamble = "import torch\nfrom indexnet_core.resampling.soft_unpool import SoftMaxUnpool\n"
    run_python(root, preamble + code)


@pytest.mark.slow
def test_the_new_operators_keep_the_contracts(followed: tuple[Path, str]) -> None:
    """Run the core's tests of every name in the copy."""
    root, _ = followed
    tests = root / "packages" / "indexnet-core" / "tests"
    wanted = "(bicubic or rms or soft or bottleneck) and not the_operators_are_these"
    options = ["-q", "-x", "-p", "no:cacheprovider", "-n", "0", "-m", "not slow", "-k", wanted]
    # Not operators/test_index_networks.py, which holds the paper's networks.
    names = ("test_contracts.py", "operators/test_names.py", "operators/test_resampling.py", "resampling")
    files = [str(tests / name) for name in names]
    out = run(root, [sys.executable, "-m", "pytest", *options, *files], timeout=1500)
    assert " passed" in out


def test_a_word_in_one_registry_only_does_not_become_another_operator(tmp_path: Path) -> None:
    """A name with an unregistered word is refused, also in combination with registered words."""
    root = copy_repository(tmp_path)
    code = """
from indexnet_core import SpecError, create_resampling
for name in ("max+bicubic", "rms+nearest", "soft", "bottleneck-nl"):
    try:
        create_resampling(name, 8)
    except SpecError as error:
        assert "known: max, hmi" in str(error)
    else:
        raise AssertionError(name)
"""
    run_python(root, code)
