"""Networks of third-party packages, without downloaded weights: stages, weights, training, saving."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from indexnet_core import RetrofitError, RetrofitReport, retrofit
from indexnet_core.networks import IndexNetwork

X = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def smp(architecture: str, encoder: str) -> nn.Module:
    package = pytest.importorskip("segmentation_models_pytorch")
    options = {"decoder_channels": (64, 32, 16, 8, 8)} if architecture == "Unet" else {}
    return getattr(package, architecture)(encoder, encoder_weights=None, classes=2, **options)


def monai() -> nn.Module:
    package = pytest.importorskip("monai.networks.nets")
    widths = {"channels": (8, 16, 32), "strides": (2, 2), "num_res_units": 2}
    return package.UNet(spatial_dims=2, in_channels=3, out_channels=2, **widths)


class TimmUNet(nn.Module):
    """A small decoder over a timm backbone; a module, a function and a pixel shuffle upsample."""

    def __init__(self) -> None:
        super().__init__()
        timm = pytest.importorskip("timm")
        self.backbone = timm.create_model(
            "mobilenetv3_small_050", pretrained=False, features_only=True, out_indices=(0, 1, 2)
        )
        one, two, three = self.backbone.feature_info.channels()
        self.first, self.second = (
            nn.Conv2d(three + two, 16, 3, padding=1),
            nn.Conv2d(16 + one, 32, 3, padding=1),
        )
        self.upsample, self.shuffle = nn.Upsample(scale_factor=2, mode="bilinear"), nn.PixelShuffle(2)
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        one, two, three = self.backbone(x)
        y = self.first(torch.cat([self.upsample(three), two], 1)).relu()
        y = nn.functional.interpolate(y, size=one.shape[2:])
        return self.head(self.shuffle(self.second(torch.cat([y, one], 1)).relu()))


UNET = ("decoder.blocks.4", "decoder.blocks.3", "decoder.blocks.2", "decoder.blocks.1", "decoder.blocks.0")
PYRAMID = ("decoder.p2", "decoder.p3", "decoder.p4")
RESNET = ("encoder.conv1", "encoder.maxpool", "encoder.layer2.0", "encoder.layer3.0", "encoder.layer4.0")
MOBILENET = (
    "encoder.features.0.0",
    *(f"encoder.features.{number}.conv.1.0" for number in (2, 4, 7, 14)),
)
VGG = tuple(f"encoder.features.{number}" for number in (6, 13, 23, 33, 43))

CASES: dict[str, tuple[Callable[[], nn.Module], str, dict[str, Any], list[tuple[str, str]]]] = {
    "unet-resnet34": (
        lambda: smp("Unet", "resnet34"),
        "hin-nl",
        {},
        list(zip(RESNET, UNET)),
    ),
    "unet-mobilenet_v2": (lambda: smp("Unet", "mobilenet_v2"), "hin-nl-c", {}, list(zip(MOBILENET, UNET))),
    "unet-vgg16_bn": (
        lambda: smp("Unet", "vgg16_bn"),
        "o2o-modelwise-nl",
        {"channel_rule": "mean"},
        list(zip(VGG, UNET)),
    ),
    "fpn-resnet34": (
        lambda: smp("FPN", "resnet34"),
        "hin",
        {"several": "first"},
        list(zip(RESNET[2:], PYRAMID)),
    ),
    "fpn-mobilenet_v2": (
        lambda: smp("FPN", "mobilenet_v2"),
        "hin-nl",
        {"pairs": list(zip(("encoder.features.4", "encoder.features.7", "encoder.features.14"), PYRAMID))},
        list(zip(MOBILENET[2:], PYRAMID)),
    ),
    "fpn-vgg16_bn": (
        lambda: smp("FPN", "vgg16_bn"),
        "hin",
        {"several": "first"},
        list(zip(VGG[2:], PYRAMID)),
    ),
    "monai-unet": (
        monai,
        "o2o-modelwise-nl-c",
        {"channel_rule": "squeeze"},
        [("model.0", "model.2.0.conv"), ("model.1.submodule.0", "model.1.submodule.2.0.conv")],
    ),
    "timm": (
        TimmUNet,
        "hin-nl",
        {},
        [
            ("backbone.conv_stem", "shuffle"),
            ("backbone.blocks.0.0.conv_dw", "forward"),
            ("backbone.blocks.1.0.conv_dw", "upsample"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_third_party_network(case: str, tmp_path: Path) -> None:
    make, operator, options, pairs = CASES[case]
    original = make()
    wanted = original.eval()(X).shape
    network, report = retrofit(original.train(), operator, example=X, **options)
    assert [(pair.down, pair.up) for pair in report.pairs] == pairs
    check_weights(original, network, report)
    assert network.eval()(X).shape == wanted
    assert network(X[:1, :, :, :32].repeat(1, 1, 1, 3)).shape[2:] == (wanted[2], wanted[3] * 3 // 2)
    check_training(network.train())
    check_saving(
        network, retrofit(original, operator, example=X, **options)[0], tmp_path / "weights.safetensors"
    )


def check_weights(original: nn.Module, network: nn.Module, report: RetrofitReport) -> None:
    """Original weights bit for bit under their names; index networks once, shared by all stages or not."""
    state = network.state_dict()
    assert all(torch.equal(state.pop(name), value) for name, value in original.state_dict().items())
    assert state
    assert all(name.startswith("resampling.stages.") for name in state)
    stages = 1 if "modelwise" in report.operator else len({pair.down for pair in report.pairs})
    assert sum(isinstance(module, IndexNetwork) for module in network.modules()) == stages
    added = report.after.parameters - report.before.parameters
    assert added == sum(parameter.numel() for parameter in network.resampling.parameters())
    if "modelwise" in report.operator:
        assert added == (152 if report.operator.endswith("-c") else 56)


def check_training(network: nn.Module) -> None:
    """The loss falls, and every index network learns."""
    row, column = torch.meshgrid(torch.arange(64), torch.arange(64), indexing="ij")
    target = (row + column > 64).long().expand(2, 64, 64)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3)
    before = {name: value.clone() for name, value in network.named_parameters() if "resampling" in name}
    losses = []
    for _ in range(5):
        logits = network(X)
        scale = 64 // logits.shape[2]
        loss = nn.functional.cross_entropy(logits, target[:, ::scale, ::scale])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    parameters = dict(network.named_parameters())
    assert not any(torch.equal(parameters[name], value) for name, value in before.items())


def check_saving(network: nn.Module, other: nn.Module, path: Path) -> None:
    """Through safetensors, which refuses tensors that are registered twice."""
    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_model(network, path)
    assert set(safetensors.load_file(path)) == set(network.state_dict())
    safetensors.load_model(other, path, strict=True)
    assert torch.equal(other.eval()(X), network.eval()(X))


def test_fcn_has_no_coupled_stages() -> None:
    models = pytest.importorskip("torchvision.models.segmentation")
    network = models.fcn_resnet50(weights=None, weights_backbone=None)
    with pytest.raises(RetrofitError, match="no coupled ×2 stages: only an ×8 interpolation of logits"):
        retrofit(network, "hin", example=X)


def test_a_pyramid_needs_a_choice_of_its_steps_up() -> None:
    with pytest.raises(RetrofitError, match=r"not clear.*several=\"all\".*decoder.p4 .*decoder.seg_blocks.0"):
        retrofit(smp("FPN", "mobilenet_v2"), "hin", example=X)


def test_depthwise_maps_on_a_decoder_of_another_width() -> None:
    with pytest.raises(RetrofitError, match=r"decoder.blocks.0 has 1280 .* 160: use holistic maps"):
        retrofit(smp("Unet", "mobilenet_v2"), "m2o", example=X)
