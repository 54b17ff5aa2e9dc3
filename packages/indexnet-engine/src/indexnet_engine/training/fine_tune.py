"""Begin a training with the weights of another."""

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.weights.pretrained import load_strictly

__all__ = ["load_pretrained", "require_one_source"]


def load_pretrained(
    model: nn.Module,
    source: Path,
    load_model: Callable[[Path], nn.Module],
    kind: Callable[[nn.Module], Mapping[str, object]],
) -> None:
    """Give a network the weights of another of the same kind.

    Args:
        model: the network.
        source: what ``load_model`` takes, or a checkpoint inside the folder of a run: ``RUN/last.ckpt``.
        load_model: builds a network from a folder, with its weights.
        kind: says what two networks must have in common, option by option, defaults included; not all of it
            shows in the tensors.

    Raises:
        UserError: the weights are not there or belong to a network of another kind; the option that differs
            is named.
    """
    checkpoint = source if source.is_file() else None
    trained = load_model(source.parent if checkpoint else source)
    own, other = kind(model), kind(trained)
    for option, here in own.items():
        if here != (there := other[option]):
            flag = "name" if option == "model" else option
            raise UserError(
                f"{source}: trained with {option} {there}, but the model has {option} {here}; "
                f"set --model.{flag} accordingly"
            )
    state = load_checkpoint(checkpoint)["model"] if checkpoint else trained.state_dict()
    load_strictly(model, state, source)


def require_one_source(encoder: object, pretrained: object) -> None:
    """Refuse weights for the encoder beside weights for all of the network.

    Raises:
        UserError: both are given.
    """
    if encoder is not None and pretrained is not None:
        raise UserError("--encoder and --pretrained both give the encoder its weights; leave one out")
