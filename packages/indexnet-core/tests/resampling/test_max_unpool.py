"""Max pooling and unpooling, and the holistic max index, compared with PyTorch and a literal form."""

import pytest
import torch
import torch.nn.functional as F

from indexnet_core.resampling import HolisticMaxIndex, MaxUnpool


@pytest.mark.parametrize("k", [2, 3])
def test_max_is_pytorchs(k: int) -> None:
    resampling = MaxUnpool(3, k=k)
    x, y = torch.randn(2, 3, 2 * k, 3 * k), torch.randn(2, 3, 2, 3)
    pooled, guidance = resampling.down(x)
    wanted, where = F.max_pool2d(x, k, return_indices=True)
    assert torch.equal(pooled, wanted)
    assert torch.equal(resampling.up(y, guidance), F.max_unpool2d(y, where, k))


@pytest.mark.parametrize("size", [(5, 7), (4, 5), (1, 1), (3, 2)])
def test_padding_never_holds_the_maximum(size: tuple[int, int]) -> None:
    x = -torch.rand(2, 3, *size) - 1
    resampling = MaxUnpool(3, pad=True)
    pooled, guidance = resampling.down(x, skip=True)
    wanted, where = F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)
    assert torch.equal(pooled, wanted)
    y = torch.randn_like(pooled)
    assert torch.equal(resampling.up(y, guidance), F.max_unpool2d(y, where, 2, output_size=size))
    assert guidance.skip is not None
    assert torch.equal(guidance.skip, x)


@pytest.mark.parametrize("size", [(5, 7), (1, 1), (3, 2)])
def test_padding_never_holds_the_holistic_maximum(size: tuple[int, int]) -> None:
    x = -torch.rand(2, 3, *size) - 1
    resampling = HolisticMaxIndex(3, pad=True)
    pooled, guidance = resampling.down(x, skip=True)
    # Every region keeps the values of one of its own pixels.
    best = F.max_pool2d(x.amax(1, keepdim=True), 2, ceil_mode=True)
    assert torch.equal(pooled.amax(1, keepdim=True), best)
    assert guidance.skip is not None
    assert guidance.skip.isfinite().all()
    up = resampling.up(pooled, guidance)
    assert torch.equal(up, guidance.skip)
    assert (up.amin(1) < 0).sum() == 2 * pooled.shape[2] * pooled.shape[3]


def test_unpooling_what_was_pooled_keeps_the_maxima_in_place() -> None:
    resampling = MaxUnpool(3)
    x = torch.rand(2, 3, 4, 6)
    up = resampling.up(*resampling.down(x))
    assert torch.equal(up[up != 0], x[up != 0])
    assert (up != 0).sum() == x.numel() / 4


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("k", [2, 3])
def test_holistic_max_index_written_out(k: int, ties: bool) -> None:
    """Section 5.1: all channels take the position of the maximum of X' = max over channels."""
    shape = (2, 3, 2 * k, 3 * k)
    x = torch.randint(0, 2, shape).float() if ties else torch.randn(shape)
    y = torch.randn(2, 5, 2, 3)
    pooled, up, skip = torch.zeros(2, 3, 2, 3), torch.zeros(2, 5, 2 * k, 3 * k), torch.zeros(shape)
    for b in range(2):
        for i in range(2):
            for j in range(3):
                region = x[b, :, k * i : k * i + k, k * j : k * j + k]
                best = int(region.max(0).values.flatten().argmax())
                m, n = k * i + best // k, k * j + best % k
                pooled[b, :, i, j] = skip[b, :, m, n] = x[b, :, m, n]
                up[b, :, m, n] = y[b, :, i, j]
    resampling = HolisticMaxIndex(3, 5, k=k)
    got, guidance = resampling.down(x, skip=True)
    assert torch.equal(got, pooled)
    assert guidance.skip is not None
    assert torch.equal(guidance.skip, skip)
    assert torch.equal(resampling.up(y, guidance), up)


def test_holistic_max_index_is_max_pooling_for_one_channel() -> None:
    x = torch.randn(2, 1, 4, 6)
    pooled, guidance = HolisticMaxIndex(1).down(x)
    wanted, reference = MaxUnpool(1).down(x)
    assert torch.equal(pooled, wanted)
    assert torch.equal(HolisticMaxIndex(1).up(pooled, guidance), MaxUnpool(1).up(wanted, reference))
