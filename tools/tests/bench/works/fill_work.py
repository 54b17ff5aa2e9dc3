"""A work with a known amount of memory; the measuring process imports it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch


@dataclass(frozen=True)
class Fill:
    """Allocates and frees a number of bytes."""

    size: int
    candidate: Any = "ours"
    variant: Any = None

    @property
    def case(self) -> dict[str, str]:
        return {"size": str(self.size)}

    def runs(self) -> int:
        return 2

    def small(self) -> "Fill":
        return replace(self, size=1)

    def build(self, device: str) -> Callable[[], object]:
        return lambda: torch.ones(self.size, dtype=torch.uint8) + 1
