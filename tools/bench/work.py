"""What is measured: a description that every process can make the same callable of."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import nn

from bench.literal import make_literal
from bench.variants import Variant

__all__ = ["CANDIDATES", "Candidate", "Settings", "Size", "Work", "prepare"]

Candidate = Literal["literal", "max", "ours"]
CANDIDATES: dict[Candidate, Callable[[nn.Module, Variant], nn.Module]] = {
    "literal": lambda model, variant: make_literal(model),
    "max": lambda model, variant: model,
    "ours": lambda model, variant: model,
    # Another form of ours, optimised for inference for instance, is a line here and a name in `Candidate`.
}
"""What becomes of a network before it goes into the variant's precision and memory format.

Of ``max`` the operator is another one from the beginning.
"""

Size = tuple[int, int]
"""Height and width in pixels."""


@dataclass(frozen=True)
class Settings:
    """Where it is run: ``cpu`` or ``cuda``, and on how many threads."""

    device: str = "cpu"
    threads: int = 1


class Work(Protocol):
    """One thing to measure. It is a frozen dataclass of plain values, so that it can be sent to a process."""

    @property
    def case(self) -> dict[str, str]:
        """What it has in common with those that it is compared with: column -> value."""
        ...

    @property
    def candidate(self) -> Candidate:
        """Whose form it is."""
        ...

    @property
    def variant(self) -> Variant:
        """How it is run."""
        ...

    def build(self, device: str) -> Callable[[], object]:
        """Make all that it needs, and give what is to be measured; to be called any number of times."""
        ...

    def runs(self) -> int:
        """After how many calls memory has reached its peak."""
        ...

    def small(self) -> "Work":
        """The same on so small an input that its memory is nothing."""
        ...


def prepare(model: nn.Module, candidate: Candidate, variant: Variant, device: str) -> nn.Module:
    """A network as a candidate and a variant have it, on the device."""
    return variant.module(CANDIDATES[candidate](model, variant), device)
