"""Works to be measured: descriptions from which every process builds the same callable."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Self

from torch import nn

from tools.bench.literal import make_literal
from tools.bench.variants import PLAIN, Variant

__all__ = ["FORMS", "Candidate", "Form", "Settings", "Size", "Work"]

Candidate = Literal["literal", "max", "max-optimized", "ours", "optimized"]

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


@dataclass(frozen=True)
class Work(ABC):
    """One thing to measure, described by plain values, so that it can be sent to a process.

    Attributes:
        candidate: the name of the compared form.
        operator: the index network; the candidate ``max`` has max pooling instead.
        variant: the variant in which it runs.
    """

    candidate: Candidate
    operator: str
    variant: Variant = field(default=PLAIN, kw_only=True)

    @property
    @abstractmethod
    def case(self) -> dict[str, str]:
        """Values that all compared works share, by column."""

    @abstractmethod
    def build(self, device: str) -> Callable[[], object]:
        """Prepare everything, and return the function to measure, which may be called repeatedly."""

    def runs(self) -> int:
        """Number of calls after which memory has reached its peak: one if nothing is kept between calls."""
        return 1

    @abstractmethod
    def small(self) -> Self:
        """Return the same work on an input so small that its memory is negligible."""
