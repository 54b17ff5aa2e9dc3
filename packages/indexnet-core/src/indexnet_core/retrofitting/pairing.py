"""Which step down is undone by which step up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from indexnet_core.errors import RetrofitError, SpecError
from indexnet_core.retrofitting.steps import Step

__all__ = ["Pair", "Several", "fits", "pair_steps"]

Several = Literal["error", "first", "all"]
"""What to do where several steps come up over the same size, as in a feature pyramid: nothing is assumed, the
first is guided and the others stay as they are, or all of them are guided by the same indices."""


@dataclass(frozen=True)
class Pair:
    """A step down and what comes up guided by its indices."""

    down: Step
    ups: tuple[Step, ...]


def pair_steps(
    steps: Sequence[Step],
    wanted: Sequence[tuple[str, str]] | None = None,
    several: Several = "error",
) -> list[Pair]:
    """Pair steps of the same sizes, in the order in which they go down.

    Without names, a step up belongs to the step down of the same sizes before it that nothing has undone
    yet, so that networks which go down and up several times are paired stack by stack.

    Args:
        steps: all steps of a network, in their order.
        wanted: pairs of names, down and up, instead. A name is that of a step, of a module that takes part in
            it, or of a module in which there is no other.
        several: what to do where a step down could guide several steps up.

    Raises:
        RetrofitError: a name means no step or several, the two do not fit, or a pairing is not clear; the
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
    for up in steps:
        if up.direction != "up":
            continue
        before = [down for down in steps if down.direction == "down" and fits(down, up)]
        undone = {down for down, _ in chosen}
        open_ = [down for down in before if down not in undone]
        if len(open_) > 1:
            raise RetrofitError(
                f"it is not clear which step {up} undoes; name it with pairs=[(down, up), ...]. "
                f"Candidates: {_listed(open_)}"
            )
        if open_:
            chosen.append((open_[0], up))
        elif before and several != "first":
            down = before[-1]
            if several == "error":
                ups = [step for step in steps if fits(down, step)]
                raise RetrofitError(
                    f"it is not clear which step undoes {down}; guide all that come up over this size "
                    'with several="all", the first with several="first", or name them with '
                    f"pairs=[(down, up), ...]. Candidates: {_listed(ups)}"
                )
            chosen.append((down, up))
    return chosen


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
    """Whether one step could undo another: it comes later, over the same sizes, and goes up."""
    later = up.direction == "up" and down.time < up.time
    return later and (down.wide, down.narrow) == (up.wide, up.narrow)


def _listed(steps: Sequence[Step]) -> str:
    return ", ".join(map(str, steps)) or "none"
