import pytest
import torch
from torch import nn

from indexnet_denoising.models.dncnn import DnCNN


def test_architecture() -> None:
    with torch.device("meta"):
        model = DnCNN()
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 17
    assert [conv.bias is not None for conv in convolutions] == [True] + [False] * 16
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules()) == 15
    assert sum(isinstance(layer, nn.ReLU) for layer in model.modules()) == 16


def test_keys_are_frozen() -> None:
    assert list(DnCNN(width=2, depth=3).state_dict()) == [
        "layers.conv0.weight",
        "layers.conv0.bias",
        "layers.conv1.weight",
        "layers.norm1.weight",
        "layers.norm1.bias",
        "layers.norm1.running_mean",
        "layers.norm1.running_var",
        "layers.norm1.num_batches_tracked",
        "layers.conv2.weight",
    ]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(1, 1), (13, 7), (40, 40)])
def test_any_size(channels: int, size: tuple[int, int]) -> None:
    noisy = torch.rand(2, channels, *size)
    assert DnCNN(channels, width=4, depth=4).eval()(noisy).shape == noisy.shape


def test_forward_subtracts_the_noise_that_the_layers_predict() -> None:
    model = DnCNN(width=4, depth=4).eval()
    noisy = torch.rand(1, 1, 9, 9)
    torch.testing.assert_close(model(noisy) + model.layers(noisy), noisy)


def test_zero_prediction_is_the_identity() -> None:
    noisy = torch.rand(2, 3, 9, 9)
    assert torch.equal(DnCNN(3, width=4, zero_prediction=True)(noisy), noisy)
    assert not torch.equal(DnCNN(3, width=4)(noisy), noisy)


def test_receptive_field_is_35_pixels() -> None:
    model = DnCNN(width=2, norm=False, bias=True).double()
    for parameter in model.parameters():
        nn.init.constant_(parameter, 0.3)  # positive, so that no ReLU hides a pixel
    noisy = torch.zeros(1, 1, 51, 51, dtype=torch.double, requires_grad=True)
    model(noisy)[0, 0, 25, 25].backward()
    assert noisy.grad is not None
    reached = noisy.grad[0, 0].nonzero()
    assert reached.amin(0).tolist() == [8, 8]
    assert reached.amax(0).tolist() == [42, 42]
