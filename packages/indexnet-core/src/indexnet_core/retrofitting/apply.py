"""The whole retrofit: trace, find steps, pair them, install index networks, run again."""

import copy
import reprlib
from collections.abc import Sequence
from typing import Any, get_args

from torch import Tensor, nn

from indexnet_core.analysis.complexity import measure_complexity
from indexnet_core.errors import RetrofitError, SpecError
from indexnet_core.functional.indexed import Normalization
from indexnet_core.hooks import observing
from indexnet_core.initialization import Init
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.operators.names import INDEX_NETWORKS, IndexSpec, parse_operator
from indexnet_core.operators.stages import ResamplingStages
from indexnet_core.resampling.base import Resampling
from indexnet_core.resampling.channel_rule import ChannelRule, check_channel_rule
from indexnet_core.retrofitting.install import STAGES, RetrofitStages, install
from indexnet_core.retrofitting.pairing import Pair, Several, needed_stride, pair_steps
from indexnet_core.retrofitting.report import PairReport, RetrofitReport
from indexnet_core.retrofitting.runtime import overrides_of
from indexnet_core.retrofitting.steps import Step, find_steps
from indexnet_core.retrofitting.trace import Observation, observe, tensors_in

__all__ = ["retrofit"]

_FAILURES = (RuntimeError, TypeError, ValueError, AttributeError, IndexError)
"""Errors that a forward raises when maps do not have the expected sizes."""


