"""Retrofit networks of other packages and print the results as a Markdown table.

    python -m tools.paper.retrofit_table                        # takes several minutes
    python -m tools.paper.retrofit_table --networks fpn --steps 10

Each network is built without downloaded weights and retrofitted; both versions are trained from the same
weights for a few steps to overfit four crops of the builtin segmentation scenes. The columns show the
cross-entropy of the last five steps, in training mode, as a mean over the seeds. That shows that both learn;
it does not predict their accuracy on other data. Needs the packages of requirements-dev.txt.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from tqdm import tqdm

from indexnet_core import RetrofitError, RetrofitReport, retrofit
from indexnet_engine.errors import UserError
from indexnet_segmentation.data.classes import SYNTHETIC
from indexnet_segmentation.data.synthetic import SyntheticScenes
from tools.command import new_parser, run

SIDE = 64
CROPS = 4
CLASSES = len(SYNTHETIC.names)
_MONAI_INNER = [
    ("model.1.submodule.0", "model.1.submodule.2.0.conv"),
    ("model.1.submodule.1.submodule.0", "model.1.submodule.1.submodule.2.0.conv"),
]
HEADS = (
    "network",
    "operator",
    "stages",
    "steps up",
    "parameters",
    "retrofitted",
    "GFLOPs",
    "retrofitted",
    "loss",
    "retrofitted",
)


@dataclass(frozen=True)
class Case:
    """A network and the options of its retrofit."""

    name: str
    make: Callable[[], nn.Module]
    operator: str
    options: dict[str, Any] = field(default_factory=dict)


class TimmUNet(nn.Module):
    """A small decoder over all scales of a timm backbone: interpolate, concatenate, convolve."""

    def __init__(self, backbone: str) -> None:
        super().__init__()
        self.backbone = _package("timm").create_model(backbone, pretrained=False, features_only=True)
        widths = self.backbone.feature_info.channels()
        joins = zip(reversed(widths[1:]), reversed(widths[:-1]))
        self.layers = nn.ModuleList(_layer(deep + skip, skip) for deep, skip in joins)
        self.head = nn.Conv2d(widths[0], CLASSES, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits at half the size of x, that of the backbone's first scale."""
        *skips, y = self.backbone(x)
        for layer in self.layers:
            skip = skips.pop()
            y = layer(torch.cat([F.interpolate(y, size=skip.shape[2:]), skip], 1))
        return self.head(y)


def main() -> None:
    """Print the table."""
    parser = new_parser("tools.paper.retrofit_table", __doc__)
    parser.add_argument("--networks", default="", help="only networks whose names contain this")
    parser.add_argument("--steps", type=int, default=40, help="steps of each training")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each network")
    options = parser.parse_args()
    for name in ("steps", "seeds"):
        if getattr(options, name) < 1:
            raise UserError(f"--{name} must be at least 1, got {getattr(options, name)}")
    cases = [case for case in list_cases() if options.networks.lower() in case.name.lower()]
    if not cases:
        names = ", ".join(dict.fromkeys(case.name for case in list_cases()))
        raise UserError(f"--networks: no name contains {options.networks!r}; there are {names}")
    print("| " + " | ".join(HEADS) + " |\n|" + "---|" * len(HEADS))
    for case in tqdm(cases, desc="networks", leave=False):
        tqdm.write(table_row(case, options.steps, options.seeds))


def list_cases() -> list[Case]:
    """The networks of the table."""
    mean: dict[str, Any] = {"channel_rule": "mean"}
    first: dict[str, Any] = {"several": "first"}
    return [
        Case("smp Unet, resnet34", _smp("Unet", "resnet34"), "hin-nl"),
        Case("smp Unet, resnet34", _smp("Unet", "resnet34"), "o2o-shared-nl", mean),
        Case("smp Unet, mobilenet_v2", _smp("Unet", "mobilenet_v2"), "hin-nl"),
        Case("smp Unet, vgg16_bn", _smp("Unet", "vgg16_bn"), "hin-nl"),
        Case("smp Unet, vgg16_bn", _smp("Unet", "vgg16_bn"), "o2o-shared-nl", mean),
        Case("smp FPN, resnet34", _smp("FPN", "resnet34"), "hin-nl", first),
        Case("smp FPN, mobilenet_v2", _smp("FPN", "mobilenet_v2"), "hin-nl", first),
        Case("smp FPN, vgg16_bn", _smp("FPN", "vgg16_bn"), "hin-nl", first),
        Case("MONAI UNet", _monai, "hin-nl"),
        # Its last upsampling returns the logits, whose width differs from that of every stage.
        Case("MONAI UNet", _monai, "o2o-shared-nl", {**mean, "pairs": _MONAI_INNER}),
        Case("timm resnet18, small decoder", lambda: TimmUNet("resnet18"), "hin-nl"),
        Case("timm resnet18, small decoder", lambda: TimmUNet("resnet18"), "o2o-shared-nl"),
        Case("torchvision fcn_resnet50", _fcn, "hin-nl"),
    ]


