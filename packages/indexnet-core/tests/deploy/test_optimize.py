"""Optimised networks give the results of the original."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from indexnet_core import create_index_network, create_resampling, optimize_for_inference
from indexnet_core.deploy.optimize import fold_batch_norm
from indexnet_core.errors import SpecError
from indexnet_core.fused import strips
from indexnet_core.operators.names import INDEX_NETWORKS, OPERATORS, parse_operator


def trained(model: nn.Module) -> nn.Module:
    """Set random statistics and scales, as after a training."""
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm) and module.track_running_stats:
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


class ThereAndBack(nn.Module):
    """Down and up by one operator."""

    stride = 2

    def __init__(self, operator: str, channels: int = 4) -> None:
        super().__init__()
        self.resampling = create_resampling(operator, channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.resampling.up(*self.resampling.down(x))


class Custom(nn.Sequential):
    """A subclass of `nn.Sequential`, with convolutions of several kinds."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Sequential(nn.Conv2d(8, 8, 3, stride=2, groups=4, bias=False), nn.BatchNorm2d(8)),
            nn.ConvTranspose2d(8, 4, 2, 2),
            nn.BatchNorm2d(4),
        )


@pytest.mark.parametrize("name", INDEX_NETWORKS)
def test_index_networks_are_folded(name: str) -> None:
    network = trained(create_index_network(name, 4)).double()
    x = torch.randn(2, 4, 6, 8, dtype=torch.float64)
    folded = fold_batch_norm(copy.deepcopy(network))
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    torch.testing.assert_close(tuple(folded(x)), tuple(network(x)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_keeps_its_results(operator: str) -> None:
    if parse_operator(operator).strided:
        pytest.skip("the network's own convolution goes down")
    model, x = trained(ThereAndBack(operator)), torch.randn(2, 4, 6, 8)
    torch.testing.assert_close(optimize_for_inference(model)(x), model(x))


@pytest.mark.parametrize("name", ["hin-nl-c", "m2o", "m2o-nl-c"])
def test_large_maps_are_processed_in_strips(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, x = trained(ThereAndBack(name)).double(), torch.randn(1, 4, 74, 8, dtype=torch.float64)
    monkeypatch.setattr(strips, "_VALUES", 16)
    heights: list[int] = []
    fast = optimize_for_inference(model)
    fast.network.resampling.network.block.conv.register_forward_hook(
        lambda _module, args, _output: heights.append(args[0].shape[2])
    )
    torch.testing.assert_close(fast(x), model(x), rtol=0, atol=1e-12)
    assert heights == [18, 20, 20, 20, 12]


def test_chains_are_folded_and_transposed_convolutions_are_not() -> None:
    model, x = trained(Custom()), torch.randn(2, 3, 9, 11)
    fast = optimize_for_inference(model)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in fast.modules()) == 1
    torch.testing.assert_close(fast(x), model(x), rtol=1e-5, atol=1e-5)


def test_what_cannot_be_folded_is_left() -> None:
    """A convolution that is used twice, and batch norm without statistics."""
    shared = nn.Conv2d(3, 3, 1)
    model = nn.Sequential(
        nn.Sequential(shared, nn.BatchNorm2d(3)),
        nn.Sequential(shared, nn.BatchNorm2d(3)),
        nn.Conv2d(3, 3, 1),
        nn.BatchNorm2d(3, track_running_stats=False),
    )
    model, x = trained(model), torch.randn(2, 3, 4, 4)
    fast = optimize_for_inference(model)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in fast.modules()) == 3
    torch.testing.assert_close(fast(x), model(x), rtol=1e-5, atol=1e-5)


def test_the_original_is_untouched() -> None:
    model = Custom().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fast = optimize_for_inference(model)
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not any(parameter.requires_grad for parameter in fast.parameters())


@pytest.mark.parametrize(("precision", "dtype"), [("bf16", torch.bfloat16), ("fp16", torch.float16)])
def test_half_the_precision_inside_and_the_same_outside(precision: str, dtype: torch.dtype) -> None:
    model, x = trained(ThereAndBack("m2o-nl-c")), torch.randn(2, 4, 8, 8)
    seen: list[torch.dtype] = []
    fast = optimize_for_inference(model, precision=precision)
    fast.network.resampling.network.block.project.register_forward_hook(
        lambda _module, _args, output: seen.append(output.dtype)
    )
    result = fast(x)
    assert seen == [dtype]
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, model(x), rtol=0.02, atol=0.02)


