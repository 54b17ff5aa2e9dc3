import pytest
import torch
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.models.encoder_weights import (
    WeightLayout,
    encoder_batch_norms,
    load_encoder_weights,
)

LAYOUTS = [
    WeightLayout("one's network", "a.0.weight", lambda key: f"a.{key}"),
    WeightLayout("another's", "b_0_weight", lambda key: "b_" + key.replace(".", "_")),
]


def encoder(channels: int = 3) -> nn.Module:
    return nn.Sequential(nn.Conv2d(channels, 2, 1), nn.BatchNorm2d(2))


def named(prefix: str = "a.") -> dict[str, Tensor]:
    state = {f"{prefix}{key}": torch.rand(tensor.shape) for key, tensor in encoder().state_dict().items()}
    return {key: value for key, value in state.items() if "num_batches" not in key}  # as in old files


def test_the_first_weight_identifies_the_layout() -> None:
    first, second, weights = encoder(), encoder(), named()
    load_encoder_weights(first, {**weights, "classifier": torch.zeros(3)}, LAYOUTS)
    other = {"b_" + key.removeprefix("a.").replace(".", "_"): value for key, value in weights.items()}
    load_encoder_weights(second, other, LAYOUTS)
    assert torch.equal(first.state_dict()["0.weight"], weights["a.0.weight"])
    assert all(torch.equal(tensor, second.state_dict()[key]) for key, tensor in first.state_dict().items())


def test_further_input_channels_start_at_zero() -> None:
    network, weights = encoder(5), named()
    load_encoder_weights(network, weights, LAYOUTS)
    weight = network.state_dict()["0.weight"]
    assert torch.equal(weight[:, :3], weights["a.0.weight"])
    assert not weight[:, 3:].any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a.0.weight": None}, r"encoder weights: no weights for .* one's network \(a.0.weight, …\) or ano"),
        ({"a.1.bias": None}, "do not fit: missing a.1.bias; expected the names of one's network"),
        ({"a.1.bias": torch.zeros(3)}, r"a.1.bias has the shape \(3,\), the encoder's is \(2,\)"),
        ({"a.1.bias": torch.full((2,), torch.inf)}, "a.1.bias holds values that are not finite"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Tensor | None], message: str) -> None:
    network = encoder()
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    weights = {key: tensor for key, tensor in (named() | change).items() if tensor is not None}
    with pytest.raises(UserError, match=message):
        load_encoder_weights(network, weights, LAYOUTS)
    assert all(torch.equal(tensor, before[key]) for key, tensor in network.state_dict().items())


def test_batch_norm_of_the_encoder_alone() -> None:
    network = nn.Module()
    network.encoder, network.decoder = encoder(), encoder()
    assert encoder_batch_norms(network) == [network.encoder[1]]  # type: ignore[index]
