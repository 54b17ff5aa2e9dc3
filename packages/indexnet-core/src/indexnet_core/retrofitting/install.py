"""Insert resamplings into a network whose pairs are known."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from indexnet_core.operators.stages import ResamplingStages
from indexnet_core.resampling.channel_rule import ChannelRule
from indexnet_core.retrofitting.pairing import Pair
from indexnet_core.retrofitting.runtime import (
    CallOverride,
    ModuleOverrides,
    NetworkRun,
    StageRun,
    override_module,
)
from indexnet_core.retrofitting.steps import Step
from indexnet_core.retrofitting.trace import FunctionCall, Observation

__all__ = ["STAGES", "RetrofitStages", "install"]

STAGES = "resampling"
"""The attribute of a retrofitted network that holds its index networks."""


class RetrofitStages(ResamplingStages):
    """The resamplings of a retrofitted network; calling it returns the input.

    That is needed in an `nn.Sequential`, which calls all its children.
    """

    def forward(self, x: Any) -> Any:
        """Return the input."""
        return x


def install(
    model: nn.Module,
    seen: Observation,
    pairs: Sequence[Pair],
    stages: RetrofitStages,
    channel_rule: ChannelRule | None = None,
    stride: int | None = None,
) -> None:
    """Replace a network's resampling by ``stages``, in place.

    ``stride``, which must divide the input's sides, is set as an attribute for exporting, unless the network
    has such an attribute.
    """
    runs = [
        StageRun(pair.down.name, stages[number], len(pair.ups), channel_rule, stride)
        for number, pair in enumerate(pairs)
    ]
    modules: dict[nn.Module, ModuleOverrides] = {model: ModuleOverrides()}
    calls: dict[FunctionCall, CallOverride] = {}
    for pair, run in zip(pairs, runs):
        calls |= _overrides_down(pair.down, run)
        calls |= {_only_call(up): _override_up(up, run) for up in pair.ups}
        if pair.down.unit is not None:
            _let_run_at_full_size(pair.down)
            modules.setdefault(pair.down.unit.module, ModuleOverrides()).after = run
    for call in calls:
        modules.setdefault(call.owner.module, ModuleOverrides())
    for module, overrides in modules.items():
        _number_calls(module, overrides, seen, calls)
    modules[model].run = NetworkRun(list(modules.values()), runs)
    model.add_module(STAGES, stages)
    if stride is not None and not hasattr(model, "stride"):
        model.stride = stride  # type: ignore[assignment]  # nn.Module declares tensors and modules alone
    for module, overrides in modules.items():
        override_module(module, overrides)


def _overrides_down(down: Step, run: StageRun) -> dict[FunctionCall, CallOverride]:
    """Override poolings by indexed pooling, or skip them if the index network follows their block."""
    pools = [call for call in down.calls if call.operation == "pooling"]
    override = CallOverride("pool", run) if down.unit is None else CallOverride("pass")
    return dict.fromkeys(pools, override)


def _only_call(up: Step) -> FunctionCall:
    (call,) = up.calls
    return call


def _override_up(up: Step, run: StageRun) -> CallOverride:
    return CallOverride("weigh" if _only_call(up).keeps_values else "up", run)


def _let_run_at_full_size(down: Step) -> None:
    """Set strided convolutions to stride 1 without moving their windows."""
    for layer in (call.owner.module for call in down.calls if call.operation == "convolution"):
        if not isinstance(layer, nn.Conv2d):
            continue
        layer.stride = (1, 1)
        reach = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size)]
        if type(layer).forward is nn.Conv2d.forward and any(each % 2 for each in reach):
            layer.padding = "same"


def _number_calls(
    module: nn.Module,
    overrides: ModuleOverrides,
    seen: Observation,
    calls: dict[FunctionCall, CallOverride],
) -> None:
    """Number the overrides among the calls that are counted for their module."""
    visible = [
        call
        for call in seen.functions
        if call.counted
        and any(outer.module is module for outer in call.stack)
        and (call not in calls or call.owner.module is module)
    ]
    overrides.calls = {number: calls[call] for number, call in enumerate(visible) if call in calls}
    overrides.expected = len(visible) if overrides.calls else 0
