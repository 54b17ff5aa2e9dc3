"""One-to-one index functions with IP and IU in one pass over memory, on the CPU in channels_last.

A one-to-one network (Section 4.3.1) is a function of the four values of one region of one channel. Its
weights are a table: a row for each weight, and a column for each channel or one that all channels share.

| rows                            | a linear network | a nonlinear one, with e units per position       |
|---------------------------------|------------------|--------------------------------------------------|
| weight of z_p for x_q           | 4p + q           |                                                  |
| weight of unit (p, j) for x_q   |                  | 4(pe + j) + q, times the slope of batch norm     |
| its offset                      |                  | 16e + pe + j                                     |
| its weight in z_p, after ReLU6  |                  | 20e + pe + j                                     |
| in all                          | 16               | 24e                                              |

Positions p, q of a region are row-major. The maps are those of ``sigmoid+softmax`` (Table 4), for k = 2.
"""

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils._python_dispatch import _get_current_dispatch_mode

from indexnet_core.functional.indexed import indexed_pool, indexed_upsample
from indexnet_core.fused import compiled, slices_eager
from indexnet_core.fused.gradients import composite_gradients, gradients_of
from indexnet_core.modes import composite_only

__all__ = [
    "Merge",
    "can_fuse",
    "can_upsample",
    "literal_pool",
    "pays",
    "pool_slices",
    "region_moments",
    "upsample_by_map",
]

Merge = Literal["mean", "max"]

_PAIRS = [(q, r) for q in range(4) for r in range(q, 4)]


def can_fuse(*maps: Tensor) -> bool:
    """Whether `pool_slices` accepts these maps."""
    if torch.compiler.is_compiling() or composite_only() or _get_current_dispatch_mode() is not None:
        return False
    if not all(map(_is_suitable, maps)) or len({x.dtype for x in maps}) > 1:
        return False
    return compiled.available() or not torch.is_grad_enabled()


def pays(table: Tensor) -> bool:
    """Whether `pool_slices` with this table is faster than separate operations.

    Without a compiler, weights that differ between channels allow no matrix product, and a linear network is
    then faster as convolutions.
    """
    return compiled.available() or table.shape[1] == 1 or len(table) > 16


def can_upsample(y: Tensor, decoder: Tensor, merge: Merge | None = None) -> bool:
    """Whether `upsample_by_map` accepts these maps.

    Args:
        y: feature map to upsample.
        decoder: the map.
        merge: how its channels are merged if y has fewer; None if that is not wanted.
    """
    batch, narrow, height, width = y.shape
    channels = decoder.shape[1]
    fits = decoder.shape == (batch, channels, 2 * height, 2 * width) and channels % narrow == 0
    merges = merge is not None and compiled.available()
    return fits and (merges or narrow == channels) and can_fuse(y, decoder)


def _is_suitable(x: Tensor) -> bool:
    plain = type(x) in (Tensor, torch.nn.Parameter) and x.device.type == "cpu" and x.numel() > 0
    last = plain and x.ndim == 4 and x.is_contiguous(memory_format=torch.channels_last)
    return last and not x.is_contiguous() and x.dtype in (torch.float32, torch.bfloat16)


def pool_slices(x: Tensor, table: Tensor, *, weighted: bool = False) -> tuple[Tensor, Tensor | None, Tensor]:
    """Indexed pooling with the encoder's map that a one-to-one network predicts for x.

    Args:
        x: feature map for which `can_fuse` is true.
        table: weights of the index function; see above.
        weighted: whether to also return the index-weighted feature, for a skip connection.

    Shape: x (B, C, H, W), table (rows, C) or (rows, 1) -> pooled (B, C, H/2, W/2), weighted (B, C, H, W) or
        None, and the decoder's map (B, C, H, W), in the precision of x
    """
    if not compiled.available():
        return slices_eager.pool(x, table, weighted)
    pooled, full, decoder = _Pool.apply(x, table, weighted)
    return pooled, full, decoder


def upsample_by_map(y: Tensor, decoder: Tensor, merge: Merge | None = None) -> Tensor:
    """Indexed upsampling with a decoder's map.

    Args:
        y: feature map to upsample.
        decoder: the map; `can_upsample` is true of both.
        merge: how every r of its channels are merged, as by the channel rules of that name.

    Shape: y (B, C/r, h, w), decoder (B, C, 2h, 2w) -> (B, C/r, 2h, 2w)
    """
    if not compiled.available():
        return slices_eager.upsample(y, decoder)
    result: Tensor = _Upsample.apply(y, decoder, merge == "max")
    return result


