"""Putting resamplings into a network whose pairs are known."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from indexnet_core.resampling.channel_rule import ChannelRule
from indexnet_core.resampling.stages import ResamplingStages
from indexnet_core.retrofitting.pairing import Pair
from indexnet_core.retrofitting.runtime import Coupling, Edit, Guide, Run, guide
from indexnet_core.retrofitting.steps import Step
from indexnet_core.retrofitting.trace import FunctionCall, Observation

__all__ = ["STAGES", "RetrofitStages", "install"]

STAGES = "resampling"
"""The attribute of a retrofitted network that holds its index networks."""


class RetrofitStages(ResamplingStages):
    """The resamplings of a retrofitted network. As a module it does nothing.

    An `nn.Sequential` calls all its children, and so this one too.
    """

    def forward(self, x: Any) -> Any:
        """Give back what comes in."""
        return x


def install(
    model: nn.Module,
    seen: Observation,
    pairs: Sequence[Pair],
    stages: RetrofitStages,
    channel_rule: ChannelRule | None = None,
    stride: int | None = None,
) -> None:
    """Let a network run by ``stages``, in place.

    What its input's sides have to be multiples of becomes its attribute ``stride``, which exporting goes by,
    unless it has one of its own.
    """
    couplings = [
        Coupling(pair.down.name, stages[number], len(pair.ups), channel_rule, stride)
        for number, pair in enumerate(pairs)
    ]
    guides: dict[nn.Module, Guide] = {model: Guide()}
    edits: dict[FunctionCall, Edit] = {}
    for pair, coupling in zip(pairs, couplings):
        edits |= _down_edits(pair.down, coupling)
        if pair.down.unit is not None:
            _let_run_at_full_size(pair.down)
            guides.setdefault(pair.down.unit.module, Guide()).after = coupling
        for up in pair.ups:
            (call,) = up.calls
            edits[call] = Edit("weigh" if call.keeps_values else "up", coupling)
    for call in edits:
        guides.setdefault(call.owner.module, Guide())
    for module, what in guides.items():
        _number_edits(module, what, seen, edits)
    guides[model].run = Run(list(guides.values()), couplings)
    model.add_module(STAGES, stages)
    if stride is not None and not hasattr(model, "stride"):
        model.stride = stride  # type: ignore[assignment]  # nn.Module declares tensors and modules alone
    for module, what in guides.items():
        guide(module, what)


def _down_edits(down: Step, coupling: Coupling) -> dict[FunctionCall, Edit]:
    pools = [call for call in down.calls if call.family == "pooling"]
    edit = Edit("pool", coupling) if down.unit is None else Edit("pass")
    return dict.fromkeys(pools, edit)


def _let_run_at_full_size(down: Step) -> None:
    """Strided convolutions run at stride 1; each window that they had stands where it stood."""
    for layer in (call.owner.module for call in down.calls if call.family == "convolution"):
        if not isinstance(layer, nn.Conv2d):
            continue
        layer.stride = (1, 1)
        reach = [d * (k - 1) for d, k in zip(layer.dilation, layer.kernel_size)]
        if type(layer).forward is nn.Conv2d.forward and any(each % 2 for each in reach):
            layer.padding = "same"


def _number_edits(module: nn.Module, what: Guide, seen: Observation, edits: dict[FunctionCall, Edit]) -> None:
    """Which of the calls that a module's guide will see are answered."""
    visible = [
        call
        for call in seen.functions
        if call.counted
        and any(outer.module is module for outer in call.stack)
        and (call not in edits or call.owner.module is module)
    ]
    what.edits = {number: edits[call] for number, call in enumerate(visible) if call in edits}
    what.calls = len(visible) if what.edits else 0
