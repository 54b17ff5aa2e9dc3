"""The fused operations compared with the literal ones, which build, shuffle, multiply and pool maps."""

from collections.abc import Callable
from itertools import product
from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.autograd import forward_ad, gradcheck, gradgradcheck

from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.functional.indexed import (
    Normalization,
    indexed_pool,
    indexed_upsample,
    normalize_positions,
)
from indexnet_core.fused import memory as blocks
from indexnet_core.fused import pool_by_logits, upsample_by_logits

NORMALIZATIONS = get_args(Normalization)
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}


def literal_pool(x: Tensor, logits: Tensor, normalization: Normalization, k: int) -> tuple[Tensor, Tensor]:
    encoder = normalize_positions(logits, normalization, k)[0]
    return indexed_pool(x, encoder, k), x * encoder


def literal_upsample(y: Tensor, logits: Tensor, normalization: Normalization, k: int) -> Tensor:
    return indexed_upsample(y, normalize_positions(logits, normalization, k)[1], k)


def contiguous(x: Tensor) -> Tensor:
    return x.contiguous()


def channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else positions_last(x)


def positions_last(logits: Tensor) -> Tensor:
    """As a block in channels_last returns them, with the channels of a position adjacent."""
    return logits.permute(0, 3, 4, 1, 2).contiguous().permute(0, 3, 4, 1, 2)


def sliced(x: Tensor) -> Tensor:
    """Every second value along each axis of a larger tensor."""
    larger = torch.randn([2 * side for side in x.shape], dtype=x.dtype)
    view = larger[tuple(slice(None, None, 2) for _ in x.shape)]
    return view.copy_(x)


def leaves(layout: Callable[[Tensor], Tensor], *shapes: tuple[int, ...], dtype: torch.dtype) -> list[Tensor]:
    return [layout(3 * torch.randn(shape, dtype=dtype)).requires_grad_() for shape in shapes]


