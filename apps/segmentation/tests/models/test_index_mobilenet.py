"""The network of our own: cost, operators, resolutions of its layers, ImageNet weights."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

from indexnet_core import OPERATORS, SpecError, measure_complexity, parse_operator
from indexnet_engine.models.mobilenet import InvertedResidual
from indexnet_segmentation.models import create_model, load_encoder
from indexnet_segmentation.models.index_mobilenet import IndexMobileNet

WITHOUT_STRIDES = [name for name in OPERATORS if not parse_operator(name).strided]


def test_cost() -> None:
    with torch.device("meta"):
        cost = measure_complexity(IndexMobileNet(classes=11), torch.zeros(1, 3, 352, 480))
    assert (cost.parameters, f"{cost.gflops:.3f}") == (2_635_131, "3.505")


@pytest.mark.parametrize("operator", WITHOUT_STRIDES)
def test_every_operator_runs_and_learns(operator: str) -> None:
    model = create_model("index-mobilenet", resampling=operator, classes=5, width=4)
    scores = model(torch.rand(2, 3, 64, 32))
    assert scores.shape == (2, 5, 64, 32)
    scores.square().sum().backward()
    assert [key for key, parameter in model.named_parameters() if parameter.grad is None] == []


def test_strides_are_refused() -> None:
    with pytest.raises(SpecError, match="index-mobilenet adds the features that stride"):
        create_model("index-mobilenet", width=4, resampling="stride+nearest")


@pytest.mark.parametrize("size", [(1, 1), (45, 70), (33, 32)])
def test_padding_takes_any_size(size: tuple[int, int]) -> None:
    model = create_model("index-mobilenet", classes=3, width=4, pad=True).eval()
    with torch.inference_mode():
        assert model(torch.rand(1, 3, *size)).shape == (1, 3, *size)


def sizes(layers: nn.Module, run: nn.Module, x: Tensor) -> list[tuple[int, ...]]:
    """The shapes of the outputs of layers while a network runs."""
    found: list[tuple[int, ...]] = []
    for layer in layers.children():
        layer.register_forward_hook(lambda _layer, _input, output: found.append(tuple(output.shape[1:])))
    run(x)
    return found


def test_layers_run_at_mobilenets_resolution_but_for_the_first() -> None:
    with torch.device("meta"):
        ours, theirs = IndexMobileNet(classes=2).eval(), torchvision.models.mobilenet_v2().eval()
        x = torch.zeros(1, 3, 64, 96)
        layers = sizes(ours.encoder.layers, ours, x)
        blocks = sizes(theirs.features, theirs, x)
    assert layers[0] == (32, 64, 96)
    assert layers[1:] == [blocks[last] for last in (1, 3, 6, 10, 13, 16, 17)]


def test_encoder_weights_are_torchvisions() -> None:
    weights = torchvision.models.mobilenet_v2().state_dict()
    model = create_model("index-mobilenet", classes=3)
    load_encoder(model, weights)
    block = model.encoder.get_submodule("layers.2.0")
    assert isinstance(block, InvertedResidual)
    assert torch.equal(block.expand.conv.weight, weights["features.2.conv.0.0.weight"])  # type: ignore[union-attr]


def test_torchvisions_weights_are_requested_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = torchvision.models.mobilenet_v2().state_dict()
    kind = torchvision.models.MobileNet_V2_Weights
    monkeypatch.setattr(kind, "get_state_dict", lambda _kind, **_options: weights)
    model = create_model("index-mobilenet", classes=3)
    load_encoder(model, "imagenet")
    first = model.get_parameter("encoder.layers.0.conv.weight")
    assert torch.equal(first, weights["features.0.0.weight"])
