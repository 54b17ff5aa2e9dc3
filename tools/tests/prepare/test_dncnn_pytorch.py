from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from indexnet_denoising.predictor import load_model
from indexnet_engine.errors import UserError
from tools.prepare.convert_dncnn import main
from tools.prepare.dncnn_pytorch import read_pytorch

WIDTH = 5


def plain_network(
    depth: int = 17, channels: int = 1, *, norm: bool = True, bias: bool = False, eps: float = 1e-5
) -> nn.Sequential:
    """The noise predictor as it is usually written, with statistics as after a training."""
    layers: list[nn.Module] = [nn.Conv2d(channels, WIDTH, 3, padding=1, bias=bias), nn.ReLU()]
    for _ in range(depth - 2):
        layers.append(nn.Conv2d(WIDTH, WIDTH, 3, padding=1, bias=not norm))
        if norm:
            layers.append(nn.BatchNorm2d(WIDTH, eps))
        layers.append(nn.ReLU())
    layers.append(nn.Conv2d(WIDTH, channels, 3, padding=1, bias=bias))
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                nn.init.normal_(layer.bias, std=0.01)
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(std=0.1)
            layer.running_var.uniform_(0.5, 1.5)
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, std=0.1)
    return nn.Sequential(*layers).eval()


def named(network: nn.Module, before: str) -> dict[str, Tensor]:
    return {f"{before}{name}": tensor for name, tensor in network.state_dict().items()}


@torch.inference_mode()
def assert_converted(folder: Path, network: nn.Module, channels: int) -> None:
    noisy = torch.rand(2, channels, 12, 9)
    # The networks are random, so that their noise may be large; the tolerance is for values about 1.
    noise = network(noisy)
    converted = noisy - load_model(folder)(noisy)
    scale = max(1.0, float(noise.abs().max()))
    torch.testing.assert_close(converted / scale, noise / scale, rtol=0, atol=1e-6)
    assert noise.abs().max() > 0.01


