"""Memory formats follow the feature map."""

import pytest
import torch
from torch import Tensor

from indexnet_core.fused.memory import blocks, empty_map, is_channels_last

NCHW = torch.zeros(2, 3, 4, 6)
NHWC = NCHW.to(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("x", "wanted"),
    [
        (NCHW, False),
        (NHWC, True),
        (NHWC[:, :2, 1:, ::2], True),
        (NCHW[:, :2, 1:, ::2], False),
        (NCHW[:, :1], False),
        (NHWC[:, :1], False),
        (NCHW[:, :1].expand(-1, 3, -1, -1), False),
        (torch.zeros(2, 3, 1, 1), False),
    ],
)
def test_order_of_memory(x: Tensor, wanted: bool) -> None:
    assert is_channels_last(x) == wanted


@pytest.mark.parametrize("x", [NCHW, NHWC.half()])
def test_empty_map_is_as_its_feature(x: Tensor) -> None:
    found = empty_map(x, (2, 3))
    assert found.shape == (2, 3, 2, 3)
    assert found.dtype == x.dtype
    assert found.is_contiguous(memory_format=torch.channels_last) == (x is not NCHW)
    assert found.is_contiguous() == (x is NCHW)


def test_only_the_cpu_needs_blocks() -> None:
    assert len(list(blocks(torch.empty(16, 32, 160, 160)))) > 16
    (images, channels, rows), *others = blocks(torch.empty(16, 32, 160, 160, device="meta"))
    assert images == channels == rows == slice(None)
    assert not others
