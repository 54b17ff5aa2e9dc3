from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.pretrained import load_pretrained
from indexnet_engine.weights import from_pretrained, save_pretrained


def create(config: dict[str, Any]) -> nn.Module:
    """A layer whose width is its configuration."""
    model = nn.Linear(config.get("width", 3), 2)
    model.config = config  # type: ignore[assignment]
    return model


def load_model(folder: Path) -> nn.Module:
    return from_pretrained(folder, create)


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    save_pretrained(create({"model": "layer", "width": 3, "init": "he"}), tmp_path, {})
    return tmp_path


@pytest.mark.parametrize(
    "config", [{"model": "layer", "width": 3, "init": "other"}, {"model": "layer", "width": 3, "bias": "yes"}]
)
def test_options_that_do_not_matter_may_differ(trained: Path, config: dict[str, Any]) -> None:
    model = create(config)
    load_pretrained(model, trained, load_model)
    assert torch.equal(model.weight, load_model(trained).weight)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            {"model": "layer", "width": 4},
            "trained with width 3, but the model has width 4; set --model.width",
        ),
        ({"model": "layer"}, "trained with width 3, but the model has width its default"),
        (
            {"model": "net", "width": 3},
            "trained with model layer, but the model has model net; set --model.n",
        ),
    ],
)
def test_options_that_matter_are_named(trained: Path, config: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_pretrained(create(config), trained, load_model)
