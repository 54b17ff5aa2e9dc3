"""The forward of a retrofitted network: the original one, with some calls replaced by index networks.

The class of an affected module is replaced by a subclass, whose forward runs the module's own and replaces
chosen calls in it by a resampling. Module names, and therefore the names of weights, do not change.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, assert_never

import torch
from torch import Tensor, nn

from indexnet_core.errors import RetrofitError, ShapeError
from indexnet_core.functional.padding import check_divisible
from indexnet_core.networks.prediction import IndexMaps
from indexnet_core.resampling.base import Guidance, Resampling, required_index
from indexnet_core.resampling.channel_rule import ChannelRule, fit_channels
from indexnet_core.retrofitting.calls import InterceptedCalls, doubles_or_halves, input_of, returns_indices

__all__ = ["CallOverride", "ModuleOverrides", "NetworkRun", "StageRun", "override_module", "overrides_of"]


@dataclass(eq=False)
class StageRun:
    """One stage of a retrofitted network: a step down, the steps up that it guides, and the guidance between.

    Attributes:
        name: the step down, for messages.
        resampling: the operator; the network owns it.
        ups: number of steps up per run.
        channel_rule: the rule of the resampling.
        stride: the number that must divide the sides of the network's input, for messages; None if unknown.
        guidance: set from the step down until the last step up; None otherwise.
        done: number of steps up made in this run.
    """

    name: str
    resampling: Resampling
    ups: int
    channel_rule: ChannelRule | None
    stride: int | None = None
    guidance: Guidance | None = None
    done: int = 0

    def down(self, x: Tensor) -> Tensor:
        """Indexed pooling.

        Raises:
            ShapeError: the sides are odd; the message says how to pad the network's input.
        """
        with _unrecorded():
            check_divisible(x.shape[-2], x.shape[-1], self.resampling.k, self._how_to_fix_sizes())
            pooled, self.guidance = self.resampling.down(x)
        return pooled

    def up(self, y: Tensor) -> Tensor:
        """Indexed upsampling."""
        with _unrecorded():
            return self.resampling.up(y, self._take())

    def weigh(self, upsampled: Tensor) -> Tensor:
        """Weigh the result of the network's own upsampling layer by the decoder's map.

        In indexed upsampling, this result is that of nearest interpolation.
        """
        with _unrecorded():
            decoder = required_index(self._take(), IndexMaps).decoder
            if self.channel_rule is not None and decoder.shape[1] > 1:
                decoder = fit_channels(decoder, upsampled.shape[1], self.channel_rule)
            if decoder.shape[2:] != upsampled.shape[2:]:
                raise ShapeError(
                    f"an index map of {tuple(decoder.shape)} does not fit the upsampled feature "
                    f"{tuple(upsampled.shape)}"
                )
            return upsampled * decoder.to(upsampled.dtype)

    def _how_to_fix_sizes(self) -> str:
        # Third-party networks have no option for padding.
        if self.stride is None:
            return f"choose the size of the network's input so that they are at {self.name}"
        return (
            f"at {self.name}: pad the network's input with pad_to_multiple(x, {self.stride}) and crop its "
            "result with crop_to"
        )

    def _take(self) -> Guidance:
        if self.guidance is None:
            raise RetrofitError(f"the decoder stage of {self.name} ran before its encoder stage")
        guidance = self.guidance
        self.done += 1
        if self.done == self.ups:
            self.clear()
        return guidance

    def clear(self) -> None:
        """Reset the state of a run."""
        self.guidance, self.done = None, 0

    def __getstate__(self) -> dict[str, Any]:
        # A copy does not contain the state of a run.
        return {**self.__dict__, "guidance": None, "done": 0}


@dataclass(frozen=True, eq=False)
class CallOverride:
    """The replacement of one function call in a module's forward.

    ``pool`` and ``up`` replace the call by the stage's indexed pooling or upsampling, ``weigh`` weighs its
    result by the decoder's map, ``pass`` returns its input.
    """

    how: Literal["pool", "up", "weigh", "pass"]
    stage: StageRun | None = None

    def answer(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The result in place of ``func(*args, **kwargs)``."""
        x = input_of(args, kwargs)
        match self.how:
            case "up":
                return self.stage.up(x)  # type: ignore[union-attr]  # only "pass" has none
            case "weigh":
                with _unrecorded():
                    upsampled = func(*args, **kwargs)
                return self.stage.weigh(upsampled)  # type: ignore[union-attr]
            case "pool":
                result = self.stage.down(x)  # type: ignore[union-attr]
            case "pass":
                result = x
            case _:
                assert_never(self.how)
        # There are no argmax indices; code that uses them fails at None.
        return (result, None) if returns_indices(func, args, kwargs) else result


_ELSEWHERE = (
    "this run halves or doubles maps elsewhere than the example: retrofit with such an input; a network "
    "that does so in training alone cannot be retrofitted, since the example is run in evaluation mode"
)