def region_moments(x: Tensor) -> tuple[Tensor, Tensor]:
    """The means of the four values of a region and of their products.

    The statistics of a hidden layer follow from them, since its units are weighted sums of the four values.

    Args:
        x: feature map for which `can_fuse` is true.

    Shape: x (B, C, H, W) -> (C, 4) and (C, 4, 4) in float64
    """
    sums: Tensor = _Moments.apply(x)
    means = sums / (x.shape[0] * (x.shape[2] // 2) * (x.shape[3] // 2))
    places = [4 + _PAIRS.index((min(q, r), max(q, r))) for q in range(4) for r in range(4)]
    return means[:4].t(), means[places].t().unflatten(1, (4, 4))


def literal_pool(x: Tensor, table: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """`pool_slices` step by step in PyTorch's own operations, also for second gradients."""
    rows = table.to(torch.promote_types(x.dtype, torch.float32)).unsqueeze(-1).unsqueeze(-1)
    parts = [x[:, :, i::2, j::2] for i in range(2) for j in range(2)]

    def weighted_sum(first: int) -> Tensor:
        return torch.stack([rows[first + q] * part for q, part in enumerate(parts)]).sum(0)

    units = 0 if len(table) == 16 else len(table) // 24
    logits = []
    for p in range(4):
        if units == 0:
            logits.append(weighted_sum(4 * p))
            continue
        places = range(p * units, (p + 1) * units)
        hidden = [F.relu6(rows[16 * units + place] + weighted_sum(4 * place)) for place in places]
        logits.append(sum(rows[20 * units + place] * unit for place, unit in zip(places, hidden)))  # type: ignore[arg-type]
    positions = torch.stack(logits, 2).sigmoid()  # (B, C, 4, h, w)
    decoder = F.pixel_shuffle(positions.flatten(1, 2), 2).to(x.dtype)
    encoder = F.pixel_shuffle(positions.softmax(2).flatten(1, 2), 2).to(x.dtype)
    return indexed_pool(x, encoder), x * encoder, decoder


def _literal_moments(x: Tensor) -> Tensor:
    parts = [x[:, :, i::2, j::2].double() for i in range(2) for j in range(2)]
    values = [*parts, *(parts[q] * parts[r] for q, r in _PAIRS)]
    return torch.stack([value.sum((0, 2, 3)) for value in values])


def _literal_upsample(y: Tensor, decoder: Tensor, maximum: bool) -> Tensor:
    groups = decoder.unflatten(1, (y.shape[1], -1))
    return indexed_upsample(y, groups.amax(2) if maximum else groups.mean(2))


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, table: Tensor, weighted: bool) -> tuple[Tensor, Tensor | None, Tensor]:
        pooled, full, decoder = compiled.pool(x, table, weighted)
        ctx.save_for_backward(x, decoder, table)
        ctx.set_materialize_grads(False)
        return pooled, full, decoder

    @staticmethod
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        x, decoder, table = ctx.saved_tensors
        given = [grad for grad in grads if grad is not None]
        if not given:
            return None, None, None
        if composite_gradients(given[0]):

            def literal_form(x: Tensor, table: Tensor) -> list[Tensor]:
                return [part for part, grad in zip(literal_pool(x, table), grads) if grad is not None]

            return *gradients_of(literal_form, [x, table], ctx.needs_input_grad, given), None
        grad, grad_full, grad_decoder = (None if grad is None else _dense(grad, x) for grad in grads)
        if grad is None:
            batch, channels, height, width = x.shape
            grad = _dense(x.new_zeros(batch, channels, height // 2, width // 2), x)
        return *compiled.pool_backward(grad, grad_full, grad_decoder, x, decoder, table), None


class _Moments(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return compiled.moments(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor | None:
        (x,) = ctx.saved_tensors
        if composite_gradients(grad):

            def literal_form(x: Tensor) -> list[Tensor]:
                return [_literal_moments(x)]

            return gradients_of(literal_form, [x], ctx.needs_input_grad, [grad])[0]
        rows = grad.new_zeros(4, 4, grad.shape[1])
        for (q, r), value in zip(_PAIRS, grad[4:]):
            rows[q, r] += value
            rows[r, q] += value
        return compiled.moments_backward(x, torch.cat([grad[:4], rows.flatten(0, 1)]))


class _Upsample(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, decoder: Tensor, maximum: bool) -> Tensor:
        ctx.save_for_backward(y, decoder)
        ctx.maximum = maximum
        return compiled.upsample(y, decoder, maximum)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        y, decoder = ctx.saved_tensors
        if composite_gradients(grad):

            def literal_form(y: Tensor, decoder: Tensor) -> list[Tensor]:
                return [_literal_upsample(y, decoder, ctx.maximum)]

            return *gradients_of(literal_form, [y, decoder], ctx.needs_input_grad, [grad]), None
        return *compiled.upsample_backward(_dense(grad, y), y, decoder, ctx.maximum), None


def _dense(grad: Tensor, x: Tensor) -> Tensor:
    return grad.to(x.dtype).contiguous(memory_format=torch.channels_last)
