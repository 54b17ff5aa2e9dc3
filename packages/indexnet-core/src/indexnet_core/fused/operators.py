"""The fused operations as PyTorch operators: with gradients, on fake tensors, and in compiled graphs.

``torch.ops.indexnet.pool`` and ``torch.ops.indexnet.upsample`` run the Triton kernels on CUDA and eager
PyTorch elsewhere (`run_fused`). They save only their inputs for backward operators, which recompute the maps.
Exported graphs get the form of `indexnet_core.fused.graph`, of standard operators only; graphs compiled for
the CPU get the literal form, which the compiler fuses by itself.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from indexnet_core.errors import ShapeError
from indexnet_core.functional.indexed import (
    Normalization,
    check_normalization,
    indexed_pool,
    indexed_upsample,
    normalize_positions,
)
from indexnet_core.fused.backend import run_fused
from indexnet_core.fused.gradients import composite_gradients, gradients_of
from indexnet_core.fused.graph import decoder_positions, graph_pool, graph_upsample
from indexnet_core.fused.memory import empty_map
from indexnet_core.modes import composite_only, exporting

__all__ = ["pool_by_logits", "upsample_by_logits"]


def pool_by_logits(
    x: Tensor,
    logits: Tensor,
    normalization: Normalization = "sigmoid+softmax",
    k: int = 2,
    *,
    weighted: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Indexed pooling with the encoder's map of `normalize_index`, without storing the map (Section 4).

    Args:
        x: feature map, of any strides.
        logits: predictions of an index network, one for each row-major position of a region; of any strides.
            They may have half precision beside a float32 feature, as under autocast.
        normalization: a row of Table 4.
        k: side of a local region.
        weighted: whether to also return the index-weighted feature, for a skip connection.

    Shape: x (B, C, H, W), logits (B, k², C, H/k, W/k) or (B, k², 1, H/k, W/k) when holistic
        -> pooled (B, C, H/k, W/k) and weighted (B, C, H, W) or None, in the precision of x

    Raises:
        ShapeError: if the logits do not fit the feature.
        SpecError: if the normalization is unknown.

    >>> x, logits = torch.rand(1, 8, 4, 6), torch.zeros(1, 4, 8, 2, 3)
    >>> torch.allclose(pool_by_logits(x, logits)[0], torch.nn.functional.avg_pool2d(x, 2))
    True
    """
    _check(logits, normalization, k, x, "feature map", 1)
    if exporting():
        return graph_pool(x, logits.unbind(1), normalization, k, weighted=weighted)
    if _wants_literal_form(x):
        encoder = normalize_positions(logits, normalization, k)[0].to(x.dtype)
        return indexed_pool(x, encoder, k), x * encoder if weighted else None
    pooled, feature = torch.ops.indexnet.pool(x, logits, normalization, k, weighted)
    return pooled, feature if weighted else None


def upsample_by_logits(
    y: Tensor, logits: Tensor, normalization: Normalization = "sigmoid+softmax", k: int = 2
) -> Tensor:
    """Indexed upsampling with the decoder's map of `normalize_index`, without storing the map (Section 4).

    Args:
        y: feature map to upsample, of any strides.
        logits, normalization, k: as in `pool_by_logits`.

    Shape: y (B, C, h, w), logits (B, k², C, h, w) or (B, k², 1, h, w) when holistic -> (B, C, kh, kw)

    Raises:
        ShapeError: if the logits do not fit the feature.
        SpecError: if the normalization is unknown.

    >>> upsample_by_logits(torch.ones(1, 8, 2, 3), torch.zeros(1, 4, 8, 2, 3)).unique()
    tensor([0.5000])
    """
    _check(logits, normalization, k, y, "feature map to upsample", k)
    if exporting():
        return graph_upsample(y, decoder_positions(logits.unbind(1), normalization), k)
    if _wants_literal_form(y):
        return indexed_upsample(y, normalize_positions(logits, normalization, k)[1].to(y.dtype), k)
    return torch.ops.indexnet.upsample(y, logits, normalization, k)


def _check(logits: Tensor, normalization: str, k: int, x: Tensor, of: str, scale: int) -> None:
    """Raise unless the logits are those of the regions of x enlarged by ``scale``."""
    check_normalization(normalization)
    if k >= 2 and x.ndim == 4 and logits.ndim == 5 and logits.shape[2] in (1, x.shape[1]):
        batch, positions, _, height, width = logits.shape
        size = (x.shape[2] * scale, x.shape[3] * scale)
        if (batch, positions, k * height, k * width) == (x.shape[0], k * k, *size):
            return
    raise ShapeError(
        f"index logits of shape {tuple(logits.shape)} do not fit the {of} {tuple(x.shape)}: expected "
        f"(B, {k * k}, C, h, w), or (B, {k * k}, 1, h, w) when holistic, for (B, C, H, W) and k = {k}"
    )


def _wants_literal_form(x: Tensor) -> bool:
    if torch.compiler.is_compiling():
        return x.device.type == "cpu"
    return composite_only()


def _pool(x: Tensor, logits: Tensor, normalization: str, k: int, weighted: bool) -> tuple[Tensor, Tensor]:
    pooled, feature = run_fused("pool", x, x, logits, normalization, k, weighted, k=k)
    return pooled, x.new_empty(0) if feature is None else feature


