"""Find the steps of a network, down or up by a factor of two, in its calls."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from torch import Tensor, nn

from indexnet_core.retrofitting.calls import Operation
from indexnet_core.retrofitting.trace import FunctionCall, ModuleCall, Observation

__all__ = ["Step", "find_steps", "same_padding"]

Size = tuple[int, int]

_UPWARDS: tuple[Operation, ...] = ("interpolation", "unpooling", "deconvolution", "shuffle")


@dataclass(frozen=True, eq=False)
class Step:
    """A change of size by a factor of two.

    Attributes:
        name: the module that makes it; "forward" for the network's own forward, with a number if the same
            module makes several.
        direction: down or up.
        calls: its function calls; several if parallel branches go down together.
        unit: the module call whose result an index network pools, if convolutions are strided; None if the
            call itself is replaced.
        wide, narrow: height and width on both sides.
        channels: width of the downsampled or upsampled feature.
        time: when it ends.
    """

    name: str
    direction: Literal["down", "up"]
    calls: tuple[FunctionCall, ...]
    unit: ModuleCall | None
    wide: Size
    narrow: Size
    channels: int
    time: int

    @property
    def what(self) -> str:
        """The network's original operation, in words."""
        return " and ".join(dict.fromkeys(_describe(call) for call in self.calls))

    def __str__(self) -> str:
        sizes = [self.wide, self.narrow] if self.direction == "down" else [self.narrow, self.wide]
        before, after = (f"{height}x{width}" for height, width in sizes)
        return f"{self.name} ({self.what}, {self.channels} channels, {before} -> {after})"


def find_steps(seen: Observation) -> list[Step]:
    """All steps by a factor of exactly two, in the order of execution.

    A strided convolution forms a step with the rest of its layer (`_end_of_layer`). Several in parallel
    branches of one block, as in a residual block and its shortcut, form one step, which ends with the block.
    Steps that cannot be retrofitted, such as convolutions that are called several times, are left out.
    """
    downs = [call for call in seen.functions if _goes_down(seen, call)]
    ups = [call for call in seen.functions if _comes_up(call)]
    steps = [*_down_steps(seen, downs, ups), *(_up_step(call) for call in ups)]
    return _numbered(sorted(steps, key=lambda step: step.time))


def same_padding(layer: nn.Conv2d) -> bool:
    """Whether a convolution of stride 2 that halves sizes keeps them at stride 1 with padding ``same``.

    Its first window then keeps its position.
    """
    if type(layer).forward is not nn.Conv2d.forward:
        return True  # the layer's own forward pads; running the retrofitted network checks the sizes
    reach = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size)]
    even = any(each % 2 for each in reach)
    return layer.padding == tuple(each // 2 for each in reach) and not (
        even and layer.padding_mode != "zeros"
    )


def _goes_down(seen: Observation, call: FunctionCall) -> bool:
    if tuple(call.input[2:]) != tuple(2 * side for side in call.output[2:]):
        return False
    if call.operation == "pooling":
        return call.counted
    layer = call.owner.module
    return (
        call.operation == "convolution"
        and isinstance(layer, nn.Conv2d)
        and tuple(layer.stride) == (2, 2)
        and same_padding(layer)
        and len(seen.calls_of(layer)) == 1
    )


def _comes_up(call: FunctionCall) -> bool:
    doubles = tuple(call.output[2:]) == tuple(2 * side for side in call.input[2:])
    return call.operation in _UPWARDS and call.counted and doubles


def _down_steps(seen: Observation, downs: list[FunctionCall], ups: list[FunctionCall]) -> list[Step]:
    steps, taken = [], set[int]()
    for call in downs:
        if call.time in taken:
            continue
        together, block = _together(seen, call, downs, ups)
        taken |= {each.time for each in together}
        if block is not None:
            steps.append(_down_step(call, together, block, block.name, _feature(block)))
        elif call.operation == "convolution":
            unit = _end_of_layer(seen, call)
            steps.append(_down_step(call, together, unit, call.owner.name, _feature(unit)))
        else:
            steps.append(_down_step(call, together, None, call.owner.name, call.input))
    return steps