@pytest.mark.parametrize("before", ["", "module.", "module.dncnn.", "model."])
@pytest.mark.parametrize("depth", [17, 20])
def test_names_of_any_kind(depth: int, before: str, tmp_path: Path) -> None:
    network = plain_network(depth)
    torch.save(named(network, before), tmp_path / "net.pth")
    main([str(tmp_path / "net.pth"), str(tmp_path / "model")])
    assert_converted(tmp_path / "model", network, 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("norm", [False, True])
def test_layers_of_any_kind(norm: bool, bias: bool, channels: int, tmp_path: Path) -> None:
    network = plain_network(channels=channels, norm=norm, bias=bias)
    torch.save({"epoch": 3, "state_dict": named(network, "module.")}, tmp_path / "net.pth.tar")
    main([str(tmp_path / "net.pth.tar"), str(tmp_path / "model")])
    assert_converted(tmp_path / "model", network, channels)


def test_a_bias_in_the_first_layer_alone(tmp_path: Path) -> None:
    network = plain_network(bias=True)
    last = network[-1]
    assert isinstance(last, nn.Conv2d)
    last.bias = None
    torch.save(named(network, ""), tmp_path / "net.pth")
    main([str(tmp_path / "net.pth"), str(tmp_path / "model")])
    assert_converted(tmp_path / "model", network, 1)


def test_the_order_is_that_of_the_numbers_not_of_the_file(tmp_path: Path) -> None:
    network = plain_network()
    save_file(named(network, "model."), tmp_path / "net.safetensors")  # which sorts 10 before 2
    main([str(tmp_path / "net.safetensors"), str(tmp_path / "model")])
    assert_converted(tmp_path / "model", network, 1)


def test_convolutions_and_norms_of_different_names(tmp_path: Path) -> None:
    network = plain_network()
    tensors, number = {}, -1
    for layer in network:
        number += isinstance(layer, nn.Conv2d)
        kind = "conv" if isinstance(layer, nn.Conv2d) else "bn"
        tensors |= {f"{kind}{number}.{name}": tensor for name, tensor in layer.state_dict().items()}
    torch.save(tensors, tmp_path / "net.pth")
    main([str(tmp_path / "net.pth"), str(tmp_path / "model")])
    assert_converted(tmp_path / "model", network, 1)


def test_eps_is_an_option(tmp_path: Path) -> None:
    network = plain_network(eps=0.1)
    torch.save(named(network, ""), tmp_path / "net.pth")
    main([str(tmp_path / "net.pth"), str(tmp_path / "model"), "--eps", "0.1"])
    assert_converted(tmp_path / "model", network, 1)


def test_half_precision_is_read(tmp_path: Path) -> None:
    network = plain_network(norm=False).half()
    torch.save(named(network, ""), tmp_path / "net.pth")
    main([str(tmp_path / "net.pth"), str(tmp_path / "model")])
    assert_converted(tmp_path / "model", network.float(), 1)


def changed(network: nn.Module, **tensors: Tensor) -> dict[str, Tensor]:
    state = network.state_dict()
    return state | {name.replace("_", ".", 1): tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (plain_network(7, norm=False).state_dict(), "7 convolutions; a DnCNN has 17 or 20"),
        (plain_network(channels=2).state_dict(), r"takes 2 channels; expected 1 \(gray\) or 3 \(colour\)"),
        (
            changed(plain_network(), **{"47_weight": torch.zeros(2, WIDTH, 3, 3)}),
            r"convolution 17 of 17 has weight \(2, 5, 3, 3\).*expected \(1, 5, 3, 3\)",
        ),
        (
            changed(plain_network(), **{"2_weight": torch.zeros(WIDTH, WIDTH, 5, 5)}),
            r"convolution 2 of 17 has weight \(5, 5, 5, 5\).*expected \(5, 5, 3, 3\)",
        ),
        (
            changed(plain_network(), **{"0_bias": torch.zeros(4)}),
            r"convolution 1 of 17 has .*bias \(4,\).*expected .*\(5,\)",
        ),
        (
            changed(plain_network(), **{"3_running_var": torch.ones(4)}),
            r"batch norm 1 has running_var \(4,\); expected \(5,\)",
        ),
        (
            changed(plain_network(), **{"3_running_var": torch.full((WIDTH,), -1.0)}),
            "convolution 2 of 17 has values that are not finite",
        ),
        (
            changed(plain_network(), **{"0_weight": torch.full((WIDTH, 1, 3, 3), torch.nan)}),
            "convolution 1 of 17 has values that are not finite",
        ),
        (
            {
                name: tensor
                for name, tensor in plain_network().state_dict().items()
                if not name.startswith("3.")
            },
            "14 batch norms; expected 15, between the convolutions, or none",
        ),
        (changed(plain_network(), fc_weight=torch.zeros(2, 2)), r"fc is no layer of a DnCNN: .*\(2, 2\)"),
        (changed(plain_network(), scale=torch.zeros(1)), "scale belongs to no layer of a DnCNN"),
        (
            changed(plain_network(), head_weight=torch.zeros(WIDTH, WIDTH, 3, 3)),
            "the names of the layers tell no order: 0, 2, 5",
        ),
        ({"epoch": 3}, "not a state dict: epoch is not a tensor"),
        (plain_network(), "holds objects other than tensors"),
    ],
)
def test_wrong_files_are_named_with_the_value(content: object, problem: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "net.pth")
    with pytest.raises(UserError, match=rf"net\.pth: .*{problem}") as caught:
        main([str(tmp_path / "net.pth"), str(tmp_path / "model")])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "model").exists()


def test_a_damaged_or_missing_file_is_named(tmp_path: Path) -> None:
    torch.save(plain_network().state_dict(), tmp_path / "net.pth")
    (tmp_path / "half.pth").write_bytes((tmp_path / "net.pth").read_bytes()[:3000])
    for name, problem in (("half.pth", "damaged"), ("nothing.pth", "no such file"), (".", "is a folder")):
        with pytest.raises(UserError, match=problem):
            read_pytorch(tmp_path / name)
