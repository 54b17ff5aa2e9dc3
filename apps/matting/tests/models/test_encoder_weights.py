"""Encoder weights: names of torchvision and timm, and the same features as torchvision's network."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.models.mobilenet import InvertedResidual, MobileNetEncoder
from indexnet_matting.models import create_model, encoder_batch_norms, load_encoder

torchvision = pytest.importorskip("torchvision")


def jolt(model: nn.Module) -> nn.Module:
    """Set batch norm to values that a trained network could have."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)  # type: ignore[union-attr]
            module.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
            nn.init.normal_(module.weight, 1, 0.1)
            nn.init.normal_(module.bias, 0.2, 0.2)
    return model.double().eval()


@pytest.fixture(scope="module")
def mobilenet() -> nn.Module:
    torch.manual_seed(0)
    return jolt(torchvision.models.mobilenet_v2())


def pad_as_usual(encoder: MobileNetEncoder) -> None:
    """Undo the padding before the expansion, so that the whole feature can be compared."""
    for block in encoder.modules():
        if isinstance(block, InvertedResidual):
            block.border = 0
            block.depthwise.conv.padding = block.depthwise.conv.dilation


def features(encoder: nn.Module, x: Tensor) -> Tensor:
    for layer in encoder.layers:  # type: ignore[union-attr]
        x = layer(x)
    return x


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_features_equal_torchvisions(mobilenet: nn.Module, wrapped: bool) -> None:
    model = create_model("b2").double().eval()  # with MobileNetV2's own strides
    weights = mobilenet.state_dict()
    load_encoder(
        model, {"state_dict": {f"module.{n}": t for n, t in weights.items()}} if wrapped else weights
    )  # type: ignore
    pad_as_usual(model.encoder)
    image, trimap = torch.randn(1, 3, 64, 96, dtype=torch.double), torch.rand(1, 1, 64, 96)
    expected = mobilenet.features[:18](image)  # type: ignore[index]
    found = features(model.encoder, torch.cat([image, trimap.double()], 1))
    torch.testing.assert_close(found, expected)
    assert expected.std() > 0.01
    assert not model.encoder.layers[0].conv.weight[:, 3].any()  # the trimap's channel


def timm_names(mobilenet: nn.Module) -> dict[str, Tensor]:
    """The same weights under timm's names, written down block by block."""
    found: dict[str, Tensor] = {}

    def put(prefix: str, layer: nn.Module) -> None:
        found.update({f"{prefix}.{name}": tensor for name, tensor in layer.state_dict().items()})

    blocks = mobilenet.features  # type: ignore[assignment]
    put("conv_stem", blocks[0][0])
    put("bn1", blocks[0][1])
    put("blocks.0.0.conv_dw", blocks[1].conv[0][0])
    put("blocks.0.0.bn1", blocks[1].conv[0][1])
    put("blocks.0.0.conv_pw", blocks[1].conv[1])
    put("blocks.0.0.bn2", blocks[1].conv[2])
    number = 2
    for stage, count in enumerate((2, 3, 4, 3, 3, 1), 1):
        for block in range(count):
            layers, prefix = blocks[number].conv, f"blocks.{stage}.{block}"
            put(f"{prefix}.conv_pw", layers[0][0])
            put(f"{prefix}.bn1", layers[0][1])
            put(f"{prefix}.conv_dw", layers[1][0])
            put(f"{prefix}.bn2", layers[1][1])
            put(f"{prefix}.conv_pwl", layers[2])
            put(f"{prefix}.bn3", layers[3])
            number += 1
    put("conv_head", blocks[18][0])
    return found


def test_timms_names_give_the_same(mobilenet: nn.Module) -> None:
    first, second = (create_model("b11") for _ in range(2))
    load_encoder(first, mobilenet.state_dict())
    load_encoder(second, timm_names(mobilenet))
    for name, tensor in first.encoder.state_dict().items():
        assert torch.equal(tensor, second.encoder.state_dict()[name]), name


