"""Encoder weights: torchvision's names, and the same features as torchvision's network."""

from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
import torchvision
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_segmentation.models import create_model, encoder_batch_norms, load_encoder
from indexnet_segmentation.models.segnet import SegNet


def vgg_features(width: int = 64) -> nn.Module:
    """The features of torchvision's vgg16_bn, with values that a trained network could have."""
    layout = [size if size == "M" else size * width // 64 for size in torchvision.models.vgg.cfgs["D"]]
    features = torchvision.models.vgg.make_layers(layout, batch_norm=True)
    for module in features.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.normal_(module.weight, 1, 0.1)
            nn.init.normal_(module.bias, 0.2, 0.2)
    return features.eval()


def named(features: nn.Module) -> dict[str, Tensor]:
    return {f"features.{name}": tensor for name, tensor in features.state_dict().items()}


def encode(model: SegNet, x: Tensor) -> Tensor:
    for stage in model.encoder.layers:
        x = torch.nn.functional.max_pool2d(stage(x), 2)
    return x


@pytest.mark.parametrize("width", [64, 4])
def test_the_features_equal_torchvisions(width: int) -> None:
    vgg = vgg_features(width)
    model = create_model("segnet", classes=5, width=width)
    others = {k: v.clone() for k, v in model.state_dict().items() if not k.startswith("encoder")}
    load_encoder(model, {**named(vgg), "classifier.0.weight": torch.zeros(3)})
    image = torch.randn(1, 3, 64, 32)
    with torch.inference_mode():
        expected = vgg(image)
        torch.testing.assert_close(encode(model.eval(), image), expected, rtol=1e-4, atol=1e-4)
    assert expected.std() > 0.01
    assert all(torch.equal(tensor, model.state_dict()[name]) for name, tensor in others.items())


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file(wrapped: bool, tmp_path: Path) -> None:
    weights = named(vgg_features(4))
    content: Any = {"state_dict": {f"module.{n}": t.half() for n, t in weights.items()}}
    torch.save(content if wrapped else weights, tmp_path / "vgg.pth")
    model = create_model("segnet", width=4)
    load_encoder(model, tmp_path / "vgg.pth")
    weight = model.encoder.layers[0][0].conv.weight
    assert weight.dtype == torch.float32
    torch.testing.assert_close(weight.detach(), weights["features.0.weight"], atol=1e-3, rtol=1e-3)


def test_torchvisions_weights_are_requested_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = named(vgg_features(4))
    asked = []

    def get_state_dict(self: object, **options: object) -> dict[str, Tensor]:
        asked.append((self, options))
        return weights

    kind = torchvision.models.VGG16_BN_Weights
    monkeypatch.setattr(kind, "get_state_dict", get_state_dict)
    model = create_model("segnet", width=4)
    load_encoder(model, "imagenet")
    assert asked == [(kind.IMAGENET1K_V1, {"progress": True, "check_hash": True})]
    assert torch.equal(model.encoder.layers[0][0].conv.weight, weights["features.0.weight"])


def test_a_failed_download_suggests_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_state_dict(self: object, **options: object) -> None:
        raise URLError("Name or service not known")

    monkeypatch.setattr(torchvision.models.VGG16_BN_Weights, "get_state_dict", get_state_dict)
    with pytest.raises(UserError, match=r"imagenet: .*cannot be downloaded .*name a file of vgg16_bn"):
        load_encoder(create_model("segnet", width=4), "imagenet")


def test_missing_counters() -> None:
    weights = {name: t for name, t in named(vgg_features(4)).items() if "num_batches" not in name}
    model = create_model("segnet", width=4)
    load_encoder(model, weights)
    assert torch.equal(model.encoder.layers[4][2].norm.running_var, weights["features.41.running_var"])


def test_mismatches_are_named(tmp_path: Path) -> None:
    weights = named(vgg_features(4))
    model = create_model("segnet", width=8)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(UserError, match=r"features\.0\.weight has the shape \(4, 3, 3, 3\), .*\(8, 3, 3"):
        load_encoder(model, weights)
    lacking = {name: tensor for name, tensor in weights.items() if name != "features.14.weight"}
    with pytest.raises(UserError, match=r"missing features\.14\.weight; expected the names of torchvision's"):
        load_encoder(create_model("segnet", width=4), lacking)
    broken = {**weights, "features.3.bias": torch.full((4,), float("nan"))}
    with pytest.raises(UserError, match=r"features\.3\.bias holds values that are not finite"):
        load_encoder(create_model("segnet", width=4), broken)
    torch.save({"conv1.weight": torch.ones(3)}, tmp_path / "resnet.pth")
    with pytest.raises(UserError, match=r"resnet\.pth: no weights for this encoder"):
        load_encoder(model, tmp_path / "resnet.pth")
    with pytest.raises(UserError, match="no such file"):
        load_encoder(model, tmp_path / "none.pth")
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_only_the_encoders_batch_norm_is_frozen() -> None:
    model = create_model("segnet", resampling="hin-nl", width=4)
    frozen = set(map(id, encoder_batch_norms(model)))
    assert len(frozen) == 13
    for name, module in model.named_modules():
        assert (id(module) in frozen) == (
            isinstance(module, nn.BatchNorm2d) and name.startswith("encoder.")
        ), name
