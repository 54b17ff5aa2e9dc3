from pathlib import Path
from typing import Any

import pytest
import torch

from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.models.create_network import create_network
from indexnet_engine.models.dense_network import DenseNetwork
from indexnet_engine.training.fine_tune import check_size, load_pretrained, require_one_source
from indexnet_engine.weights.pretrained import from_pretrained, save_pretrained


class Net(DenseNetwork):
    """A layer of a width."""

    def __init__(self, width: int = 3, *, norm: str = "a", init: str = "he") -> None:
        super().__init__(width)
        self.weight = torch.nn.Parameter(torch.rand(width))


MODELS: dict[str, type[Net]] = {"net": Net, "x": Net}


def create(config: dict[str, Any]) -> Net:
    arguments = dict(config)
    return create_network(MODELS, "toy", arguments.pop("model"), arguments)


def load_model(folder: Path) -> Net:
    return from_pretrained(folder, create)  # type: ignore[return-value]


@pytest.mark.parametrize(
    "config", [{"model": "net", "width": 3, "init": "other"}, {"model": "net"}, {"model": "net", "norm": "a"}]
)
def test_defaults_and_what_does_not_matter_may_be_left_out(tmp_path: Path, config: dict[str, Any]) -> None:
    save_pretrained(create({"model": "net", "width": 3}), tmp_path, {})
    model = create(config)
    load_pretrained(model, tmp_path, load_model, MODELS, ["width", "norm"])
    assert torch.equal(model.weight, load_model(tmp_path).weight)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"model": "net", "width": 4}, "trained with width 3, but the model has width 4; set --model.w"),
        ({"model": "net", "norm": "b"}, "trained with norm a, but the model has norm b; set --model.norm"),
        ({"model": "x"}, "trained with model net, but the model has model x; set --model.name"),
    ],
)
def test_options_that_matter_are_named(tmp_path: Path, config: dict[str, Any], message: str) -> None:
    save_pretrained(create({"model": "net"}), tmp_path, {})
    with pytest.raises(UserError, match=message):
        load_pretrained(create(config), tmp_path, load_model, MODELS, ["width", "norm"])


def test_sizes_of_the_samples() -> None:
    model = create({"model": "net", "width": 8})
    check_size("data.size", 16, model)
    with pytest.raises(OptionError, match=r"data.size must be divisible by 8 for net, got 12"):
        check_size("data.size", 12, model)
    model.any_size = True
    check_size("data.size", 12, model)


def test_one_source_of_the_encoders_weights() -> None:
    require_one_source("a", None)
    require_one_source(None, "b")
    with pytest.raises(UserError, match="--encoder and --pretrained both set"):
        require_one_source("a", "b")
