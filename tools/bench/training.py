"""A training step of each application: forward, its own loss, backward, its own optimiser."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor, nn

import indexnet_denoising.config
import indexnet_denoising.models
import indexnet_depth.config
import indexnet_depth.models
import indexnet_matting.config
import indexnet_matting.models
import indexnet_segmentation.config
import indexnet_segmentation.models
from indexnet_denoising.losses import LOSSES
from indexnet_depth.losses import depth_loss
from indexnet_engine.training.optim import OptimConfig, build_optimizer
from indexnet_matting.losses import matting_loss
from indexnet_segmentation.losses import softmax_loss
from tools.bench.work import FORMS, Work

__all__ = ["APPLICATIONS", "Application", "TrainWork"]

Batch = Mapping[str, Tensor]


@dataclass(frozen=True)
class Application:
    """The parts of a training step of one application.

    Attributes:
        operator: the index network that it is measured with.
        fixed: the fixed operator to compare with: max pooling, with an upsampling that the network has.
        size: side of a sample in pixels.
        samples: size of a batch.
        build: operator and width multiplier -> network.
        draw: samples and side -> a random batch.
        loss: network and batch -> loss.
        optim: the optimiser's options in the application's configuration.
    """

    operator: str
    fixed: str
    size: int
    samples: int
    build: Callable[[str, float], nn.Module]
    draw: Callable[[int, int], Batch]
    loss: Callable[[nn.Module, Batch], Tensor]
    optim: OptimConfig


def _matting_batch(samples: int, size: int) -> Batch:
    planes = {name: torch.rand(samples, 3, size, size) for name in ("foreground", "background")}
    alpha = torch.rand(samples, 1, size, size)
    image = alpha * planes["foreground"] + (1 - alpha) * planes["background"]
    return {**planes, "alpha": alpha, "image": image, "trimap": torch.full_like(alpha, 128 / 255)}


def _matting_loss(model: nn.Module, batch: Batch) -> Tensor:
    x = indexnet_matting.models.network_input(batch["image"], batch["trimap"])
    return matting_loss(model(x).float(), batch)["loss"]


def _segmentation_batch(samples: int, size: int) -> Batch:
    return {
        "image": torch.randn(samples, 3, size, size),
        "label": torch.randint(37, (samples, size, size)),
    }


def _depth_batch(samples: int, size: int) -> Batch:
    return {"image": torch.rand(samples, 3, size, size), "depth": 1 + torch.rand(samples, 1, size, size)}


def _denoising_batch(samples: int, size: int) -> Batch:
    return {name: torch.rand(samples, 1, size, size) for name in ("noisy", "clean")}


APPLICATIONS: dict[str, Application] = {
    "matting": Application(
        "m2o-nl-c",
        "max",
        320,
        4,
        lambda operator, width: indexnet_matting.models.create_model("b11", resampling=operator, width=width),
        _matting_batch,
        _matting_loss,
        indexnet_matting.config.TrainConfig().optim,
    ),
    "denoising": Application(
        "o2o-shared",
        "max",
        40,
        128,
        lambda operator, width: indexnet_denoising.models.create_model(
            "dncnn-segnet", resampling=operator, width=max(1, int(64 * width))
        ),
        _denoising_batch,
        lambda model, batch: LOSSES["l2"](model(batch["noisy"]).float(), batch["clean"]),
        indexnet_denoising.config.TrainConfig().optim,
    ),
    "segmentation": Application(
        "o2o-shared-nl",
        "max",
        320,
        4,
        lambda operator, width: indexnet_segmentation.models.create_model(
            "segnet", resampling=operator, width=max(1, int(64 * width))
        ),
        _segmentation_batch,
        lambda model, batch: softmax_loss(model(batch["image"]), batch["label"]),
        indexnet_segmentation.config.TrainConfig().optim,
    ),
    "depth": Application(
        "o2o-unshared",
        "max+nearest",
        224,
        4,
        lambda operator, width: indexnet_depth.models.create_model(
            "fastdepth-p-nnconv5", resampling=operator, width=width
        ),
        _depth_batch,
        lambda model, batch: depth_loss(model(batch["image"]), batch["depth"])["loss"],
        indexnet_depth.config.TrainConfig().optim,
    ),
}


@dataclass(frozen=True)
class TrainWork(Work):
    """One step of one application, on a random batch that is already on the device."""

    application: str
    samples: int
    size: int
    width: float = 1.0

    @property
    def case(self) -> dict[str, str]:
        """Network and batch."""
        return {
            "network": f"{self.application} {self.operator}",
            "batch": f"{self.samples} of {self.size}x{self.size}",
        }

    def runs(self) -> int:
        """Two: the optimiser creates its state in the first step."""
        return 2

    def small(self) -> Self:
        """Return the same work at 32 x 32."""
        return replace(self, size=32)

    def build(self, device: str) -> Callable[[], object]:
        """Network, batch and optimiser."""
        torch.manual_seed(0)
        application = APPLICATIONS[self.application]
        operator = application.fixed if self.candidate == "max" else self.operator
        model = FORMS[self.candidate](application.build(operator, self.width), self.variant, device).train()
        torch.manual_seed(1)  # independent of the numbers drawn while building
        batch = {
            name: self._placed(tensor, device)
            for name, tensor in application.draw(self.samples, self.size).items()
        }
        optimizer = build_optimizer([{"params": list(model.parameters())}], application.optim)
        if self.variant.execution == "graph" and device == "cuda" and "capturable" in optimizer.defaults:
            for group in optimizer.param_groups:
                group["capturable"] = True

        def step() -> Any:
            with self.variant.arithmetic(device):
                loss = application.loss(model, batch)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            return loss.detach()

        return self.variant.recorded(step, device)

    def _placed(self, tensor: Tensor, device: str) -> Tensor:
        return self.variant.tensor(tensor, device) if tensor.is_floating_point() else tensor.to(device)