def table_row(case: Case, steps: int, seeds: int) -> str:
    """Retrofit and overfit one network."""
    images, labels = crops()
    losses: list[tuple[float, float]] = []
    report: RetrofitReport | None = None
    for seed in range(seeds):
        torch.manual_seed(seed)
        original = case.make()
        try:
            network, report = retrofit(original, case.operator, example=images[:1], **case.options)
        except RetrofitError as error:
            return f"| {case.name} | {case.operator} | " + f"{error} |" + " |" * (len(HEADS) - 3)
        losses.append(
            (overfit(original, images, labels, steps, seed), overfit(network, images, labels, steps, seed))
        )
    return _format(case, report, np.mean(losses, axis=0)) if report is not None else ""


def overfit(network: nn.Module, images: Tensor, labels: Tensor, steps: int, seed: int) -> float:
    """Train on the same few images at every step; return the mean cross-entropy of the last five steps."""
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(network.train().parameters(), 1e-3)
    losses = []
    for _ in range(steps):
        logits = network(images)
        if logits.shape[2:] != labels.shape[1:]:
            logits = F.interpolate(logits, size=labels.shape[1:], mode="bilinear")
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return float(np.mean(losses[-5:]))


def crops() -> tuple[Tensor, Tensor]:
    """The centres of the first builtin scenes, at half size: images (4, 3, 64, 64), labels (4, 64, 64)."""
    scenes = SyntheticScenes("train")
    images, labels = zip(*(scenes.read(index) for index in range(CROPS)))
    window = np.s_[:, SIDE : 3 * SIDE : 2, SIDE : 3 * SIDE : 2]
    image = torch.from_numpy(np.stack(images)[window]).permute(0, 3, 1, 2).contiguous()
    return image, torch.from_numpy(np.stack(labels)[window]).contiguous()


def _format(case: Case, report: RetrofitReport, losses: Any) -> str:
    named = {**case.options, "pairs": "pairs by name"} if "pairs" in case.options else case.options
    how = "".join(f", {value}" for value in named.values())
    cells = (
        case.name,
        f"`{case.operator}`{how}",
        str(len({pair.down for pair in report.pairs})),
        " ".join(dict.fromkeys(pair.was_up for pair in report.pairs)),
        f"{report.before.parameters:,}",
        f"{report.after.parameters:,}",
        f"{report.before.gflops:.3f}",
        f"{report.after.gflops:.3f}",
        f"{losses[0]:.3f}",
        f"{losses[1]:.3f}",
    )
    return "| " + " | ".join(cells) + " |"


def _smp(architecture: str, encoder: str) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        package = _package("segmentation_models_pytorch")
        return getattr(package, architecture)(encoder, encoder_weights=None, classes=CLASSES)

    return make


def _monai() -> nn.Module:
    options = {"channels": (16, 32, 64, 128), "strides": (2, 2, 2), "num_res_units": 2}
    package = _package("monai.networks.nets")
    return package.UNet(spatial_dims=2, in_channels=3, out_channels=CLASSES, **options)


def _fcn() -> nn.Module:
    package = _package("torchvision.models.segmentation")
    return package.fcn_resnet50(weights=None, weights_backbone=None, num_classes=CLASSES)


def _layer(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
    )


def _package(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise UserError(f"needs {name}, see requirements-dev.txt ({error})") from None


if __name__ == "__main__":
    run(main)
