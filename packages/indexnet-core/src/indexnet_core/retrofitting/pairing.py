"""Pair each step down with the steps up that reverse it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import Literal, get_args

from indexnet_core.errors import RetrofitError, SpecError
from indexnet_core.retrofitting.steps import Step
from indexnet_core.retrofitting.trace import Observation

__all__ = ["Pair", "Several", "fits", "needed_stride", "pair_steps"]

Several = Literal["error", "first", "all"]
"""How several steps that upsample to the same size are treated, as in a feature pyramid: raise an error,
guide the first and leave the others unchanged, or guide all of them by the same indices."""


@dataclass(frozen=True)
class Pair:
    """A step down and the steps up that its indices guide."""

    down: Step
    ups: tuple[Step, ...]


def pair_steps(
    steps: Sequence[Step],
    wanted: Sequence[tuple[str, str]] | None = None,
    several: Several = "error",
) -> list[Pair]:
    """Pair steps of the same sizes, in the order of the steps down.

    Without names, a step up belongs to the last unpaired step down of the same sizes before it, so that
    networks with several encoder-decoders in sequence are paired one by one.

    Args:
        steps: all steps of a network, in order of execution.
        wanted: pairs of names, down and up, instead. A name is that of a step, of a module that belongs to
            it, or of a module that contains no other step.
        several: what to do where a step down could guide several steps up.

    Raises:
        RetrofitError: a name matches no step or several, the two do not fit, or a pairing is ambiguous; the
            message lists the candidates.
        SpecError: ``several`` is unknown.
    """
    if several not in get_args(Several):
        raise SpecError(f"several must be one of {get_args(Several)}, got {several!r}")
    chosen = _by_size(steps, several) if wanted is None else _by_name(steps, wanted)
    return [
        Pair(down, tuple(up for other, up in chosen if other is down))
        for down in sorted({down for down, _ in chosen}, key=lambda step: step.time)
    ]


def _by_size(steps: Sequence[Step], several: Several) -> list[tuple[Step, Step]]:
    chosen: list[tuple[Step, Step]] = []
    for up in (step for step in steps if step.direction == "up"):
        before = [down for down in steps if down.direction == "down" and fits(down, up)]
        undone = {down for down, _ in chosen}
        open_ = [down for down in before if down not in undone]
        if open_:
            chosen.append((_single(open_, up), up))
        elif before and several == "all":
            chosen.append((before[-1], up))
        elif before and several == "error":
            raise _unclear_ups(before[-1], steps)
    return chosen


def _single(downs: Sequence[Step], up: Step) -> Step:
    """The only step down that a step up can reverse."""
    if len(downs) > 1:
        raise RetrofitError(
            f"it is not clear which step {up} undoes; name it with pairs=[(down, up), ...]. "
            f"Candidates: {_listed(downs)}"
        )
    return downs[0]


def _unclear_ups(down: Step, steps: Sequence[Step]) -> RetrofitError:
    ups = [step for step in steps if fits(down, step)]
    return RetrofitError(
        f"it is not clear which step undoes {down}; guide all that come up over this size "
        'with several="all", the first with several="first", or name them with '
        f"pairs=[(down, up), ...]. Candidates: {_listed(ups)}"
    )


def _by_name(steps: Sequence[Step], wanted: Sequence[tuple[str, str]]) -> list[tuple[Step, Step]]:
    chosen: list[tuple[Step, Step]] = []
    for first, second in wanted:
        down, up = _find(steps, first, "down"), _find(steps, second, "up")
        if up in [other for _, other in chosen]:
            raise RetrofitError(f"{up.name} comes up once and cannot be guided by two steps down")
        if not fits(down, up):
            ups = [step for step in steps if fits(down, step)]
            raise RetrofitError(f"{up} does not undo {down}. Candidates: {_listed(ups)}")
        chosen.append((down, up))
    return chosen


def _find(steps: Sequence[Step], name: str, direction: Literal["down", "up"]) -> Step:
    there = [step for step in steps if step.direction == direction]
    takes_part = [step for step in there if name in (step.name, *(call.owner.name for call in step.calls))]
    inside = [
        step for step in there if any(name == outer.name for call in step.calls for outer in call.stack)
    ]
    for found in ([step for step in there if step.name == name], takes_part, inside):
        if len(found) == 1:
            return found[0]
        if found:
            raise RetrofitError(f"{name!r} goes {direction} more than once. Candidates: {_listed(found)}")
    raise RetrofitError(f"nothing at {name!r} goes {direction} by two. Candidates: {_listed(there)}")


def fits(down: Step, up: Step) -> bool:
    """Whether one step can reverse another: it is later, between the same sizes, and goes up."""
    later = up.direction == "up" and down.time < up.time
    return later and (down.wide, down.narrow) == (up.wide, up.narrow)


def needed_stride(steps: Sequence[Step], seen: Observation) -> int | None:
    """The stride of the network: all coupled steps halve its multiples exactly.

    Coupled steps that were left unchanged count, too, since their results meet at a skip connection. Steps
    without a step back, such as pooling for context, do not count.

    Returns:
        The stride; None if it cannot be determined, since the size of a map is not a fraction 1/s of the
        image, as after convolutions without padding.
    """
    images = [tensor for tensor in seen.modules[0].inputs if tensor.ndim == 4]
    if not images:
        return None
    downs = [step for step in steps if step.direction == "down" and any(fits(step, up) for up in steps)]
    factors = [1]
    for step in downs:
        for side, narrow in zip(images[0].shape[2:], step.narrow):
            if side % narrow and narrow % side:
                return None
            factors.append(max(1, side // narrow))  # below 1 where the network enlarges its input first
    return lcm(*factors)


def _listed(steps: Sequence[Step]) -> str:
    return ", ".join(map(str, steps)) or "none"