CASES = list(product(NORMALIZATIONS, [1, 3], [2, 3], [contiguous, channels_last, sliced]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("normalization", "width", "k", "layout"), CASES)
def test_equal_the_literal_forms(
    normalization: Normalization, width: int, k: int, layout: Callable[[Tensor], Tensor], dtype: torch.dtype
) -> None:
    x, y, logits = leaves(layout, (2, 3, 4 * k, 5 * k), (2, 3, 4, 5), (2, k * k, width, 4, 5), dtype=dtype)
    inputs = (x, y, logits)
    fused = (
        *pool_by_logits(x, logits, normalization, k, weighted=True),
        upsample_by_logits(y, logits, normalization, k),
    )
    literal = (*literal_pool(x, logits, normalization, k), literal_upsample(y, logits, normalization, k))
    close = {"rtol": 0, "atol": TOLERANCE[dtype]}
    torch.testing.assert_close(fused, literal, **close)
    uppers = [torch.randn_like(result) for result in literal]
    got, wanted = (torch.autograd.grad(results, inputs, uppers) for results in (fused, literal))
    torch.testing.assert_close(
        got, wanted, **{"rtol": 1e-5 if dtype == torch.float32 else 0, "atol": close["atol"]}
    )


@pytest.mark.parametrize("block", [1, 40])
def test_blocks_do_not_matter(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of rows and of images give the same results as one block."""
    x, y, logits = leaves(contiguous, (3, 2, 8, 6), (3, 2, 4, 3), (3, 4, 2, 4, 3), dtype=torch.float64)

    def everything() -> list[Tensor]:
        results = (*pool_by_logits(x, logits, weighted=True), upsample_by_logits(y, logits))
        return [
            *results,
            *torch.autograd.grad(results, (x, y, logits), [torch.ones_like(r) for r in results]),
        ]

    whole = everything()
    monkeypatch.setattr(blocks, "_SIZE", block)
    torch.testing.assert_close(everything(), whole, rtol=0, atol=1e-15)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("width", [1, 2])
def test_gradients_and_their_gradients(width: int, normalization: Normalization) -> None:
    x, y, logits = leaves(contiguous, (1, 2, 4, 2), (1, 2, 2, 1), (1, 4, width, 2, 1), dtype=torch.float64)

    def both(x: Tensor, y: Tensor, logits: Tensor) -> tuple[Tensor | None, ...]:
        pooled, weighted = pool_by_logits(x, logits, normalization, weighted=True)
        return pooled, weighted, upsample_by_logits(y, logits, normalization)

    assert gradcheck(both, (x, y, logits))
    assert gradgradcheck(both, (x, y, logits))


def round_trip(x: Tensor, logits: Tensor) -> Tensor:
    """As in a network, where the upsampled feature depends on the indices, too."""
    return upsample_by_logits(pool_by_logits(x, logits)[0], logits)


def test_recorded_gradients_are_those_that_are_not() -> None:
    """If one input depends on the other, each gradient must be that of its own input only."""
    inputs = leaves(contiguous, (1, 2, 4, 6), (1, 4, 2, 2, 3), dtype=torch.float64)
    result = round_trip(*inputs)
    plain = torch.autograd.grad(result.sum(), inputs, retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(result.sum(), inputs, create_graph=True), plain)
    assert gradgradcheck(round_trip, inputs)


def test_gradients_of_several_functions_at_once() -> None:
    inputs = leaves(contiguous, (1, 2, 4, 6), (1, 4, 2, 2, 3), dtype=torch.float64)
    result = round_trip(*inputs)
    uppers = torch.randn(3, *result.shape, dtype=result.dtype)
    got = torch.autograd.grad(result, inputs, uppers, retain_graph=True, is_grads_batched=True)
    alone = [torch.autograd.grad(result, inputs, upper, retain_graph=True) for upper in uppers]
    torch.testing.assert_close(got, tuple(torch.stack(several) for several in zip(*alone)))


def test_derivatives_forward() -> None:
    x, logits = leaves(contiguous, (1, 2, 4, 6), (1, 4, 2, 2, 3), dtype=torch.float64)
    direction = torch.randn_like(x)
    with forward_ad.dual_level():
        slope = forward_ad.unpack_dual(round_trip(forward_ad.make_dual(x, direction), logits)).tangent
    assert slope is not None
    gradient = torch.autograd.grad(round_trip(x, logits).sum(), x)[0]
    torch.testing.assert_close(slope.sum(), (gradient * direction).sum())


def test_without_the_weighted_feature_none_is_made() -> None:
    assert pool_by_logits(torch.randn(1, 2, 4, 4), torch.randn(1, 4, 2, 2, 2))[1] is None


def test_the_memory_format_is_kept() -> None:
    x, y, logits = leaves(channels_last, (2, 3, 8, 6), (2, 3, 4, 3), (2, 4, 3, 4, 3), dtype=torch.float32)
    pooled, weighted = pool_by_logits(x, logits, weighted=True)
    upsampled = upsample_by_logits(y, logits)
    for result in (
        pooled,
        weighted,
        upsampled,
        *torch.autograd.grad([pooled, upsampled], [x, y], [pooled, upsampled]),
    ):
        assert isinstance(result, Tensor)
        assert result.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("x_type", [torch.float32, torch.bfloat16])
def test_half_precision_logits(x_type: torch.dtype) -> None:
    """As under autocast: computed in float32, returned in the feature's precision."""
    x, logits = torch.randn(2, 3, 4, 6).to(x_type), torch.randn(2, 4, 3, 2, 3).bfloat16().requires_grad_()
    pooled, weighted = pool_by_logits(x, logits, weighted=True)
    upsampled = upsample_by_logits(x[..., :2, :3], logits)
    wanted = (*literal_pool(x.float(), logits.float(), "sigmoid+softmax", 2),)
    assert pooled.dtype == upsampled.dtype == x_type
    torch.testing.assert_close((pooled, weighted), tuple(part.to(x_type) for part in wanted))
    (grad,) = torch.autograd.grad(pooled.sum() + upsampled.sum(), logits)
    assert grad.dtype == torch.bfloat16


def test_nothing_to_do() -> None:
    empty = torch.randn(0, 3, 4, 6)
    pooled, _ = pool_by_logits(empty, torch.randn(0, 4, 3, 2, 3))
    assert pooled.shape == (0, 3, 2, 3)
    assert upsample_by_logits(pooled, torch.randn(0, 4, 3, 2, 3)).shape == empty.shape


def test_the_operators_keep_what_pytorch_expects_of_operators() -> None:
    x, y, logits = leaves(contiguous, (1, 2, 4, 6), (1, 2, 2, 3), (1, 4, 2, 2, 3), dtype=torch.float32)
    torch.library.opcheck(torch.ops.indexnet.pool, (x, logits, "sigmoid+softmax", 2, True))
    torch.library.opcheck(torch.ops.indexnet.upsample, (y, logits, "softmax", 2))
    x, y, logits = (channels_last(tensor.detach()).requires_grad_() for tensor in (x, y, logits))
    torch.library.opcheck(torch.ops.indexnet.pool, (x, logits, "sigmoid", 2, True))
    torch.library.opcheck(torch.ops.indexnet.upsample, (y, logits, "softmax+sigmoid", 2))


def test_only_the_inputs_are_saved() -> None:
    """No map is saved for the backward pass."""
    x, y, logits = leaves(contiguous, (1, 2, 8, 6), (1, 2, 4, 3), (1, 4, 2, 4, 3), dtype=torch.float32)
    saved: list[Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: saved.append(tensor), lambda tensor: tensor):
        pool_by_logits(x, logits, weighted=True)
        upsample_by_logits(y, logits)
    assert {tensor.data_ptr() for tensor in saved} == {x.data_ptr(), y.data_ptr(), logits.data_ptr()}


def test_a_compiled_graph_is_whole() -> None:
    x, logits = torch.randn(1, 2, 4, 6), torch.randn(1, 4, 2, 2, 3)

    def there_and_back(x: Tensor, logits: Tensor) -> Tensor:
        return upsample_by_logits(pool_by_logits(x, logits)[0], logits)

    compiled = torch.compile(there_and_back, fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x, logits), there_and_back(x, logits))


def test_an_exported_graph_holds_no_operator_of_ours() -> None:
    class ThereAndBack(torch.nn.Module):
        def forward(self, x: Tensor, logits: Tensor) -> Tensor:
            return upsample_by_logits(pool_by_logits(x, logits)[0], logits)

    x, logits = torch.randn(1, 2, 4, 6), torch.randn(1, 4, 2, 2, 3)
    exported = torch.export.export(ThereAndBack(), (x, logits))
    assert not any("indexnet" in str(node.target) for node in exported.graph.nodes)
    torch.testing.assert_close(exported.module()(x, logits), ThereAndBack()(x, logits))


@pytest.mark.parametrize(
    ("x", "logits"),
    [
        ((1, 2, 4, 6), (1, 4, 3, 2, 3)),
        ((1, 2, 4, 6), (1, 9, 2, 2, 3)),
        ((1, 2, 4, 6), (1, 4, 2, 4, 6)),
        ((2, 2, 4, 6), (1, 4, 2, 2, 3)),
        ((1, 2, 4, 6), (1, 8, 2, 3)),
        ((1, 2, 5, 6), (1, 4, 2, 2, 3)),
    ],
)
def test_logits_that_do_not_fit(x: tuple[int, ...], logits: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="do not fit the feature map"):
        pool_by_logits(torch.randn(x), torch.randn(logits))


def test_refusals_of_upsampling() -> None:
    with pytest.raises(
        ShapeError, match=r"\(1, 4, 3, 2, 2\) do not fit the feature map to upsample \(1, 2, 2, 2\)"
    ):
        upsample_by_logits(torch.randn(1, 2, 2, 2), torch.randn(1, 4, 3, 2, 2))
    with pytest.raises(SpecError, match="unknown index normalization 'softmin'"):
        upsample_by_logits(torch.randn(1, 2, 2, 2), torch.randn(1, 4, 2, 2, 2), "softmin")  # type: ignore[arg-type]


@pytest.mark.parametrize("frozen", ["feature", "logits"])
def test_gradients_of_gradients_with_one_input_frozen(frozen: str) -> None:
    x, y, logits = leaves(contiguous, (1, 2, 4, 2), (1, 2, 2, 1), (1, 4, 2, 2, 1), dtype=torch.float64)
    x, y, logits = (x.detach(), y.detach(), logits) if frozen == "feature" else (x, y, logits.detach())
    learned = [tensor for tensor in (x, y, logits) if tensor.requires_grad]

    def second(pooled: Tensor, upsampled: Tensor) -> tuple[Tensor, ...]:
        value = pooled.square().sum() + upsampled.square().sum()
        first = torch.autograd.grad(value, learned, create_graph=True)
        return torch.autograd.grad(sum(grad.square().sum() for grad in first), learned)

    ours = second(pool_by_logits(x, logits)[0], upsample_by_logits(y, logits))
    literal = (
        literal_pool(x, logits, "sigmoid+softmax", 2)[0],
        literal_upsample(y, logits, "sigmoid+softmax", 2),
    )
    torch.testing.assert_close(ours, second(*literal), rtol=0, atol=1e-10)


def test_function_transforms() -> None:
    x, logits = torch.randn(1, 2, 4, 6), torch.randn(1, 4, 2, 2, 3)
    found = torch.func.grad(lambda z: pool_by_logits(x, z)[0].square().sum())(logits)
    z = logits.clone().requires_grad_()
    (wanted,) = torch.autograd.grad(pool_by_logits(x, z)[0].square().sum(), z)
    torch.testing.assert_close(found, wanted)


def test_a_feature_without_a_batch_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"do not fit the feature map \(4, 4, 4\)"):
        pool_by_logits(torch.rand(4, 4, 4), torch.rand(1, 4, 4, 2, 2))
