import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from indexnet_engine.errors import UserError
from tools.bench.cli import main
from tools.bench.compiled import CompiledKernel, access_widths, format_kernels

ROOT = Path(__file__).parents[3]


def test_accesses_of_all_kinds_are_counted() -> None:
    ptx = """
    @%p1 ld.global.v4.b32 { %r1, %r2, %r3, %r4 }, [ %rd1 + 0 ];
    ld.global.L1::evict_last.v2.b32 { %r1, %r2 }, [ %rd1 + 0 ];
    st.global.b16 [ %rd2 + 0 ], { %h1 };
    ld.param.b64 %rd9, [param_0];
    st.shared.b32 [%r1], %r2;
    """
    assert access_widths(ptx) == {16: 1, 8: 1, 2: 1}


def test_table() -> None:
    row = CompiledKernel("pool", "4x32x14x14", "depthwise", "32 channels-first", 2, 40, 0, 0, {16: 4, 8: 5})
    assert format_kernels([row]).splitlines()[2] == (
        "| pool | 4x32x14x14 | 2 | depthwise | 32 channels-first | 40 | 0 | 0 | 4 of 16 B, 5 of 8 B |"
    )


def test_sizes_are_checked() -> None:
    with pytest.raises(UserError, match="--size must be divisible by --k 3, got 32x32"):
        main(["kernels", "--size", "32x32", "--k", "2", "3"])


@pytest.mark.slow
@pytest.mark.skipif(find_spec("triton") is None, reason="needs Triton, which comes with CUDA")
def test_kernels_have_wide_accesses_and_no_spills(tmp_path: Path) -> None:
    """Widths: float32 of regions 8 bytes at least, where 4 divides their number and 2 their width."""
    rows = compiled(tmp_path, "--channels", "24", "--size", "64x64", "40x40", "28x28", "--precision", "32")
    assert len(rows) == 3 * 2 * 4
    for row in rows:
        assert row["spilled"] == row["shared"] == 0, row
        assert min(map(int, row["widths"])) >= 8, row
    small, tall = (
        compiled(tmp_path, "--size", "14x14", "--layout", "channels-first", "--precision", "32"),
        compiled(tmp_path, "--size", "64x64", "--k", "4", "--layout", "channels-last"),
    )
    assert {width for row in small for width in row["widths"]} == {"4"}
    assert all(row["spilled"] == row["shared"] == 0 for row in tall)


def compiled(folder: Path, *words: str) -> list[dict]:
    environment = os.environ | {"TRITON_CACHE_DIR": str(folder)}
    environment.pop("TRITON_INTERPRET", None)
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", "kernels", *words, "--out", str(folder / "rows.json")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "rows.json").read_text(encoding="utf-8"))["rows"]
