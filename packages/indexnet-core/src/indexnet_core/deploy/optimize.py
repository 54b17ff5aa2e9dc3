"""Optimise a trained network for inference: fewer operations, a suitable memory layout and precision."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from itertools import pairwise
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils.fusion import fuse_conv_bn_eval

from indexnet_core.errors import SpecError
from indexnet_core.fused.strips import saving_memory
from indexnet_core.hooks import is_customized

__all__ = ["InferenceNetwork", "InferencePrecision", "fold_batch_norm", "optimize_for_inference"]

InferencePrecision = Literal["32", "bf16", "fp16"]

_HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}


class InferenceNetwork(nn.Module):
    """A network in evaluation mode with the same inputs and outputs as the original.

    Inputs are converted to channels_last, half precision is used inside where autocast uses it, layers
    process large maps in strips where possible, and results have the input's precision. The network's other
    attributes can be read from this module, too.
    """

    def __init__(self, network: nn.Module, precision: InferencePrecision = "32") -> None:
        super().__init__()
        self.network = network
        self.precision = precision

    def forward(self, x: Tensor) -> Tensor:
        """Run the network."""
        x = x.contiguous(memory_format=torch.channels_last)
        with self._arithmetic(x.device.type):
            return self.network(x).to(x.dtype)

    @contextmanager
    def _arithmetic(self, device: str) -> Iterator[None]:
        dtype = _HALF.get(self.precision)
        half = nullcontext() if dtype is None else torch.autocast(device, dtype)
        with saving_memory(), half:
            yield

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("network"), name)


def optimize_for_inference(
    model: nn.Module, *, precision: InferencePrecision = "32", compile: bool = False
) -> InferenceNetwork:
    """Make a copy of a trained network that is faster and takes less memory.

    Batch norm is folded into the convolutions before it, weights are stored in channels_last and need no
    gradient. In float32, results are equal within rounding, about 1e-6 relative; on NVIDIA GPUs since Ampere
    PyTorch rounds the factors of float32 convolutions to TF32, 2⁻¹¹ relative, unless
    ``torch.backends.cudnn.allow_tf32`` is False. With ``bf16``, convolutions and features are bfloat16, with
    half the memory and a relative precision of 2⁻⁸ per layer; this is faster on devices with bfloat16
    instructions (CUDA, and CPUs with AVX512-BF16 or AMX). ``fp16`` is for GPUs: 2⁻¹¹ per layer at the speed
    of ``bf16``, but features beyond 65504 overflow.

    Args:
        model: takes one image tensor (B, C, H, W) and returns one.
        precision: ``32``, ``bf16`` or ``fp16``.
        compile: whether `torch.compile` also fuses the layers between convolutions, which needs a C++
            compiler on the CPU, and time for the first image of each size.

    Raises:
        SpecError: if the precision is unknown.

    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU()).eval()
    >>> fast, x = optimize_for_inference(model), torch.rand(1, 3, 16, 16)
    >>> torch.allclose(fast(x), model(x), atol=1e-6)
    True
    """
    if precision not in get_args(InferencePrecision):
        raise SpecError(f"precision must be one of {get_args(InferencePrecision)}, got {precision!r}")
    network = fold_batch_norm(copy.deepcopy(model).eval()).requires_grad_(False)
    network = network.to(memory_format=torch.channels_last)
    if compile:
        network.compile()  # in place, so that the names of the weights stay
    return InferenceNetwork(network, precision).eval()


def fold_batch_norm(model: nn.Module) -> nn.Module:
    """Fold every batch norm that follows a convolution in an `nn.Sequential` into it, in place.

    The model must be in evaluation mode. These are not folded: convolutions and batch norms that are used
    more than once or have an overridden forward (as in timm and in retrofitted networks), a hook or a
    parametrization; batch norms without statistics; and layers in a subclass of `nn.Sequential` with another
    forward. Code that calls the layers of a chain one by one cannot be detected.
    """
    uses = _uses(model)

    def foldable(conv: nn.Module, norm: nn.Module) -> bool:
        convolves = any(type(conv).forward is kind.forward for kind in (nn.Conv1d, nn.Conv2d, nn.Conv3d))
        normalises = (
            type(norm).forward is _BatchNorm.forward and getattr(norm, "running_var", None) is not None
        )
        alone = uses[id(conv)] == uses[id(norm)] == 1
        return convolves and normalises and alone and not (is_customized(conv) or is_customized(norm))

    for chain in [module for module in model.modules() if type(module).forward is nn.Sequential.forward]:
        # Not named_children(), which leaves out a repeated layer.
        for (name, conv), (norm_name, norm) in pairwise(list(chain._modules.items())):
            if conv is not None and norm is not None and foldable(conv, norm):
                setattr(chain, name, fuse_conv_bn_eval(conv, norm))  # type: ignore[type-var, arg-type]
                setattr(chain, norm_name, nn.Identity())
    return model


def _uses(model: nn.Module) -> dict[int, int]:
    """The number of parents of each module, by its id."""
    uses: dict[int, int] = {}
    for parent in model.modules():
        for child in parent._modules.values():
            uses[id(child)] = uses.get(id(child), 0) + 1
    return uses