def test_other_attributes_are_the_networks_own() -> None:
    fast = optimize_for_inference(ThereAndBack("max"))
    assert fast.stride == 2
    assert fast.resampling is fast.network.resampling
    with pytest.raises(AttributeError, match="nonsense"):
        _ = fast.nonsense


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(SpecError, match=r"precision must be one of .*got '16'"):
        optimize_for_inference(Custom(), precision="16")  # type: ignore[arg-type]


class Standardized(nn.Conv2d):
    """A convolution with an overridden forward."""

    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


class OwnWay(nn.Sequential):
    """A chain with an overridden forward."""

    def forward(self, x: Tensor) -> Tensor:
        return self[1](self[0](x).relu())


def conv() -> nn.Conv2d:
    return nn.Conv2d(3, 3, 1)


def shared_activation() -> nn.Module:
    act = nn.ReLU()
    return nn.Sequential(conv(), act, conv(), act, nn.BatchNorm2d(3))


def hooked() -> nn.Module:
    model = nn.Sequential(conv(), nn.BatchNorm2d(3))
    model[0].register_forward_hook(lambda _module, _args, output: output.relu())
    return model


@pytest.mark.parametrize(
    "build",
    [
        shared_activation,
        hooked,
        lambda: nn.Sequential(Standardized(3, 3, 1), nn.BatchNorm2d(3)),
        lambda: OwnWay(conv(), nn.BatchNorm2d(3)),
        lambda: nn.Sequential(nn.utils.parametrizations.weight_norm(conv()), nn.BatchNorm2d(3)),
    ],
    ids=["shared activation", "hook", "own forward", "own way", "parametrization"],
)
def test_no_fold_that_would_change_the_result(build: Callable[[], nn.Module]) -> None:
    model, x = trained(build()), torch.randn(2, 3, 4, 4)
    fast = optimize_for_inference(model)
    assert sum(isinstance(module, nn.BatchNorm2d) for module in fast.modules()) == 1
    torch.testing.assert_close(fast(x), model(x))


@pytest.mark.parametrize(("name", "channels", "k"), [("hin-nl", 1, 2), ("hin-nl", 4, 3), ("m2o-nl-c", 4, 3)])
def test_strips_of_any_region_and_width(
    name: str, channels: int, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = trained(create_index_network(name, channels, k=k)).double()
    x = torch.randn(1, channels, 74 * k, 4 * k, dtype=torch.float64)
    whole = network(x).logits
    monkeypatch.setattr(strips, "_VALUES", 16)
    with strips.saving_memory():
        torch.testing.assert_close(network(x).logits, whole, rtol=0, atol=1e-12)


def test_a_compiled_graph_of_it_is_whole() -> None:
    model, x = trained(ThereAndBack("m2o-nl-c")), torch.randn(1, 4, 8, 8)
    fast = optimize_for_inference(model)
    torch.testing.assert_close(torch.compile(fast, fullgraph=True, backend="eager")(x), model(x))


def test_compiled_networks_have_the_same_names() -> None:
    model = Custom()
    plain, compiled = optimize_for_inference(model), optimize_for_inference(model, compile=True)
    assert plain.state_dict().keys() == compiled.state_dict().keys()


def test_the_meta_device_suffices() -> None:
    with torch.device("meta"):
        assert optimize_for_inference(Custom())(torch.rand(1, 3, 9, 9)).shape == (1, 4, 8, 8)