@dataclass(eq=False)
class ModuleOverrides:
    """The changes to one module's forward.

    Attributes:
        calls: overrides by the number of the call among the calls by a factor of two in this module's
            forward; calls of inner modules with overrides do not count.
        expected: number of calls by a factor of two in a run.
        after: the stage that downsamples the module's result.
        run: all overrides and stages of the whole network, at the network itself; None elsewhere.
        made: number of calls in this run so far.
        counted: whether the whole network is running, so that there may be no more calls than ``expected``.
    """

    calls: dict[int, CallOverride] = field(default_factory=dict)
    expected: int = 0
    after: StageRun | None = None
    run: "NetworkRun | None" = None
    made: int = 0
    counted: bool = False

    def next_call(self) -> CallOverride | None:
        """Count a call, and return its override, if any.

        Raises:
            RetrofitError: the run makes more calls than the example.
        """
        if self.counted and self.made == self.expected:
            raise RetrofitError(_ELSEWHERE)
        if self.made == self.expected:
            self.made = 0
        override = self.calls.get(self.made)
        self.made += 1
        return override


@dataclass(eq=False)
class NetworkRun:
    """The overrides and stages of a whole network, reset at the start of every run."""

    overrides: list[ModuleOverrides]
    stages: list[StageRun]

    def start(self) -> None:
        """Reset, also after an aborted run."""
        for overrides in self.overrides:
            overrides.made, overrides.counted = 0, True
        for stage in self.stages:
            stage.clear()

    def finish(self) -> None:
        """Check that the run made the same calls as the example.

        Raises:
            RetrofitError: if not.
        """
        for stage in self.stages:
            if stage.guidance is not None:
                raise RetrofitError(
                    f"{stage.name} went down, and {stage.ups - stage.done} of {stage.ups} steps "
                    "up did not follow: this run takes another way through the network than the example did"
                )
        if any(0 < overrides.made < overrides.expected for overrides in self.overrides):
            raise RetrofitError(_ELSEWHERE)
        for overrides in self.overrides:
            overrides.made, overrides.counted = 0, False


class _OverriddenCalls(InterceptedCalls):
    """While active, it replaces the calls in one module's forward by its overrides."""

    def __init__(self, overrides: ModuleOverrides) -> None:
        super().__init__()
        self.overrides = overrides

    def answer(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Replace the chosen calls by their overrides; run the others unchanged."""
        if doubles_or_halves(func, args, kwargs) is not None:
            override = self.overrides.next_call()
            if override is not None:
                return override.answer(func, args, kwargs)
        return func(*args, **kwargs)


def override_module(module: nn.Module, overrides: ModuleOverrides) -> None:
    """Make a module's forward use overrides, in place."""
    module.__class__ = _overridden_class(type(module))
    module._index_overrides = overrides  # type: ignore[assignment]  # nn.Module declares tensors and modules


def overrides_of(module: nn.Module) -> ModuleOverrides | None:
    """The overrides of a module's forward, if any."""
    return module.__dict__.get("_index_overrides")


_CLASSES: dict[type[nn.Module], type[nn.Module]] = {}


def _overridden_class(cls: type[nn.Module]) -> type[nn.Module]:
    """The subclass of a module's class with overrides; created once, so that copies have the same class."""
    if cls not in _CLASSES:

        @functools.wraps(cls.forward)  # exporters use the names of arguments
        def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
            return _run_overridden(cls.forward, self, args, kwargs)

        def __reduce_ex__(self: nn.Module, _protocol: Any) -> Any:
            return _revive, (cls,), self.__getstate__()

        def extra_repr(self: nn.Module) -> str:
            own = cls.extra_repr(self)
            return f"{own}, indexed" if own else "indexed"

        namespace = {
            "forward": forward,
            "__reduce_ex__": __reduce_ex__,
            "extra_repr": extra_repr,
            "__module__": cls.__module__,
            "__doc__": cls.__doc__,
        }
        make: Callable[..., type[nn.Module]] = type(cls)
        _CLASSES[cls] = make(cls.__name__, (cls,), namespace)
    return _CLASSES[cls]


def _revive(cls: type[nn.Module]) -> nn.Module:
    """An empty module of an overridden class, for copying and unpickling."""
    overridden = _overridden_class(cls)
    return overridden.__new__(overridden)


def _run_overridden(
    forward: Callable[..., Any], module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    overrides: ModuleOverrides = module._index_overrides  # type: ignore[assignment]
    if overrides.run is not None:
        overrides.run.start()
    if overrides.expected:
        with _OverriddenCalls(overrides):
            result = forward(module, *args, **kwargs)
    else:
        result = forward(module, *args, **kwargs)
    if overrides.after is not None:
        result = overrides.after.down(result)
    if overrides.run is not None:
        overrides.run.finish()
    return result


def _unrecorded() -> Any:
    """Hide the calls in the block from the modes of surrounding modules, which count their own calls."""
    return torch._C.DisableTorchFunction()
