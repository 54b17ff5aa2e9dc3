"""One stage: index network, IP and IU, or max pooling and unpooling."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal, Self

import torch
from torch import Tensor

from indexnet_core import create_resampling
from tools.bench.variants import Variant
from tools.bench.work import FORMS, Candidate, Size, Work

__all__ = ["Passes", "StageWork", "stage_groups"]

Passes = Literal["forward", "forward+backward"]
Skip = Literal["no skip", "skip"]


@dataclass(frozen=True)
class StageWork(Work):
    """One `Resampling.down` of an encoder feature and one `Resampling.up` of a decoder feature.

    Attributes:
        skip: whether to also return the feature for a skip connection.
        passes: forward in evaluation mode and without gradients; or in training mode, with the gradients of
            both features and of all weights.
    """

    channels: int
    size: Size
    batch: int
    passes: Passes
    skip: Skip = "no skip"

    @property
    def case(self) -> dict[str, str]:
        """Columns for operator, feature and passes."""
        height, width = self.size
        feature = f"{self.batch}x{self.channels}x{height}x{width}"
        return {"operator": self.operator, "feature": feature, "pass": f"{self.passes}, {self.skip}"}

    def small(self) -> Self:
        """Return the same work at 16 x 16."""
        return replace(self, size=(16, 16))

    def build(self, device: str) -> Callable[[], object]:
        """Build with random features; all candidates have the same weights."""
        torch.manual_seed(0)
        operator = "max" if self.candidate == "max" else self.operator
        resampling = create_resampling(operator, self.channels)
        stage = FORMS[self.candidate](resampling, self.variant, device)
        torch.manual_seed(1)  # independent of the numbers drawn while building
        height, width = self.size
        x = self.variant.tensor(torch.randn(self.batch, self.channels, height, width), device)
        y = self.variant.tensor(torch.randn(self.batch, self.channels, height // 2, width // 2), device)
        wants_skip = self.skip == "skip"

        def forward() -> list[Tensor]:
            with self.variant.arithmetic(device):
                pooled, guidance = stage.down(x, skip=wants_skip)  # type: ignore[operator]
                results = [pooled, stage.up(y, guidance)]  # type: ignore[operator]
            return [*results, guidance.skip] if wants_skip else results

        if self.variant.execution == "compiled":
            forward = torch.compile(forward, dynamic=False)  # a stage has no forward to compile
        if self.passes == "forward":
            stage.eval()
            return self.variant.recorded(torch.inference_mode()(forward), device)

        stage.train()
        inputs = [x.requires_grad_(), y.requires_grad_(), *stage.parameters()]
        gradients = [torch.randn_like(y), torch.randn_like(x), *[torch.randn_like(x)] * wants_skip]

        def forward_backward() -> object:
            return torch.autograd.grad(forward(), inputs, gradients)

        return self.variant.recorded(forward_backward, device)


def stage_groups(
    operators: list[str],
    channels: list[int],
    sizes: list[Size],
    batch: int,
    passes: list[Passes],
    skip: Skip,
    variants: list[Variant],
) -> Iterator[list[StageWork]]:
    """The three candidates of each case, equal in everything else."""
    candidates: tuple[Candidate, ...] = ("literal", "max", "ours")
    for operator, width, size, way, variant in product(operators, channels, sizes, passes, variants):
        yield [
            StageWork(candidate, operator, width, size, batch, way, skip, variant=variant)
            for candidate in candidates
        ]
