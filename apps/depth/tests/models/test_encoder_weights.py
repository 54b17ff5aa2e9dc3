from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from indexnet_depth.models import create_model, load_encoder
from indexnet_engine.errors import UserError
from indexnet_engine.models.encoder_weights import IMAGENET_MEAN, IMAGENET_STD


class MobileNet(nn.Module):
    """MobileNet-v1 with the names of FastDepth's ImageNet checkpoint, written from its table of layers."""

    def __init__(self, base: int = 32) -> None:
        super().__init__()

        def conv(wide: int, out: int, stride: int) -> list[nn.Module]:
            return [nn.Conv2d(wide, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU6()]

        def separable(wide: int, out: int, stride: int) -> list[nn.Module]:
            return [
                nn.Conv2d(wide, wide, 3, stride, 1, groups=wide, bias=False),
                nn.BatchNorm2d(wide),
                nn.ReLU6(),
                nn.Conv2d(wide, out, 1, bias=False),
                nn.BatchNorm2d(out),
                nn.ReLU6(),
            ]

        plan = [(2, 1), (4, 2), (4, 1), (8, 2), (8, 1), (16, 2), *[(16, 1)] * 5, (32, 2), (32, 1)]
        units, wide = [nn.Sequential(*conv(3, base, 2))], base
        for times, stride in plan:
            units.append(nn.Sequential(*separable(wide, times * base, stride)))
            wide = times * base
        self.model = nn.Sequential(*units)
        self.fc = nn.Linear(wide, 10)


@pytest.fixture(scope="module")
def mobilenet() -> MobileNet:
    torch.manual_seed(0)
    network = MobileNet(8)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 2)
            nn.init.normal_(module.weight, 1, 0.1)
            nn.init.normal_(module.bias, 0.2, 0.2)
    return network.eval()


def features(encoder: nn.Module, x: Tensor) -> Tensor:
    for unit in encoder.units:
        x = unit(x)
    return x


def normalised(x: Tensor) -> Tensor:
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    return (x - mean) / std


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_features_equal_the_reference(mobilenet: MobileNet, wrapped: bool) -> None:
    model = create_model("fastdepth-nnconv5", width=0.25).eval()
    weights = mobilenet.state_dict()
    if wrapped:
        weights = {"state_dict": {f"module.{name}": tensor for name, tensor in weights.items()}}
    load_encoder(model, weights, trained_on="unit")
    x = torch.rand(1, 3, 64, 96)
    torch.testing.assert_close(features(model.encoder, x), mobilenet.model(x))


def test_weights_for_normalised_colours_are_converted(mobilenet: MobileNet) -> None:
    model = create_model("fastdepth-nnconv5", width=0.25).eval()
    load_encoder(model, mobilenet.state_dict())
    x = torch.rand(1, 3, 64, 96)
    inner = (..., slice(1, None), slice(1, None))  # the border's zeros are black here and gray there
    expected = mobilenet.model[0](normalised(x))
    torch.testing.assert_close(model.encoder.units[0](x)[inner], expected[inner], rtol=1e-4, atol=1e-4)


def test_the_p_variant_takes_them_and_nothing_else_changes(mobilenet: MobileNet) -> None:
    model = create_model("fastdepth-p-nnconv5", resampling="m2o", width=0.25)
    before = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    load_encoder(model, mobilenet.state_dict())
    after = model.state_dict()
    changed = {key.split(".")[0] for key, tensor in after.items() if not torch.equal(tensor, before[key])}
    assert changed == {"encoder"}
    assert torch.equal(after["encoder.units.13.pointwise.conv.weight"], mobilenet.model[13][3].weight)


def test_half_precision_and_missing_counters(mobilenet: MobileNet, tmp_path: Path) -> None:
    weights = {n: t.half() for n, t in mobilenet.state_dict().items() if "num_batches_tracked" not in n}
    torch.save(weights, tmp_path / "half.pth")
    model = create_model("fastdepth-nnconv5", width=0.25)
    load_encoder(model, tmp_path / "half.pth", trained_on="unit")
    weight = model.encoder.units[1].pointwise.conv.weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight, weights["model.1.3.weight"].float())


def test_mismatches_are_named(mobilenet: MobileNet, tmp_path: Path) -> None:
    weights = mobilenet.state_dict()
    model = create_model("fastdepth-nnconv5", width=0.25)
    lacking = {name: tensor for name, tensor in weights.items() if name != "model.9.3.weight"}
    with pytest.raises(UserError, match=r"do not fit: missing model\.9\.3\.weight"):
        load_encoder(model, lacking)
    with pytest.raises(
        UserError, match=r"model\.0\.0\.weight has the shape \(8, 3, 3, 3\), .* \(16, 3, 3, 3\)"
    ):
        load_encoder(create_model("fastdepth-nnconv5", width=0.5), weights)
    torch.save({"conv1.weight": torch.ones(3)}, tmp_path / "resnet.pth")
    with pytest.raises(UserError, match=r"resnet\.pth: no weights for this encoder; expected .*FastDepth"):
        load_encoder(model, tmp_path / "resnet.pth")
    with pytest.raises(UserError, match="no such file"):
        load_encoder(model, tmp_path / "none.pth")


@pytest.mark.data
def test_the_shared_imagenet_weights(shared) -> None:
    file = shared("data/weights/imagenet_mobilenet/mobilenet_v1_fastdepth_names.pth")
    network = MobileNet().eval()
    stored = {name: tensor.float() for name, tensor in torch.load(file, weights_only=True).items()}
    network.load_state_dict(stored, strict=False)
    model = create_model("fastdepth-nnconv5").eval()
    load_encoder(model, file, trained_on="unit")
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        expected = network.model(normalised(image))
        torch.testing.assert_close(features(model.encoder, normalised(image)), expected, rtol=1e-4, atol=1e-4)
    assert expected.std() > 0.1