def _down_step(
    call: FunctionCall,
    together: list[FunctionCall],
    unit: ModuleCall | None,
    name: str,
    feature: Iterable[int],
) -> Step:
    time = call.time if unit is None else unit.end
    channels = list(feature)[1]
    return Step(name, "down", tuple(together), unit, _size(call.input), _size(call.output), channels, time)


def _up_step(call: FunctionCall) -> Step:
    return Step(
        call.owner.name,
        "up",
        (call,),
        None,
        _size(call.output),
        _size(call.input),
        call.output[1],
        call.time,
    )


def _together(
    seen: Observation, call: FunctionCall, downs: list[FunctionCall], ups: list[FunctionCall]
) -> tuple[list[FunctionCall], ModuleCall | None]:
    """The calls in branches parallel to this one, and the block that contains the branches, if any."""
    for other in downs:
        if other.time <= call.time or other.input[2:] != call.input[2:]:
            continue
        block = [a for a, b in zip(call.stack, other.stack) if a is b][-1]
        inside = [each for each in downs if block.contains(each.time)]
        if (
            _goes_down_once(seen, block, call)
            and all(each.input[2:] == call.input[2:] for each in inside)
            and not any(block.contains(each.time) for each in ups)
        ):
            return inside, block
    return [call], None


def _goes_down_once(seen: Observation, block: ModuleCall, call: FunctionCall) -> bool:
    """Whether a module within the network, called once, returns a map of the call's smaller size."""
    return (
        block.name != ""
        and len(seen.calls_of(block.module)) == 1
        and isinstance(block.output, Tensor)
        and block.output.shape[2:] == call.output[2:]
    )


def _end_of_layer(seen: Observation, call: FunctionCall) -> ModuleCall:
    """The last call of a strided convolution's layer: its normalisation or activation.

    A depthwise convolution and the pointwise one after it are one layer, as in Section 5.4 (FastDepth-P:
    the strided units run at stride 1, pooling comes after them).
    """
    layer, end = call.owner.module, call.owner
    separable = isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels > 1
    while (follower := _follower(seen, end, separable)) is not None:
        separable = separable and not isinstance(follower.module, nn.Conv2d)
        end = follower
    return end


def _follower(seen: Observation, end: ModuleCall, separable: bool) -> ModuleCall | None:
    """The next module call that belongs to the layer: the only one that reads the layer's result so far."""
    for call in seen.modules:
        if call.start < end.end or not call.inputs or call.inputs[0] is not end.output:
            continue
        belongs = _is_pointwise(call.module) if separable else False
        if (
            (belongs or _keeps_shape(seen, call))
            and isinstance(call.output, Tensor)
            and len(seen.calls_of(call.module)) == 1
            and seen.read_only_within(call.inputs[0], call, end.end)
        ):
            return call
    return None


def _is_pointwise(layer: nn.Module) -> bool:
    return isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) and layer.stride == (1, 1)


def _keeps_shape(seen: Observation, call: ModuleCall) -> bool:
    """Whether a call may be a normalisation, activation or dropout: its weights are scalars or vectors."""
    return (
        all(parameter.ndim <= 1 for parameter in call.module.parameters())
        and not any(call.contains(each.time) for each in seen.functions)
        and isinstance(call.output, Tensor)
        and call.output.shape == call.inputs[0].shape
    )


def _feature(call: ModuleCall) -> Iterable[int]:
    return call.output.shape


def _size(shape: Iterable[int]) -> Size:
    _, _, height, width = shape
    return height, width


def _numbered(steps: list[Step]) -> list[Step]:
    """Number the steps of one module in one direction."""
    named = []
    for step in steps:
        name = step.name or "forward"
        alike = [other for other in steps if (other.name, other.direction) == (step.name, step.direction)]
        named.append(replace(step, name=name if len(alike) == 1 else f"{name}[{alike.index(step)}]"))
    return named


def _describe(call: FunctionCall) -> str:
    if call.operation == "pooling":
        return f"{call.kernel}×{call.kernel} {call.detail} pooling"
    if call.operation == "convolution":
        return "strided convolution"
    if call.operation == "interpolation":
        return f"{call.detail} interpolation"
    return {"unpooling": "unpooling", "deconvolution": "transposed convolution", "shuffle": "pixel shuffle"}[
        call.operation
    ]