def retrofit(
    model: nn.Module,
    operator: str,
    *,
    example: Tensor | tuple[Any, ...],
    pairs: Sequence[tuple[str, str]] | None = None,
    several: Several = "error",
    channel_rule: ChannelRule | None = None,
    expansion: int = 2,
    normalization: Normalization = "sigmoid+softmax",
    init: Init = "he",
) -> tuple[nn.Module, RetrofitReport]:
    """Insert index networks into a copy of any network that has coupled down- and upsampling stages.

    The network is run once on an example. An operation that halves a map and one that doubles it again to the
    same size form a stage, whether they are modules or functions called in a forward:

    ========================================  =====================================================
    max and average pooling                   indexed pooling in its place (of 2 × 2 regions, also where
                                              the pooling's own overlapped, as 3 × 3 in a ResNet's stem)
    convolution of stride 2                   runs at stride 1, and indexed pooling follows its layer's
                                              normalisation and activation, as in FastDepth-P (Section
                                              5.4); a depthwise and its pointwise convolution are one
                                              layer
    parallel ones (residual and shortcut)     all run at stride 1, and indexed pooling follows the block
    interpolation, unpooling                  indexed upsampling in its place
    transposed convolution, pixel shuffle     stays, and its result is weighted by the index map, as
                                              indexed upsampling weighs that of nearest interpolation
    ========================================  =====================================================

    Weights and their names stay as they are; the index networks are in ``network.resampling``. Features of
    the network's skip connections stay as they are, too: they are not index-weighted, unlike those of the
    applications' networks. Larger maps inside the strided layers cost computation and memory; the report says
    how much.

    An activation that a forward calls as a function, `F.relu(self.norm(self.conv(x)))`, comes after the index
    network of a strided convolution instead of before it.

    The result can be trained, copied, pickled, compiled and exported like the original, and run under
    DistributedDataParallel. It stores the indices between downsampling and upsampling, so that a copy can be
    used by one thread at a time, and neither DataParallel nor activation checkpointing across a stage is
    supported. Every run must make the same steps as the example in evaluation mode, which is checked. Sizes
    may differ as long as those of every stage are even, as for multiples of ``report.stride``, which is also
    set as ``network.stride`` for exporting, unless the network has such an attribute. Pad other sizes
    (`pad_to_multiple`) and crop the result (`crop_to`).

    Args:
        model: the network; it is not changed.
        operator: one of the 15 index networks, `indexnet_core.INDEX_NETWORKS`.
        example: an input, or a tuple of the inputs, on the network's device, of a size that every stage
            halves exactly; 64 × 64 is enough for five stages.
        pairs: names of modules that downsample and of those that upsample, instead of pairing by size. A
            functional call has the name of the module whose forward makes it ("forward" for the network
            itself), with a number, ``name[1]``, if there are several; a step down that is named twice guides
            both steps up.
        several: what to do if several steps upsample to the same size, as in a feature pyramid: raise an
            ``error``, guide the ``first``, or guide ``all`` by the same indices.
        channel_rule: how depthwise maps guide a narrower decoder feature, see `create_resampling`.
        expansion, normalization, init: options of index networks, see `create_index_network`.

    Returns:
        The new network, in the mode and precision and on the device of the old one, and a report, which can
        be printed.

    Raises:
        RetrofitError: the example is neither a tensor nor a tuple with one; there is no stage, or the pairs
            are ambiguous; a depthwise map does not fit its decoder's width; the network already holds index
            networks, or its output changes its shape.
        SpecError: the operator is no index network, or an option is unknown.

    >>> import torch
    >>> class Net(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.first, self.last = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1)
    ...         self.pool = nn.MaxPool2d(2)
    ...     def forward(self, x):
    ...         x = self.pool(self.first(x).relu())
    ...         return self.last(nn.functional.interpolate(x, scale_factor=2))
    >>> network, report = retrofit(Net(), "m2o", example=torch.rand(1, 3, 16, 16))
    >>> print(report)
    Net: m2o in 1 stages
    down  was              then down after  up       was                    size   channels  map
    pool  2×2 max pooling  in its place     forward  nearest interpolation  16x16  8 -> 8    depthwise
    parameters 297 -> 1,321, GFLOPs 0.000 -> 0.000 for the example
    takes heights and widths that 2 divides
    >>> network(torch.rand(1, 3, 32, 48)).shape
    torch.Size([1, 1, 32, 48])
    """
    spec = parse_operator(operator)
    if not isinstance(spec, IndexSpec):
        raise SpecError(f"{operator!r} is not an index network; choose one of {', '.join(INDEX_NETWORKS)}")
    if channel_rule is not None:
        check_channel_rule(channel_rule, None, None)
    inputs = _inputs(example)
    _check_fresh(model)
    network = copy.deepcopy(model)
    seen = _observe(network, inputs)
    steps = find_steps(seen)
    chosen = pair_steps(steps, pairs, several)
    if not chosen:
        raise RetrofitError(_why_none(network, seen, steps))
    _check_widths(chosen, spec, channel_rule)
    stages = RetrofitStages(
        operator,
        [pair.down.channels for pair in chosen],
        [pair.ups[0].channels for pair in chosen],
        expansion=expansion,
        normalization=normalization,
        init=init,
        channel_rule=channel_rule,
    )
    before = measure_complexity(network, *inputs)
    stride = needed_stride(steps, seen)
    install(network, seen, chosen, _alike(stages, network), channel_rule, stride)
    _check_shapes(network, inputs, seen)
    return network, RetrofitReport(
        type(model).__name__,
        spec.name,
        tuple(_report(pair, up, spec, channel_rule) for pair in chosen for up in pair.ups),
        _left_alone(steps, chosen),
        before,
        measure_complexity(network, *inputs),
        channel_rule,
        stride,
    )


def _inputs(example: object) -> tuple[Any, ...]:
    """Return the network's inputs as a tuple."""
    inputs = example if isinstance(example, tuple) else (example,)
    nested = isinstance(example, tuple) and next(tensors_in(example), None) is not None
    if not (isinstance(example, Tensor) or nested):
        raise RetrofitError(
            "the example must be a tensor, or a tuple of the network's inputs with a tensor among them; got "
            + " ".join(reprlib.repr(example).split())
        )
    return inputs


def _check_fresh(model: nn.Module) -> None:
    ours = (Resampling, ResamplingStages, IndexNetwork)
    for name, module in model.named_modules():
        if isinstance(module, ours) or overrides_of(module) is not None:
            raise RetrofitError(f"the network has index networks or resamplings already, at {name!r}")
    if hasattr(model, STAGES):
        raise RetrofitError(f"the network has an attribute {STAGES!r}, where its index networks would be")


