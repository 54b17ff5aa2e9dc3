"""The fused operations in eager PyTorch, for any device.

A slice ``x[:, :, i::k, j::k]`` holds position (i, j) of every k × k region, whatever the memory format, so
that no index map has to be shuffled to full resolution. Regions are processed in blocks that fit the
processor's cache, and temporaries have the size of a block.
"""

import torch
from torch import Tensor

from indexnet_core.functional.indexed import Normalization
from indexnet_core.fused.memory import Block, blocks, empty_map

__all__ = ["pool", "pool_backward", "upsample", "upsample_backward"]


def pool(
    x: Tensor, logits: Tensor, normalization: Normalization, k: int, weighted: bool
) -> tuple[Tensor, Tensor | None]:
    """Compute Σ_p e_p·x_p of every region and, if requested, every e_p·x_p; e is the encoder's map."""
    pooled = empty_map(x, logits.shape[3:])
    full = torch.empty_like(x) if weighted else None
    inputs, outputs = _positions(x, k), [] if full is None else _positions(full, k)
    for here in blocks(pooled):
        _, encoder = _maps(logits, here, normalization, x.dtype)
        values = [part[here].to(encoder[0].dtype) for part in inputs]
        for output, index, value in zip(outputs, encoder, values):
            _write_product(output[here], index, value)
        pooled[here].copy_(_dot(values, encoder))
    return pooled, full


def pool_backward(
    grad_pooled: Tensor,
    grad_weighted: Tensor | None,
    x: Tensor,
    logits: Tensor,
    normalization: Normalization,
    k: int,
) -> tuple[Tensor, Tensor]:
    """Compute the gradients of x and of the logits; the maps are recomputed, not stored."""
    grad_x, grad_logits = torch.empty_like(x), torch.empty_like(logits)
    inputs, outputs = _positions(x, k), _positions(grad_x, k)
    uppers = [] if grad_weighted is None else _positions(grad_weighted, k)
    for here in blocks(grad_pooled):
        decoder, encoder = _maps(logits, here, normalization, x.dtype)
        of_pooled = grad_pooled[here].to(encoder[0].dtype)
        of_encoder = []
        for p, index in enumerate(encoder):
            grad = of_pooled + uppers[p][here] if uppers else of_pooled
            _write_product(outputs[p][here], index, grad)
            of_encoder.append(_sum_to(grad * inputs[p][here], index))
        if encoder is decoder:
            of_decoder = of_encoder
        elif normalization.endswith("softmax"):
            of_decoder = _softmax_backward(of_encoder, encoder)
        else:
            of_decoder = _sigmoid_backward(of_encoder, encoder)
        _write_logits(grad_logits, here, of_decoder, decoder, normalization)
    return grad_x, grad_logits


def upsample(y: Tensor, logits: Tensor, normalization: Normalization, k: int) -> Tensor:
    """Compute d_p·y at every position of every region; d is the decoder's map."""
    result = empty_map(y, (y.shape[2] * k, y.shape[3] * k))
    outputs = _positions(result, k)
    for here in blocks(y):
        value = y[here]
        for output, index in zip(outputs, _decoder(logits, here, normalization, y.dtype)):
            _write_product(output[here], index, value)
    return result


def upsample_backward(
    grad: Tensor, y: Tensor, logits: Tensor, normalization: Normalization, k: int
) -> tuple[Tensor, Tensor]:
    """Compute the gradients of y and of the logits."""
    grad_y, grad_logits = torch.empty_like(y), torch.empty_like(logits)
    uppers = _positions(grad, k)
    for here in blocks(y):
        decoder = _decoder(logits, here, normalization, y.dtype)
        values = [upper[here].to(decoder[0].dtype) for upper in uppers]
        grad_y[here].copy_(_dot(values, decoder))
        of_decoder = [_sum_to(value * y[here], index) for value, index in zip(values, decoder)]
        _write_logits(grad_logits, here, of_decoder, decoder, normalization)
    return grad_y, grad_logits


def _positions(x: Tensor, k: int) -> list[Tensor]:
    """The k² positions of all regions, row-major: (B, C, kh, kw) -> k² views (B, C, h, w)."""
    return [x[:, :, row::k, column::k] for row in range(k) for column in range(k)]


def _maps(
    logits: Tensor, here: Block, normalization: Normalization, dtype: torch.dtype
) -> tuple[list[Tensor], list[Tensor]]:
    """The decoder's and the encoder's map of a block, position by position (Table 4)."""
    decoder = _decoder(logits, here, normalization, dtype)
    if "+" not in normalization:
        return decoder, decoder
    if normalization.endswith("softmax"):  # of values in (0, 1), whose exponentials cannot overflow
        return decoder, _normalized([index.exp() for index in decoder])
    return decoder, [index.sigmoid() for index in decoder]


def _decoder(logits: Tensor, here: Block, normalization: Normalization, dtype: torch.dtype) -> list[Tensor]:
    """The decoder's map of a block, in float32 at least, since half precision is for storage."""
    images, channels, rows = here
    wanted = torch.promote_types(torch.promote_types(dtype, logits.dtype), torch.float32)
    values = [logit.to(wanted) for logit in logits[images, :, channels, rows].unbind(1)]
    if normalization.startswith("sigmoid"):
        return [value.sigmoid() for value in values]
    highest = values[0]
    for value in values[1:]:
        highest = torch.maximum(highest, value)
    return _normalized([(value - highest).exp_() for value in values])


def _normalized(powers: list[Tensor]) -> list[Tensor]:
    total = powers[0] + powers[1]
    for power in powers[2:]:
        total += power
    return [power.div_(total) for power in powers]


def _write_logits(
    grad_logits: Tensor,
    here: Block,
    of_decoder: list[Tensor],
    decoder: list[Tensor],
    normalization: Normalization,
) -> None:
    """Write the gradients of the logits from those of the decoder's map."""
    images, channels, rows = here
    backward = _sigmoid_backward if normalization.startswith("sigmoid") else _softmax_backward
    for out, grad in zip(grad_logits[images, :, channels, rows].unbind(1), backward(of_decoder, decoder)):
        out.copy_(grad)


def _sigmoid_backward(grads: list[Tensor], values: list[Tensor]) -> list[Tensor]:
    return [torch.ops.aten.sigmoid_backward(grad, value) for grad, value in zip(grads, values)]


def _softmax_backward(grads: list[Tensor], values: list[Tensor]) -> list[Tensor]:
    mean = _dot(grads, values)
    return [(grad - mean).mul_(value) for grad, value in zip(grads, values)]


def _dot(values: list[Tensor], indices: list[Tensor]) -> Tensor:
    """Σ_p v_p·i_p."""
    total = values[0] * indices[0]
    for value, index in zip(values[1:], indices[1:]):
        total.addcmul_(value, index)
    return total


def _sum_to(product: Tensor, index: Tensor) -> Tensor:
    """Sum over channels if the map is holistic, since all channels share it."""
    return product if index.shape[1] == product.shape[1] else product.sum(1, keepdim=True)


def _write_product(out: Tensor, index: Tensor, value: Tensor) -> None:
    if out.dtype == index.dtype == value.dtype:
        torch.mul(index, value, out=out)
    else:
        out.copy_(index * value)
