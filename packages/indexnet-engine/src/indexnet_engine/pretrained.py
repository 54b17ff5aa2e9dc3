"""Begin a training with the weights of another."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from indexnet_engine.checkpoint import load_checkpoint
from indexnet_engine.errors import UserError
from indexnet_engine.weights import load_strictly

__all__ = ["load_pretrained"]

_OF_NO_MATTER = ("init", "pad", "zero_prediction")
"""Options that say how weights begin or what happens around the network."""


def load_pretrained(model: nn.Module, source: Path, load_model: Callable[[Path], nn.Module]) -> None:
    """Give a network the weights of another of the same kind.

    Args:
        model: carries ``config``, the options that it was built from.
        source: what ``load_model`` takes, or a checkpoint inside the folder of a run: ``RUN/last.ckpt``.
        load_model: builds a network from a folder, with its weights and its ``config``.

    Raises:
        UserError: the weights are not there or belong to a network of another kind; the option that differs
            is named.
    """
    checkpoint = source if source.is_file() else None
    trained = load_model(source.parent if checkpoint else source)
    own, other = _options(model), _options(trained)
    for option, there in other.items():  # where it says nothing, the tensors decide
        here = own.get(option, "its default")
        if here != there:
            flag = "name" if option == "model" else option
            raise UserError(
                f"{source}: trained with {option} {there}, but the model has {option} {here}; "
                f"set --model.{flag} accordingly"
            )
    state = load_checkpoint(checkpoint)["model"] if checkpoint else trained.state_dict()
    load_strictly(model, state, source)


def _options(model: nn.Module) -> dict[str, Any]:
    config = model.config
    options = dict(config) if isinstance(config, Mapping) else {}
    return {name: value for name, value in options.items() if name not in _OF_NO_MATTER}
