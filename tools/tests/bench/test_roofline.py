from pathlib import Path

import pytest
import torch
from PIL import Image

from tools.bench.roofline import (
    Indices,
    KernelRow,
    bytes_moved,
    copy_bandwidth,
    format_roofline,
    kernel_calls,
    plot_roofline,
)
from tools.bench.variants import PLAIN, Variant

ROWS = [
    KernelRow("pool", "4x32x320x320", "depthwise", "32 channels-first", 1e-4, 118_000_000, 0.9),
    KernelRow("upsample", "4x32x320x320", "depthwise", "bf16 channels-last", 5e-5, 50_000_000, 0.8),
]


def test_a_tensor_is_moved_once_in_its_own_precision() -> None:
    reads = [torch.zeros(10), torch.zeros(4, dtype=torch.bfloat16)]
    assert bytes_moved(reads, torch.zeros(2, dtype=torch.float64)) == 40 + 8 + 16
    assert bytes_moved(reads, (None, torch.zeros(1))) == 40 + 8 + 4


def test_table() -> None:
    assert format_roofline(ROWS).splitlines()[2] == (
        "| pool | 4x32x320x320 | depthwise | 32 channels-first | 100 µs | 1180 | 90% |"
    )


def test_copy_bandwidth() -> None:
    assert 1e8 < copy_bandwidth("cpu", 0.01, numbers=2**20) < 1e13


def test_plot(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot_roofline(tmp_path / "roofline.png", ROWS, 1.3e12, "title")
    with Image.open(tmp_path / "roofline.png") as image:
        assert image.width > image.height > 100


@pytest.mark.parametrize(("indices", "logits"), [("depthwise", 4), ("holistic", 1)])
@pytest.mark.parametrize("variant", [PLAIN, Variant("bf16", "channels-last")], ids=str)
def test_what_each_kernel_moves(variant: Variant, indices: Indices, logits: int) -> None:
    """In units of the downsampled feature: x counts four, y and the pooled feature one."""
    unit = 2 * 4 * 4 * 6 * (2 if variant.precision == "bf16" else 4)
    calls = kernel_calls((2, 4, 8, 12), indices, variant, "cpu")
    assert {name: bytes_moved(tensors, call()) / unit for name, call, tensors in calls} == {
        "pool": 4 + logits + 1,
        "pool, skip": 4 + logits + 1 + 4,
        "pool_backward": 1 + 4 + logits + 4 + logits,
        "pool_backward, skip": 1 + 4 + 4 + logits + 4 + logits,
        "upsample": 1 + logits + 4,
        "upsample_backward": 4 + 1 + logits + 1 + logits,
    }
