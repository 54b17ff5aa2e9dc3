"""The functions of `slices` in eager PyTorch, for inference where there is no compiler.

Regions are processed in blocks of rows that fit the processor's cache, position by position on strided views,
and all blocks share their temporary maps.
"""

import torch
from torch import Tensor

__all__ = ["pool", "upsample"]

_SIZE = 2**15  # values of one position in a block


def pool(x: Tensor, table: Tensor, weighted: bool) -> tuple[Tensor, Tensor | None, Tensor]:
    """`compiled.pool`, without gradients."""
    batch, channels, height, width = x.shape
    shape = (batch, channels, height // 2, width // 2)
    pooled = torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)
    decoder, full = torch.empty_like(x), torch.empty_like(x) if weighted else None
    inputs, indices = _positions(x), _positions(decoder)
    outputs = [] if full is None else _positions(full)
    results = pooled.permute(0, 2, 3, 1)
    predict = _Prediction(table.detach().float())
    step = min(height // 2, max(1, _SIZE // (channels * (width // 2))))
    work = [x.new_empty(4, step, width // 2, channels, dtype=torch.float32) for _ in range(3)]
    for image in range(batch):
        for row in range(0, height // 2, step):
            here = (image, slice(row, min(row + step, height // 2)))
            values, index, products = (given[:, : here[1].stop - row] for given in work)
            for value, part in zip(values, inputs):
                value.copy_(part[here])
            predict(values, out=index)
            for part, decoded in zip(indices, index):
                torch.exp(_sigmoid(decoded, part[here]), out=decoded)
            total = _sum(index)
            torch.mul(values, index, out=products)
            for part, product in zip(outputs, products):
                part[here].copy_(product.div_(total))
            result = _sum(products)
            results[here].copy_(result if outputs else result.div_(total))
    return pooled, full, decoder


def upsample(y: Tensor, decoder: Tensor) -> Tensor:
    """`compiled.upsample` for a map as wide as y, without gradients."""
    result = torch.empty_like(decoder)
    values = y.permute(0, 2, 3, 1)
    for part, index in zip(_positions(result), _positions(decoder)):
        torch.mul(values, index, out=part)
    return result


def _positions(x: Tensor) -> list[Tensor]:
    """The four positions of all regions, row-major: (B, C, 2h, 2w) -> four views (B, h, w, C)."""
    return [x[:, :, i::2, j::2].permute(0, 2, 3, 1) for i in range(2) for j in range(2)]


def _sigmoid(logits: Tensor, out: Tensor) -> Tensor:
    """Write the sigmoids to a map, which may have half precision, and return them."""
    if out.dtype == logits.dtype:
        return torch.sigmoid(logits, out=out)
    out.copy_(logits.sigmoid_())
    return logits


def _sum(parts: Tensor) -> Tensor:
    """The sum of four maps."""
    return (parts[0] + parts[1]).add_(parts[2]).add_(parts[3])


class _Prediction:
    """The function that a table describes, on blocks (4, rows, w, C)."""

    def __init__(self, table: Tensor) -> None:
        self.units = 0 if len(table) == 16 else len(table) // 24
        parts = table.split([16] if self.units == 0 else [16 * self.units, 4 * self.units, 4 * self.units])
        self.first, *self.others = parts

    def __call__(self, values: Tensor, out: Tensor) -> None:
        """Write the predictions z of all positions."""
        if self.units == 0:
            return _combine(values, self.first, out)
        shift, last = self.others
        hidden = values.new_empty(4, *values.shape[1:])
        for unit in range(self.units):
            # One unit of each position at a time.
            places = [p * self.units + unit for p in range(4)]
            _combine(values, self.first.unflatten(0, (-1, 4))[places].flatten(0, 1), hidden)
            for p, place in enumerate(places):
                hidden[p].add_(shift[place]).clamp_(0, 6)
                if unit == 0:
                    torch.mul(hidden[p], last[place], out=out[p])
                else:
                    out[p].addcmul_(hidden[p], last[place])


def _combine(values: Tensor, weights: Tensor, out: Tensor) -> None:
    """Four weighted sums of the four positions: row 4p + q of the weights is that of value q in sum p."""
    if weights.shape[1] == 1:
        torch.mm(weights.view(4, 4), values.flatten(1), out=out.view(4, -1))
        return
    for p, result in enumerate(out):
        torch.mul(values[0], weights[4 * p], out=result)
        for q in range(1, 4):
            result.addcmul_(values[q], weights[4 * p + q])