def _observe(network: nn.Module, inputs: tuple[Any, ...]) -> Observation:
    try:
        return observe(network, inputs)
    except _FAILURES as error:
        raise RetrofitError(f"{type(network).__name__} fails on the example: {_line(error)}") from error


def _check_widths(pairs: Sequence[Pair], spec: IndexSpec, channel_rule: ChannelRule | None) -> None:
    """Check that each depthwise map has a decoder feature of its width, or a rule that fits it."""
    if spec.holistic:
        return
    wrong = [
        f"{up.name} has {up.channels} channels and {pair.down.name} {pair.down.channels}"
        for pair in pairs
        for up in pair.ups
        if (pair.down.channels % up.channels if channel_rule else pair.down.channels != up.channels)
    ]
    if not wrong:
        return
    if channel_rule is None:
        way = (
            "or, where the decoder's width divides the stage's, one of the channel rules "
            f"({', '.join(get_args(ChannelRule))})"
        )
    else:
        way = f"for which channel_rule={channel_rule!r} is not needed (it takes widths that divide)"
    raise RetrofitError(
        f"depthwise index maps ({spec.name}) need decoder features of the stage's own width, but "
        f"{'; '.join(wrong)}: use holistic maps (hin, hin-nl, hin-nl-c), {way}, "
        "or leave those stages out by naming the others in pairs=[(down, up), ...]"
    )


def _alike(stages: RetrofitStages, network: nn.Module) -> RetrofitStages:
    """Move new modules to the device, precision and mode of a network."""
    weights = [value for value in network.parameters() if value.is_floating_point()]
    if weights:
        stages = stages.to(device=weights[0].device, dtype=weights[0].dtype)
    return stages.train(network.training)


def _check_shapes(network: nn.Module, inputs: tuple[Any, ...], seen: Observation) -> None:
    try:
        with observing(network, [], lambda *_: None):
            output = network(*inputs)
    except _FAILURES as error:
        raise RetrofitError(
            f"with index networks the network fails on the example ({_line(error)}); "
            "choose its stages with pairs=[(down, up), ...]"
        ) from error
    wanted, got = _shapes(seen.output), _shapes(output)
    if wanted != got:
        raise RetrofitError(
            f"with index networks the network gives {got} instead of {wanted}; choose its stages with "
            "pairs=[(down, up), ...]"
        )


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _shapes(output: Any) -> list[tuple[int, ...]]:
    return [tuple(tensor.shape) for tensor in tensors_in(output)]


def _why_none(network: nn.Module, seen: Observation, steps: Sequence[Step]) -> str:
    """The message that there is no stage, listing the network's changes of size."""
    results = list(tensors_in(seen.output))
    others = []
    for call in seen.functions:
        ratio = call.output[2] / call.input[2]
        if call.operation in ("convolution", "pooling") or ratio <= 1:
            continue
        # Interpolation at the end: the logits of a segmentation network.
        of = " of logits" if any(result is call.result for result in results) else ""
        others.append(f"{'an' if ratio in (8, 11, 18) else 'a'} ×{ratio:g} {call.operation}{of}")
    ups = f"only {' and '.join(dict.fromkeys(others))}" if others else "nothing comes up"
    downs = ", ".join(str(step) for step in steps if step.direction == "down")
    return (
        f"{type(network).__name__} has no coupled ×2 stages: {ups}. Going down by two: {downs or 'nothing'}"
    )


def _report(pair: Pair, up: Step, spec: IndexSpec, channel_rule: ChannelRule | None) -> PairReport:
    down = pair.down
    fitted = f"depthwise, by {channel_rule}" if down.channels != up.channels else "depthwise"
    return PairReport(
        down.name,
        down.what,
        None if down.unit is None else down.unit.name,
        up.name,
        up.what,
        up.calls[0].keeps_values,
        down.wide,
        down.channels,
        up.channels,
        "holistic" if spec.holistic else fitted,
    )


def _left_alone(steps: Sequence[Step], pairs: Sequence[Pair]) -> tuple[str, ...]:
    used = {step for pair in pairs for step in (pair.down, *pair.ups)}
    return tuple(str(step) for step in steps if step not in used)
