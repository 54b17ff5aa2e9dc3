"""Recognise calls of PyTorch's functions that halve or double a map, in the trace and in every run.

Modules such as `nn.MaxPool2d` and `nn.Upsample` call these functions in their forward, so modules and
functional calls are the same case.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

__all__ = [
    "OPERATIONS",
    "InterceptedCalls",
    "Operation",
    "doubles_or_halves",
    "input_of",
    "option",
    "returns_indices",
]

Operation = Literal["pooling", "convolution", "interpolation", "unpooling", "deconvolution", "shuffle"]

OPERATIONS: dict[Callable[..., Any], Operation] = {
    F.max_pool2d: "pooling",
    torch.max_pool2d: "pooling",
    F.max_pool2d_with_indices: "pooling",
    F.avg_pool2d: "pooling",
    torch.conv2d: "convolution",
    F.interpolate: "interpolation",
    F.max_unpool2d: "unpooling",
    torch.conv_transpose2d: "deconvolution",
    torch.pixel_shuffle: "shuffle",
}
"""Functions that change the size, as PyTorch dispatches them."""

_STRIDE: dict[Operation, int] = {"pooling": 2, "convolution": 3, "unpooling": 3, "deconvolution": 3}
"""Position of the stride among the arguments."""


class InterceptedCalls(TorchFunctionMode, ABC):
    """While active, it replaces every call of a PyTorch function by `answer`."""

    @abstractmethod
    def answer(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Return the result of a call."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        return self.answer(func, args, kwargs or {})


def input_of(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Tensor:
    """The feature map among the arguments of a function of `OPERATIONS`."""
    return args[0] if args else kwargs["input"]


def option(args: tuple[Any, ...], kwargs: Mapping[str, Any], position: int, name: str) -> Any:
    """An argument by position or name; None where it is absent."""
    return args[position] if len(args) > position else kwargs.get(name)


def doubles_or_halves(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> Operation | None:
    """The operation of a call whose arguments state a factor of two; None for every other call.

    Strided convolutions are not among them: a retrofitted one runs at stride 1.
    """
    operation = OPERATIONS.get(func)
    if operation is None or operation == "convolution" or input_of(args, kwargs).ndim != 4:
        return None
    if operation == "interpolation":
        return operation if _doubles(input_of(args, kwargs), args, kwargs) else None
    if operation == "shuffle":
        return operation if option(args, kwargs, 1, "upscale_factor") == 2 else None
    stride = option(args, kwargs, _STRIDE[operation], "stride")
    if not stride and operation != "deconvolution":  # the default stride of pooling is its kernel
        stride = option(args, kwargs, _STRIDE[operation] - 1, "kernel_size")
    return operation if _is_two(stride) else None


def returns_indices(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    """Whether a pooling also returns the argmax indices."""
    if func is F.max_pool2d_with_indices:
        return True
    return func is F.max_pool2d and bool(option(args, kwargs, 6, "return_indices"))


def _doubles(x: Tensor, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
    size = option(args, kwargs, 1, "size")
    if size is None:
        return _is_two(option(args, kwargs, 2, "scale_factor"))
    height, width = (size, size) if isinstance(size, int) else size
    return bool(height == 2 * x.shape[2] and width == 2 * x.shape[3])


def _is_two(value: Any) -> bool:
    """Whether a number, or every one of several, is two."""
    if isinstance(value, list | tuple):
        return len(value) > 0 and all(each == 2 for each in value)
    return bool(value == 2)