def test_vgg(tmp_path: Path) -> None:
    torch.manual_seed(0)
    # Of torchvision's network only the features are needed; its classifier has 120 million weights.
    vgg = jolt(torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["D"], batch_norm=True))
    weights = {f"features.{name}": tensor for name, tensor in vgg.state_dict().items()}
    model = create_model("b3", width=1.0)
    load_encoder(model, weights)
    y = image = torch.randn(1, 3, 32, 32, dtype=torch.double)
    y = torch.cat([image, torch.rand(1, 1, 32, 32)], 1)
    encoder = model.encoder.double().eval()
    for stage in encoder.layers:
        y = torch.nn.functional.max_pool2d(stage(y), 2)
    # float32 weights on the way
    torch.testing.assert_close(y, vgg(image), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["b1", "b2", "b5", "b9", "b11", "hmi"])
def test_all_networks_on_mobilenet_take_them(name: str, mobilenet: nn.Module) -> None:
    model = create_model(name)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    load_encoder(model, mobilenet.state_dict())
    changed = {
        key.split(".")[0]
        for key, tensor in model.state_dict().items()
        if not torch.equal(tensor, before[key])
    }
    assert changed == {"encoder"}
    assert len(encoder_batch_norms(model)) == 51


def test_half_precision_and_missing_counters(mobilenet: nn.Module, tmp_path: Path) -> None:
    weights = {n: t.half() for n, t in mobilenet.state_dict().items() if "num_batches_tracked" not in n}
    torch.save(weights, tmp_path / "half.pth")
    model = create_model("b11")
    load_encoder(model, tmp_path / "half.pth")
    weight = model.encoder.layers[0].conv.weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight[:, :3], weights["features.0.0.weight"].float())


def test_four_channels_are_taken_as_they_are(mobilenet: nn.Module) -> None:
    weights = {**mobilenet.state_dict(), "features.0.0.weight": torch.rand(32, 4, 3, 3)}
    model = create_model("b11")
    load_encoder(model, weights)
    assert torch.equal(model.encoder.layers[0].conv.weight, weights["features.0.0.weight"])


def test_mismatches_are_named(mobilenet: nn.Module, tmp_path: Path) -> None:
    weights = mobilenet.state_dict()
    lacking = {name: tensor for name, tensor in weights.items() if name != "features.9.conv.2.weight"}
    with pytest.raises(UserError, match=r"do not fit: missing features\.9\.conv\.2\.weight"):
        load_encoder(create_model("b11", width=0.25), lacking)
    with pytest.raises(
        UserError, match=r"features\.0\.0\.weight has the shape \(32, 4, 3, 3\), .* \(8, 4, 3, 3"
    ):
        load_encoder(create_model("b11", width=0.25), weights)
    with pytest.raises(UserError, match=r"expected the names of torchvision's vgg16_bn"):
        load_encoder(create_model("b3", width=0.05), weights)
    file = tmp_path / "resnet.pth"
    torch.save({"conv1.weight": torch.ones(3)}, file)
    with pytest.raises(UserError, match=r"resnet\.pth: .*torchvision's mobilenet_v2 .* or timm's"):
        load_encoder(create_model("b11", width=0.25), file)
    with pytest.raises(UserError, match="no such file"):
        load_encoder(create_model("b11", width=0.25), tmp_path / "none.pth")


@pytest.mark.data
def test_the_shared_imagenet_weights(shared) -> None:
    file = shared("data/weights/imagenet_mobilenet/mobilenet_v2_torchvision_names.pth")
    network = torchvision.models.mobilenet_v2().eval()
    network.load_state_dict(torch.load(file, weights_only=True))
    model = create_model("b2").eval()
    load_encoder(model, file)
    pad_as_usual(model.encoder)
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected = network.features[:18](image)
        found = features(model.encoder, torch.cat([image, torch.rand(1, 1, 64, 64)], 1))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
