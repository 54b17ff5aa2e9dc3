"""Choose the strengths of a classical method: those that are best on a set."""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

__all__ = ["LADDER", "Strengths", "best_strengths", "nearest"]

Strengths: TypeAlias = tuple[float, ...]

LADDER = tuple(2 ** (step / 4) for step in range(29))
"""The strengths that are tried: 1 to 128, each 19 % more than the one before."""


def nearest(strength: float) -> float:
    """Return the strength of `LADDER` that is nearest in proportion.

    >>> nearest(25)
    26.908685288118864
    """
    return min(LADDER, key=lambda step: abs(math.log(step / max(strength, LADDER[0]))))


def best_strengths(
    score: Callable[[Strengths], float], start: Strengths, ladder: Sequence[float] = LADDER
) -> Strengths:
    """Climb from the start to the highest score, one strength and one step of the ladder at a time.

    Args:
        score: of strengths; assumed to have a single maximum. It is asked once for each.
        start: values of the ladder.
        ladder: increasing values.

    >>> best_strengths(lambda at: -abs(at[0] - 3) - abs(at[1] - 5), (1, 1), (1, 2, 3, 4, 5))
    (3, 5)
    """
    known = {start: score(start)}

    def value(at: Strengths) -> float:
        if at not in known:
            known[at] = score(at)
        return known[at]

    best = start
    while True:
        better = next((at for at in _neighbours(best, ladder) if value(at) > value(best)), None)
        if better is None:
            return best
        best = better


def _neighbours(at: Strengths, ladder: Sequence[float]) -> list[Strengths]:
    found = []
    for axis, strength in enumerate(at):
        place = ladder.index(strength)
        for step in (place + 1, place - 1):
            if 0 <= step < len(ladder):
                found.append((*at[:axis], ladder[step], *at[axis + 1 :]))
    return found
