"""Works to be measured: descriptions from which every process builds the same callable."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import nn

from tools.bench.literal import make_literal
from tools.bench.variants import Variant

__all__ = ["FORMS", "Candidate", "Form", "Settings", "Size", "Work"]

Candidate = Literal["literal", "max", "ours", "optimized"]

Form = Callable[[nn.Module, Variant, str], nn.Module]
"""Network, variant, device -> the network as it is run."""

FORMS: dict[Candidate, Form] = {
    "literal": lambda model, variant, device: variant.module(make_literal(model), device),
    "max": lambda model, variant, device: variant.module(model, device),
    "ours": lambda model, variant, device: variant.module(model, device),
}
"""The form in which a network runs that was built with an index network, or for ``max`` with max pooling."""

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
        """Return what all works of its comparison have in common: column -> value."""
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
