"""The form of exported graphs equals the fused operations."""

from typing import get_args

import pytest
import torch

from indexnet_core import Normalization, create_resampling, pool_by_logits, upsample_by_logits
from indexnet_core.fused.graph import decoder_positions, graph_pool, graph_upsample
from indexnet_core.operators.names import INDEX_NETWORKS, OPERATORS


@pytest.mark.parametrize("width", [4, 1])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("normalization", get_args(Normalization))
def test_positions_give_what_the_fused_operations_give(
    normalization: Normalization, k: int, weighted: bool, width: int
) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 4, 2 * k, 3 * k, dtype=torch.float64)
    y = torch.randn(2, 4, 2, 3, dtype=torch.float64)
    logits = 50 * torch.randn(2, k * k, width, 2, 3, dtype=torch.float64)
    pooled, full = graph_pool(x, logits.unbind(1), normalization, k, weighted=weighted)
    wanted, wanted_full = pool_by_logits(x, logits, normalization, k, weighted=weighted)
    torch.testing.assert_close(pooled, wanted, atol=1e-10, rtol=0)
    assert (full is None) == (wanted_full is None) == (not weighted)
    if full is not None:
        torch.testing.assert_close(full, wanted_full, atol=1e-10, rtol=0)
    up = graph_upsample(y, decoder_positions(logits.unbind(1), normalization), k)
    torch.testing.assert_close(up, upsample_by_logits(y, logits, normalization, k), atol=1e-10, rtol=0)


def test_a_softmax_of_large_logits_does_not_overflow() -> None:
    logits = torch.tensor([1000.0, 999.0, -1000.0, 0.0]).view(1, 4, 1, 1, 1)
    pooled, _ = graph_pool(torch.eye(2).view(1, 1, 2, 2), logits.unbind(1), "softmax", 2)
    assert pooled.item() == pytest.approx(1 / (1 + torch.tensor(-1.0).exp().item()))


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_can_be_traced(operator: str) -> None:
    """`torch.jit.trace`, for another image of the traced size; tracing writes standard operators only."""
    torch.manual_seed(0)
    stage = create_resampling(operator, 4).double().eval()
    skips = stage.conv_stride == 1

    class Stage(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stage = stage

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            pooled, guidance = self.stage.down(x, skip=skips)
            up = self.stage.up(pooled.sin(), guidance)
            return up if guidance.skip is None else up + guidance.skip

    module = Stage().eval()
    x, other = torch.randn(2, 1, 4, 8, 6, dtype=torch.float64)
    with torch.no_grad():
        traced = torch.jit.trace(module, (x,))
        torch.testing.assert_close(traced(other), module(other), atol=1e-10, rtol=0)
    assert "indexnet::" not in str(traced.inlined_graph)


@pytest.mark.parametrize("operator", [name for name in INDEX_NETWORKS if name.startswith("o2o")])
def test_channel_rules_are_traced(operator: str) -> None:
    torch.manual_seed(0)
    stage = create_resampling(operator, 4, 2, channel_rule="max").double().eval().requires_grad_(False)

    def run(x: torch.Tensor) -> torch.Tensor:
        pooled, guidance = stage.down(x)
        return stage.up(pooled[:, :2].cos(), guidance)

    x, other = torch.randn(2, 2, 4, 8, 6, dtype=torch.float64)
    with torch.no_grad():
        traced = torch.jit.trace(run, (x,))
        torch.testing.assert_close(traced(other), run(other), atol=1e-10, rtol=0)
