"""A whole network at inference: matting, or depth."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

import torch
from torch import nn

from indexnet_core import optimize_for_inference
from indexnet_depth.models import create_model as create_depth
from indexnet_matting.models import create_model as create_matting
from tools.bench.variants import PLAIN, Variant
from tools.bench.work import FORMS, Candidate, Form, Size, Work

__all__ = ["INFERENCE_FORMS", "NETWORKS", "NetworkWork", "compared"]


def _optimized(model: nn.Module, variant: Variant, device: str) -> nn.Module:
    """As in predict: input and output are float32 in every precision."""
    return optimize_for_inference(
        model.to(device),
        precision="bf16" if variant.precision == "bf16-mixed" else variant.precision,
        compile=variant.execution == "compiled",
    )


INFERENCE_FORMS: dict[Candidate, Form] = {**FORMS, "optimized": _optimized, "max-optimized": _optimized}


class _Network(NamedTuple):
    """A network: its name, the function that builds it, its fixed operator, and the channels of its input."""

    name: str
    create: Callable[..., nn.Module]
    fixed: str
    channels: int


NETWORKS = {
    "matting": _Network("b11", create_matting, "max", 4),
    "depth": _Network("fastdepth-p-nnconv5", create_depth, "max+nearest", 3),
}


@dataclass(frozen=True)
class NetworkWork(Work):
    """A network with an operator, on an image of any size, padded to a multiple of 32 as in predict."""

    size: Size
    width: float = 1.0
    application: str = "matting"

    @property
    def case(self) -> dict[str, str]:
        """Return network and image."""
        height, width = self.size
        image, padded = f"{width}x{height}", f"{width + -width % 32}x{height + -height % 32}"
        return {
            "network": f"{self.application} {NETWORKS[self.application].name} {self.operator}",
            "image": image if image == padded else f"{image}, padded to {padded}",
        }

    def small(self) -> Self:
        """Return the same work at 32 x 32."""
        return replace(self, size=(32, 32))

    def build(self, device: str) -> Callable[[], object]:
        """Random weights, the same for every candidate, and a random image."""
        torch.manual_seed(0)
        network = NETWORKS[self.application]
        operator = network.fixed if self.candidate.startswith("max") else self.operator
        built = network.create(network.name, resampling=operator, width=self.width, pad=True).eval()
        model = INFERENCE_FORMS[self.candidate](built, self.variant, device)
        torch.manual_seed(1)  # independent of the numbers drawn while building
        x = torch.rand(1, network.channels, *self.size)
        optimized = self.candidate.endswith("optimized")
        x = x.to(device) if optimized else self.variant.tensor(x, device)

        @torch.inference_mode()
        def predict() -> object:
            with nullcontext() if optimized else self.variant.arithmetic(device):
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
