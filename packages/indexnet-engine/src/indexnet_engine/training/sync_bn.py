"""Batch norm with the statistics of all processes.

`torch.nn.SyncBatchNorm` does the same on GPUs only, so that no test without several of them could cover it.
"""

from typing import Any, cast

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from indexnet_engine.errors import OptionError
from indexnet_engine.models.batch_norm import batch_norms

__all__ = ["synchronize_batch_norm"]


def synchronize_batch_norm(model: nn.Module) -> int:
    """Let the batch norm layers in training mode compute their statistics over all processes, in place.

    Layers in evaluation mode, such as those of a frozen encoder, stay as they are. A layer changes its class
    only: references to it, its hooks and the names of its weights stay.

    Returns:
        The number of synchronised layers.

    Raises:
        OptionError: There is a layer of another class than PyTorch's.
    """
    layers = [layer for layer in batch_norms(model) if layer.training]
    for layer in layers:
        if not isinstance(layer, _Synchronized) and type(layer) not in _SYNCHRONIZED:
            raise OptionError("loop.sync_bn", f"does not know the batch norm layer {type(layer).__name__}")
    for layer in layers:
        layer.__class__ = _SYNCHRONIZED.get(type(layer), type(layer))
    return len(layers)


class _Synchronized(_BatchNorm):
    """Batch norm; in training on several processes the mean and variance are those of all their batches.

    The batches of the processes may have different sizes. All processes must run forward and backward.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise a batch (B, C, …)."""
        if not self.training or not distributed.is_initialized() or distributed.get_world_size() == 1:
            return super().forward(x)
        self._check_input_dim(x)
        wide = x.to(torch.promote_types(x.dtype, torch.float32))
        mean, variance, count = _statistics(wide)
        if self.track_running_stats:
            _track(self, mean, variance * count / (count - 1))
        scale = (variance + self.eps).rsqrt()
        if self.weight is not None:
            scale = scale * self.weight
        shift = -mean * scale if self.bias is None else self.bias - mean * scale
        channels = (-1, *[1] * (x.ndim - 2))
        return torch.addcmul(shift.view(channels), wide, scale.view(channels)).to(x.dtype)


@torch.no_grad()
def _track(layer: Any, mean: Tensor, variance: Tensor) -> None:
    """Update the running statistics as PyTorch does; the variance is the unbiased one."""
    layer.num_batches_tracked.add_(1)
    weight = 1 / layer.num_batches_tracked if layer.momentum is None else layer.momentum
    for running, new in ((layer.running_mean, mean), (layer.running_var, variance)):
        running.lerp_(new.to(running.dtype), weight)


def _statistics(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the mean and variance of each channel over all processes, and the number of its values.

    Combining the means and variances of parts loses no digits, unlike Σx² − (Σx)².

    Shape: x (B, C, …) -> (C,), (C,), ()
    """
    variance, mean = torch.var_mean(x, [0, *range(2, x.ndim)], correction=0)
    own = torch.cat([mean, variance, mean.new_full((1,), x.numel() / x.shape[1])])
    # One row for each process; a single sum collects them.
    rows = own.new_zeros(distributed.get_world_size(), len(own))
    rows[distributed.get_rank()] = own
    means, variances, counts = _AllReduce.apply(rows).split([len(mean), len(mean), 1], 1)
    count = counts.sum()
    mean = (counts * means).sum(0) / count
    return mean, (counts * (variances + (means - mean).square())).sum(0) / count, count


class _AllReduce(torch.autograd.Function):
    """The sum over all processes, of the gradients too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        return cast(Tensor, _AllReduce.apply(grad))


class _Synchronized1d(_Synchronized, nn.BatchNorm1d): ...


class _Synchronized2d(_Synchronized, nn.BatchNorm2d): ...


class _Synchronized3d(_Synchronized, nn.BatchNorm3d): ...


_SYNCHRONIZED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: _Synchronized1d,
    nn.BatchNorm2d: _Synchronized2d,
    nn.BatchNorm3d: _Synchronized3d,
}
