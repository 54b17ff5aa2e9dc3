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
"""Network, variant, device -> the network, ready to run."""

FORMS: dict[Candidate, Form] = {
    "literal": lambda model, variant, device: variant.module(make_literal(model), device),
    "max": lambda model, variant, device: variant.module(model, device),
    "ours": lambda model, variant, device: variant.module(model, device),
}
"""The form of the index network in the network; ``max`` has max pooling instead."""

Size = tuple[int, int]
"""Height and width in pixels."""


@dataclass(frozen=True)
class Settings:
    """The device, ``cpu`` or ``cuda``, and the number of threads."""

    device: str = "cpu"
    threads: int = 1


class Work(Protocol):
    """One thing to measure: a frozen dataclass of plain values, so that it can be sent to a process."""

    @property
    def case(self) -> dict[str, str]:
        """Return what all compared works have in common: column -> value."""
        ...

    @property
    def candidate(self) -> Candidate:
        """The name of the compared form."""
        ...

    @property
    def variant(self) -> Variant:
        """The variant in which it runs."""
        ...

    def build(self, device: str) -> Callable[[], object]:
        """Prepare everything, and return the function to measure, which may be called repeatedly."""
        ...

    def runs(self) -> int:
        """Number of calls after which memory has reached its peak."""
        ...

    def small(self) -> "Work":
        """The same work on an input so small that its memory is negligible."""
        ...
