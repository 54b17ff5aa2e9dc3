"""What a retrofitted network runs: its own forwards, with the chosen calls answered by index networks.

A module that takes part gets a subclass of its own class, whose forward is the module's own, run while the
chosen calls in it are answered by a resampling. Module names, and so the names of weights, stay as they are.
"""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from indexnet_core.errors import RetrofitError, ShapeError
from indexnet_core.functional.padding import check_divisible
from indexnet_core.networks.prediction import IndexPrediction
from indexnet_core.resampling.base import Guidance, Resampling, required_index
from indexnet_core.resampling.channel_rule import ChannelRule, fit_channels
from indexnet_core.retrofitting.calls import doubles_or_halves, input_of, returns_indices

__all__ = ["Coupling", "Edit", "Guide", "guide", "guide_of"]


@dataclass(eq=False)
class Coupling:
    """A step down and the steps up that it guides, of one network; holds what is between them during a run.

    Attributes:
        name: the step down, for messages.
        resampling: the operator; the network owns it.
        ups: number of steps up in a run.
        channel_rule: as of the resampling.
        stride: what the sides of the network's input have to be multiples of, for messages; None where that
            is not known.
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
        with _unseen():
            check_divisible(x.shape[-2], x.shape[-1], self.resampling.k, self._way_out())
            pooled, self.guidance = self.resampling.down(x)
        return pooled

    def up(self, y: Tensor) -> Tensor:
        """Indexed upsampling."""
        with _unseen():
            return self.resampling.up(y, self._take())

    def weigh(self, upsampled: Tensor) -> Tensor:
        """The decoder's map on what the network's own layer has upsampled.

        Indexed upsampling weighs what nearest interpolation gives; a layer with weights stands in its place.
        """
        with _unseen():
            decoder = required_index(self._take(), IndexPrediction).decoder
            if self.channel_rule is not None and decoder.shape[1] > 1:
                decoder = fit_channels(decoder, upsampled.shape[1], self.channel_rule)
            if decoder.shape[2:] != upsampled.shape[2:]:
                raise ShapeError(
                    f"an index map of {tuple(decoder.shape)} does not fit the upsampled feature "
                    f"{tuple(upsampled.shape)}"
                )
            return upsampled * decoder.to(upsampled.dtype)

    def _way_out(self) -> str:
        # The network is somebody else's and has no option to pad.
        if self.stride is None:
            return f"choose the size of the network's input so that they are at {self.name}"
        return (
            f"at {self.name}: pad the network's input with pad_to_multiple(x, {self.stride}) and crop its "
            "result with crop_to"
        )

    def _take(self) -> Guidance:
        if self.guidance is None:
            raise RetrofitError(f"what comes up after {self.name} runs before it has gone down")
        guidance = self.guidance
        self.done += 1
        if self.done == self.ups:
            self.clear()
        return guidance

    def clear(self) -> None:
        """Forget the run."""
        self.guidance, self.done = None, 0

    def __getstate__(self) -> dict[str, Any]:
        # Copies are of the network, not of a run.
        return {**self.__dict__, "guidance": None, "done": 0}


@dataclass(frozen=True, eq=False)
class Edit:
    """What answers a call.

    ``pool`` and ``up`` replace it, ``weigh`` weighs its result, ``pass`` gives the input back.
    """

    how: Literal["pool", "up", "weigh", "pass"]
    coupling: Coupling | None = None

    def answer(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """The result in place of ``func(*args, **kwargs)``."""
        x = input_of(args, kwargs)
        if self.how == "up":
            return self.coupling.up(x)  # type: ignore[union-attr]  # only "pass" has none
        if self.how == "weigh":
            with _unseen():
                upsampled = func(*args, **kwargs)
            return self.coupling.weigh(upsampled)  # type: ignore[union-attr]
        result = x if self.how == "pass" else self.coupling.down(x)  # type: ignore[union-attr]
        # There are no argmax indices; whoever reads None instead of them is told at once.
        return (result, None) if returns_indices(func, args, kwargs) else result


_ELSEWHERE = (
    "maps go down or up by two in other places than in the example: retrofit with such an input; a network "
    "that does so in training alone cannot be retrofitted, since the example is run in evaluation mode"
)


@dataclass(eq=False)
class Guide:
    """What is different in one module.

    Attributes:
        edits: the calls that are answered, by their number among the calls by two that a run makes in this
            module's forwards; those that a module within answers itself do not count.
        calls: how many there are.
        after: goes down with the module's result.
        run: the guides and couplings of the whole network, at the network itself; None elsewhere.
        made: how many calls there were in this run so far.
        counted: whether a run of the whole network is on, in which there may not be more than ``calls``.
    """

    edits: dict[int, Edit] = field(default_factory=dict)
    calls: int = 0
    after: Coupling | None = None
    run: "Run | None" = None
    made: int = 0
    counted: bool = False

    def next_edit(self) -> Edit | None:
        """Count a call, and say what answers it.

        Raises:
            RetrofitError: there were as many as in the example already.
        """
        if self.counted and self.made == self.calls:
            raise RetrofitError(_ELSEWHERE)
        if self.made == self.calls:
            self.made = 0
        edit = self.edits.get(self.made)
        self.made += 1
        return edit


@dataclass(eq=False)
class Run:
    """A whole network's guides and couplings, which every run begins anew."""

    guides: list[Guide]
    couplings: list[Coupling]

    def start(self) -> None:
        """Forget a run that was broken off."""
        for guide in self.guides:
            guide.made, guide.counted = 0, True
        for coupling in self.couplings:
            coupling.clear()

    def finish(self) -> None:
        """Make sure that everything happened as it did on the example.

        Raises:
            RetrofitError: if not.
        """
        for coupling in self.couplings:
            if coupling.guidance is not None:
                raise RetrofitError(
                    f"{coupling.name} went down, and {coupling.ups - coupling.done} of {coupling.ups} steps "
                    "up did not follow: this run takes another way through the network than the example did"
                )
        if any(0 < guide.made < guide.calls for guide in self.guides):
            raise RetrofitError(_ELSEWHERE)
        for guide in self.guides:
            guide.made, guide.counted = 0, False


