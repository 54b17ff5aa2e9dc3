"""The network of each application at inference, on one image."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import torch

from tools.bench.network import INFERENCE_FORMS
from tools.bench.training import APPLICATIONS
from tools.bench.work import Size, Work

__all__ = ["CHANNELS", "InferenceWork"]

CHANNELS = {"matting": 4, "denoising": 1, "segmentation": 3, "depth": 3}
"""Channels of each application's input."""


@dataclass(frozen=True)
class InferenceWork(Work):
    """One image of a size that the network's stride divides, already on the device."""

    application: str
    size: Size
    width: float = 1.0

    @property
    def case(self) -> dict[str, str]:
        """Network and image."""
        height, width = self.size
        return {"network": f"{self.application} {self.operator}", "image": f"{width}x{height}"}

    def small(self) -> Self:
        """Return the same work at 32 x 32."""
        return replace(self, size=(32, 32))

    def build(self, device: str) -> Callable[[], object]:
        """Random weights, the same for every candidate, and a random image."""
        torch.manual_seed(0)
        application = APPLICATIONS[self.application]
        operator = application.fixed if self.candidate == "max" else self.operator
        built = application.build(operator, self.width).eval()
        model = INFERENCE_FORMS[self.candidate](built, self.variant, device)
        torch.manual_seed(1)  # independent of the numbers drawn while building
        x = torch.rand(1, CHANNELS[self.application], *self.size)
        x = x.to(device) if self.candidate == "optimized" else self.variant.tensor(x, device)

        @torch.inference_mode()
        def predict() -> object:
            return model(x)

        return self.variant.recorded(predict, device)
