from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.training.fine_tune import load_pretrained, require_one_source
from indexnet_engine.weights.pretrained import from_pretrained, save_pretrained


def create(config: dict[str, Any]) -> nn.Module:
    """A layer whose width is its configuration."""
    model = nn.Linear(config.get("width", 3), 2)
    model.config = config  # type: ignore[assignment]
    return model


def load_model(folder: Path) -> nn.Module:
    return from_pretrained(folder, create)


def kind(model: nn.Module) -> dict[str, object]:
    config: dict[str, object] = {"width": 3, "norm": "a"} | model.config  # type: ignore[operator]
    return {name: config[name] for name in ("model", "width", "norm")}


@pytest.mark.parametrize(
    "config", [{"model": "net", "width": 3, "init": "other"}, {"model": "net"}, {"model": "net", "norm": "a"}]
)
def test_defaults_and_what_does_not_matter_may_be_left_out(tmp_path: Path, config: dict[str, Any]) -> None:
    save_pretrained(create({"model": "net", "width": 3}), tmp_path, {})
    model = create(config)
    load_pretrained(model, tmp_path, load_model, kind)
    assert torch.equal(model.weight, load_model(tmp_path).weight)  # type: ignore[arg-type]


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
        load_pretrained(create(config), tmp_path, load_model, kind)


def test_one_source_of_the_encoders_weights() -> None:
    require_one_source("a", None)
    require_one_source(None, "b")
    with pytest.raises(UserError, match="--encoder and --pretrained both give"):
        require_one_source("a", "b")
