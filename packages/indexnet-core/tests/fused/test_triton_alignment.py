"""Alignments: divisors of everything that a kernel adds to an address, except along adjacent values."""

import pytest
import torch

from indexnet_core.fused.triton_alignment import alignments, is_flat


def maps(channels: int, height: int, width: int, last: bool = False) -> list[torch.Tensor]:
    memory_format = torch.channels_last if last else torch.contiguous_format
    x, y, flat = (
        torch.empty(shape, memory_format=memory_format)
        for shape in (
            (2, channels, 2 * height, 2 * width),
            (2, channels, height, width),
            (2, 4 * channels, height, width),
        )
    )
    return [x, flat.unflatten(1, (4, channels)), y]


@pytest.mark.parametrize(
    ("height", "width", "wanted"),
    [(32, 32, 16), (20, 20, 8), (14, 14, 4), (10, 10, 4), (7, 7, 1), (4, 7, 2), (8, 6, 4)],
)
def test_contiguous_maps_are_aligned_along_their_columns(height: int, width: int, wanted: int) -> None:
    tensors = maps(24, height, width)
    assert is_flat(tensors, width)
    assert alignments(tensors, 24, height * width, width, 2, True) == (1, wanted)


@pytest.mark.parametrize(("channels", "wanted"), [(24, 8), (32, 16), (18, 2), (3, 1)])
def test_channels_last_maps_are_aligned_along_their_channels(channels: int, wanted: int) -> None:
    assert alignments(maps(channels, 7, 7, last=True), channels, 49, 7, 1, True) == (wanted, 1)


def test_gaps_between_rows_are_strides() -> None:
    x, logits, y = maps(24, 16, 24)
    tensors = [x[..., :40], logits[..., :20], y[..., :20]]
    assert not is_flat(tensors, 20)
    assert alignments(tensors, 24, 16 * 20, 20, 2, False) == (1, 4)


def test_mixed_orders_have_none() -> None:
    x, logits, y = maps(24, 16, 16)
    assert alignments([x.to(memory_format=torch.channels_last), logits, y], 24, 256, 16, 1, True) == (1, 1)


def test_shared_logits_add_no_condition_along_channels() -> None:
    x, _, y = maps(24, 7, 7, last=True)
    assert alignments([x, torch.empty(2, 4, 1, 7, 7), y], 24, 49, 7, 1, True) == (8, 1)
