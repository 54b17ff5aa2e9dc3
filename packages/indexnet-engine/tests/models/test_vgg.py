import pytest
import torch
from torch import nn

from indexnet_core import ResamplingStages, SpecError
from indexnet_engine.models.vgg import TORCHVISION_VGG, VGGEncoder, refuse_strides


def test_it_is_vgg_16() -> None:
    with torch.device("meta"):
        encoder = VGGEncoder(3, [64, 128, 256, 512, 512])
    widths = [layer.out_channels for layer in encoder.modules() if isinstance(layer, nn.Conv2d)]
    assert widths == [64, 64, 128, 128, *3 * [256], *6 * [512]]
    parameters = sum(parameter.numel() for parameter in encoder.parameters())
    assert parameters == 14_714_688 + 2 * sum(widths)  # VGG-16's convolutions, and batch norm


def test_torchvisions_names_are_those_of_its_network() -> None:
    torchvision = pytest.importorskip("torchvision")
    with torch.device("meta"):
        encoder, theirs = VGGEncoder(3, [64, 128, 256, 512, 512]), torchvision.models.vgg16_bn()
    features = {name for name in theirs.state_dict() if name.startswith("features")}
    assert {TORCHVISION_VGG.name_of(name) for name in encoder.state_dict()} == features


def test_strides_are_refused() -> None:
    with pytest.raises(SpecError, match=r"VGG-16 has no strided convolutions for stride\+nearest"):
        refuse_strides(ResamplingStages("stride+nearest", [4]))
