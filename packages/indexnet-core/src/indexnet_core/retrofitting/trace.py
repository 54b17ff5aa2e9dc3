"""Run a network once and record the function calls of its modules, with the sizes of the maps."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from indexnet_core.hooks import observing
from indexnet_core.retrofitting.calls import (
    OPERATIONS,
    InterceptedCalls,
    Operation,
    doubles_or_halves,
    input_of,
    option,
)

__all__ = ["FunctionCall", "ModuleCall", "Observation", "observe", "tensors_in"]


@dataclass(eq=False)
class ModuleCall:
    """One call of a module. Times count recorded events.

    Attributes:
        name: the module's name in the network, "" for the network itself.
        module: the module.
        stack: the enclosing module calls, outermost first, ending with this one.
        inputs: its positional tensors.
        output: its result.
        start, end: its times.
    """

    name: str
    module: nn.Module
    stack: "tuple[ModuleCall, ...]" = ()
    inputs: tuple[Tensor, ...] = ()
    output: Any = None
    start: int = 0
    end: int = 0

    def contains(self, time: int) -> bool:
        """Whether a time is within this call."""
        return self.start < time < self.end


@dataclass(eq=False)
class FunctionCall:
    """One call of a function that changes the size of maps.

    Attributes:
        operation: the kind of function.
        counted: whether its arguments state a factor of two, see `doubles_or_halves`.
        stack: the enclosing module calls, outermost first; the forward of the last one makes the call.
        input, output: shapes (B, C, H, W).
        result: its (first) tensor.
        time: when it was called.
        kernel: side of the region or of the kernel, None for an interpolation or a shuffle.
        detail: the mode of an interpolation, "max" or "average" of a pooling.
    """

    operation: Operation
    counted: bool
    stack: tuple[ModuleCall, ...]
    input: torch.Size
    output: torch.Size
    result: Tensor
    time: int
    kernel: int | None
    detail: str

    @property
    def owner(self) -> ModuleCall:
        """The module call whose forward calls the function."""
        return self.stack[-1]

    @property
    def keeps_values(self) -> bool:
        """Whether an upsampling computes different values for the four positions of a region."""
        return self.operation in ("deconvolution", "shuffle")


@dataclass
class Observation:
    """All recorded calls; tensors are kept so that their ids stay unique."""

    modules: list[ModuleCall] = field(default_factory=list)
    functions: list[FunctionCall] = field(default_factory=list)
    uses: dict[int, list[int]] = field(default_factory=dict)
    """The times at which a function read each tensor (by identity)."""
    output: Any = None

    def calls_of(self, module: nn.Module) -> list[ModuleCall]:
        """All calls of one module."""
        return [call for call in self.modules if call.module is module]

    def read_only_within(self, tensor: Tensor, call: ModuleCall, since: int) -> bool:
        """Whether only one call reads a tensor; an in-place call makes it another feature."""
        uses = [time for time in self.uses.get(id(tensor), []) if time > since]
        if call.output is tensor:
            uses = [time for time in uses if time < call.end]
        return all(call.contains(time) for time in uses)


def observe(model: nn.Module, inputs: tuple[Any, ...]) -> Observation:
    """Trace a network in evaluation mode and without gradients; its mode is restored."""
    seen = Observation()
    recorder = _Recorder(seen)
    names = {module: name for name, module in model.named_modules()}
    with observing(model, [], lambda *_: None), ExitStack() as hooks:
        for module, name in names.items():
            hooks.callback(module.register_forward_pre_hook(recorder.enter(name)).remove)
            hooks.callback(module.register_forward_hook(recorder.leave, always_call=True).remove)
        with recorder:
            seen.output = model(*inputs)
    return seen


class _Recorder(InterceptedCalls):
    """Fills an `Observation` while a network runs."""

    def __init__(self, seen: Observation) -> None:
        super().__init__()
        self.seen = seen
        self.stack: list[ModuleCall] = []
        self.time = 0
        self.kept: list[Any] = []

    def enter(self, name: str) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        """The pre-forward hook of the module of this name."""

        def hook(module: nn.Module, args: tuple[Any, ...]) -> None:
            call = ModuleCall(name, module, inputs=tuple(tensors_in(args)), start=self._tick())
            self.stack.append(call)
            call.stack = tuple(self.stack)
            self.seen.modules.append(call)

        return hook

    def leave(self, _module: nn.Module, _args: tuple[Any, ...], output: Any) -> None:
        """The forward hook of every module."""
        call = self.stack.pop()
        call.output, call.end = output, self._tick()

    def answer(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Make the call, and record it."""
        time = self._tick()
        output = func(*args, **kwargs)
        results = list(tensors_in(output))
        if results:  # but not of attributes such as x.shape
            for tensor in tensors_in((args, kwargs)):
                self.seen.uses.setdefault(id(tensor), []).append(time)
            self.kept.append((args, kwargs, output))
            if func in OPERATIONS and self.stack and input_of(args, kwargs).ndim == 4:
                self._record(func, args, kwargs, results[0], time)
        return output

    def _record(
        self,
        func: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        result: Tensor,
        time: int,
    ) -> None:
        operation = OPERATIONS[func]
        kernel, detail = None, ""
        if operation == "interpolation":
            detail = option(args, kwargs, 3, "mode") or "nearest"
        elif operation == "pooling":
            detail = "average" if func is torch.nn.functional.avg_pool2d else "max"
            sides = option(args, kwargs, 1, "kernel_size")
            kernel = sides if isinstance(sides, int) else max(sides)
        elif operation in ("convolution", "deconvolution"):
            kernel = max(option(args, kwargs, 1, "weight").shape[2:])
        self.seen.functions.append(
            FunctionCall(
                operation,
                doubles_or_halves(func, args, kwargs) is not None,
                tuple(self.stack),
                input_of(args, kwargs).shape,
                result.shape,
                result,
                time,
                kernel,
                detail,
            )
        )

    def _tick(self) -> int:
        self.time += 1
        return self.time


def tensors_in(value: Any) -> Iterator[Tensor]:
    """All tensors in nested tuples, lists and mappings."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from tensors_in(each)
    elif isinstance(value, tuple | list):
        for each in value:
            yield from tensors_in(each)