def _pool_backward(
    grad_pooled: Tensor, grad_weighted: Tensor | None, x: Tensor, logits: Tensor, normalization: str, k: int
) -> tuple[Tensor, Tensor]:
    found: tuple[Tensor, Tensor] = run_fused(
        "pool_backward", x, grad_pooled, grad_weighted, x, logits, normalization, k, k=k
    )
    return found


def _upsample(y: Tensor, logits: Tensor, normalization: str, k: int) -> Tensor:
    upsampled: Tensor = run_fused("upsample", y, y, logits, normalization, k, k=k)
    return upsampled


def _upsample_backward(
    grad: Tensor, y: Tensor, logits: Tensor, normalization: str, k: int
) -> tuple[Tensor, Tensor]:
    found: tuple[Tensor, Tensor] = run_fused("upsample_backward", y, grad, y, logits, normalization, k, k=k)
    return found


def _fake_pool(
    x: Tensor, logits: Tensor, normalization: str, k: int, weighted: bool
) -> tuple[Tensor, Tensor]:
    return empty_map(x, logits.shape[3:]), torch.empty_like(x) if weighted else x.new_empty(0)


def _fake_upsample(y: Tensor, logits: Tensor, normalization: str, k: int) -> Tensor:
    return empty_map(y, (y.shape[2] * k, y.shape[3] * k))


def _fake_pool_backward(
    grad_pooled: Tensor, grad_weighted: Tensor | None, x: Tensor, logits: Tensor, normalization: str, k: int
) -> tuple[Tensor, Tensor]:
    return torch.empty_like(x), torch.empty_like(logits)


def _fake_upsample_backward(
    grad: Tensor, y: Tensor, logits: Tensor, normalization: str, k: int
) -> tuple[Tensor, Tensor]:
    return torch.empty_like(y), torch.empty_like(logits)


def _save(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
    x, logits, ctx.normalization, ctx.k, *weighted = inputs
    ctx.weighted = bool(weighted and weighted[0])
    ctx.save_for_backward(x, logits)


def _pool_gradients(ctx: Any, grad_pooled: Tensor, grad_weighted: Tensor) -> tuple[Any, ...]:
    x, logits = ctx.saved_tensors
    if composite_gradients(grad_pooled):

        def literal_form(x: Tensor, logits: Tensor) -> list[Tensor]:
            encoder = normalize_positions(logits, ctx.normalization, ctx.k)[0].to(x.dtype)
            return [indexed_pool(x, encoder, ctx.k), *([x * encoder] if ctx.weighted else [])]

        grads = [grad_pooled, *([grad_weighted] if ctx.weighted else [])]
        found = gradients_of(literal_form, [x, logits], ctx.needs_input_grad, grads)
    else:
        upper = grad_weighted if ctx.weighted else None
        found = torch.ops.indexnet.pool_backward(grad_pooled, upper, x, logits, ctx.normalization, ctx.k)
    return *found, None, None, None


def _upsample_gradients(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
    y, logits = ctx.saved_tensors
    if composite_gradients(grad):

        def literal_form(y: Tensor, logits: Tensor) -> list[Tensor]:
            decoder = normalize_positions(logits, ctx.normalization, ctx.k)[1].to(y.dtype)
            return [indexed_upsample(y, decoder, ctx.k)]

        found = gradients_of(literal_form, [y, logits], ctx.needs_input_grad, [grad])
    else:
        found = torch.ops.indexnet.upsample_backward(grad, y, logits, ctx.normalization, ctx.k)
    return *found, None, None


# Not `torch.library.custom_op`, whose first call imports the compiler: a second and 150 MB.
_LIBRARY = torch.library.Library("indexnet", "DEF")


def _define(
    name: str, arguments: str, results: str, function: Callable[..., Any], fake: Callable[..., Any]
) -> None:
    _LIBRARY.define(f"{name}({arguments}) -> {results}", tags=(torch.Tag.pt2_compliant_tag,))
    _LIBRARY.impl(name, function, "CompositeExplicitAutograd")
    torch.library.register_fake(f"indexnet::{name}", fake, lib=_LIBRARY)


_COMMON = "Tensor logits, str normalization, int k"
_define("pool", f"Tensor x, {_COMMON}, bool weighted", "(Tensor, Tensor)", _pool, _fake_pool)
_define("upsample", f"Tensor y, {_COMMON}", "Tensor", _upsample, _fake_upsample)
_define(
    "pool_backward",
    f"Tensor grad_pooled, Tensor? grad_weighted, Tensor x, {_COMMON}",
    "(Tensor, Tensor)",
    _pool_backward,
    _fake_pool_backward,
)
_define(
    "upsample_backward",
    f"Tensor grad, Tensor y, {_COMMON}",
    "(Tensor, Tensor)",
    _upsample_backward,
    _fake_upsample_backward,
)
torch.library.register_autograd("indexnet::pool", _pool_gradients, setup_context=_save, lib=_LIBRARY)
torch.library.register_autograd("indexnet::upsample", _upsample_gradients, setup_context=_save, lib=_LIBRARY)