class _Answering(TorchFunctionMode):
    """While it is active, the calls of one module's forward are answered by its guide."""

    def __init__(self, guide: Guide) -> None:
        super().__init__()
        self.guide = guide

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if doubles_or_halves(func, args, kwargs) is not None:
            edit = self.guide.next_edit()
            if edit is not None:
                return edit.answer(func, args, kwargs)
        return func(*args, **kwargs)


def guide(module: nn.Module, what: Guide) -> None:
    """Let a module run by a guide from now on, in place."""
    module.__class__ = _guided_class(type(module))
    module._index_guide = what  # type: ignore[assignment]  # nn.Module declares tensors and modules alone


def guide_of(module: nn.Module) -> Guide | None:
    """The guide by which a module runs, if any."""
    return module.__dict__.get("_index_guide")


_CLASSES: dict[type[nn.Module], type[nn.Module]] = {}


def _guided_class(cls: type[nn.Module]) -> type[nn.Module]:
    """The subclass of a module's class that is guided; made once, so that copies are of the same class."""
    if cls not in _CLASSES:

        @functools.wraps(cls.forward)  # exporters read the names of arguments
        def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
            return _run_guided(cls.forward, self, args, kwargs)

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
    """An empty module of a guided class, for copying and unpickling."""
    guided = _guided_class(cls)
    return guided.__new__(guided)


def _run_guided(
    forward: Callable[..., Any], module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    guide: Guide = module._index_guide  # type: ignore[assignment]
    if guide.run is not None:
        guide.run.start()
    if guide.calls:
        with _Answering(guide):
            result = forward(module, *args, **kwargs)
    else:
        result = forward(module, *args, **kwargs)
    if guide.after is not None:
        result = guide.after.down(result)
    if guide.run is not None:
        guide.run.finish()
    return result


def _unseen() -> Any:
    """Keep what happens in the block from the modes of modules around, whose own calls are counted."""
    return torch._C.DisableTorchFunction()
