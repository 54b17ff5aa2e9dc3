"""Concatenated strips of rows equal the whole map."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core.fused import strips
from indexnet_core.fused.strips import in_strips, rows_of_strips, saving_memory


@pytest.mark.parametrize("height", [16, 33, 64, 70])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_strips_are_the_whole(height: int, layout: torch.memory_format) -> None:
    x = torch.randn(2, 3, height, 5, dtype=torch.float64).contiguous(memory_format=layout)
    weight = torch.randn(4, 3, 5, 5, dtype=torch.float64)
    result = in_strips(
        lambda top, bottom: F.conv2d(x[:, :, top:bottom], weight, padding=2), height, rows=16, halo=2
    )
    torch.testing.assert_close(result, F.conv2d(x, weight, padding=2), rtol=0, atol=1e-12)
    assert result.is_contiguous(memory_format=layout)


def test_strips_of_a_map_that_shrinks() -> None:
    x, weight = torch.randn(1, 2, 50, 8, dtype=torch.float64), torch.randn(3, 2, 4, 4, dtype=torch.float64)

    def pool(top: int, bottom: int) -> Tensor:
        return F.conv2d(x[:, :, top:bottom], weight, stride=2, padding=1)

    result = in_strips(pool, 50, rows=16, halo=2, scale=2)
    torch.testing.assert_close(result, pool(0, 50), rtol=0, atol=1e-12)


def test_too_small_a_halo_is_detected() -> None:
    x, weight = torch.randn(1, 1, 40, 4), torch.ones(1, 1, 5, 5)
    whole = F.conv2d(x, weight, padding=2)
    put_together = in_strips(lambda a, b: F.conv2d(x[:, :, a:b], weight, padding=2), 40, rows=16, halo=1)
    assert not torch.allclose(put_together, whole)


def test_all_rows_unless_memory_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strips, "_VALUES", 32 * 100 * 40)
    assert rows_of_strips(32, 1000, 100) == 1000
    with saving_memory():
        assert rows_of_strips(32, 1000, 100) == 32  # 40, to a multiple of 16
        assert rows_of_strips(3200, 1000, 100) == 16
        assert rows_of_strips(32, 30, 100) == 30
    assert rows_of_strips(32, 1000, 100) == 1000
