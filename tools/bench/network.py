"""The whole matting network at inference."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Self

import torch

from indexnet_core import optimize_for_inference
from indexnet_matting.models import create_model
from tools.bench.variants import PLAIN, Variant
from tools.bench.work import FORMS, Candidate, Form, Size, Work

__all__ = ["INFERENCE_FORMS", "NetworkWork", "compared"]

INFERENCE_FORMS: dict[Candidate, Form] = {
    **FORMS,
    # As in predict: input and output are float32 in every precision.
    "optimized": lambda model, variant, device: optimize_for_inference(
        model.to(device),
        precision="bf16" if variant.precision == "bf16-mixed" else variant.precision,
        compile=variant.execution == "compiled",
    ),
}


@dataclass(frozen=True)
class NetworkWork(Work):
    """B11 with an operator, on one image of any size, which is padded to a multiple of 32 as in predict."""

    size: Size
    width: float = 1.0

    @property
    def case(self) -> dict[str, str]:
        """Return network and image."""
        height, width = self.size
        image, padded = f"{width}x{height}", f"{width + -width % 32}x{height + -height % 32}"
        return {
            "network": f"matting b11 {self.operator}",
            "image": image if image == padded else f"{image}, padded to {padded}",
        }

    def small(self) -> Self:
        """Return the same work at 32 x 32."""
        return replace(self, size=(32, 32))

    def build(self, device: str) -> Callable[[], object]:
        """Random weights, the same for every candidate, and a random image."""
        torch.manual_seed(0)
        operator = "max" if self.candidate == "max" else self.operator
        built = create_model("b11", resampling=operator, width=self.width, pad=True).eval()
        model = INFERENCE_FORMS[self.candidate](built, self.variant, device)
        torch.manual_seed(1)  # independent of the numbers drawn while building
        x = torch.rand(1, 4, *self.size)
        x = x.to(device) if self.candidate == "optimized" else self.variant.tensor(x, device)

        @torch.inference_mode()
        def predict() -> object:
            with nullcontext() if self.candidate == "optimized" else self.variant.arithmetic(device):
                return model(x)

        return self.variant.recorded(predict, device)


def compared(
    candidates: list[Candidate], varied: list[Candidate], variants: list[Variant]
) -> list[tuple[Candidate, Variant]]:
    """Pairs of candidate and variant: varied candidates in all variants, the others in their default one.

    >>> [f"{who} {how}" for who, how in compared(["literal", "ours"], ["ours"], [Variant("bf16")])]
    ['literal 32 channels-first', 'ours bf16 channels-first']
    """
    return [(who, how) for who in candidates for how in (variants if who in varied else [PLAIN])]
