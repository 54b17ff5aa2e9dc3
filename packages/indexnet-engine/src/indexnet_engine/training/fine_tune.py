"""Initial weights of a training, and checks of sample sizes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from torch import nn

from indexnet_engine.errors import OptionError, UserError
from indexnet_engine.models.create_network import with_defaults
from indexnet_engine.models.dense_network import DenseNetwork
from indexnet_engine.runs.checkpoint import load_checkpoint, trained_weights
from indexnet_engine.weights.pretrained import load_strictly

__all__ = ["check_size", "load_pretrained", "require_one_source"]


def load_pretrained(
    model: DenseNetwork,
    source: Path,
    load_model: Callable[[Path], nn.Module],
    models: Mapping[str, Callable[..., DenseNetwork]],
    options: Sequence[str],
) -> None:
    """Load the weights of another network that was built with the same options.

    Args:
        model: the network.
        source: the argument of ``load_model``, or a checkpoint inside the folder of a run: ``RUN/last.ckpt``.
        load_model: loads a network from a folder.
        models: the application's networks by name.
        options: arguments, including defaults, that must be equal in both networks; not all of them affect
            the shapes of tensors.

    Raises:
        UserError: the weights are missing or belong to a network with other options; the message names the
            first difference.
    """
    checkpoint = source if source.is_file() else None
    trained = load_model(source.parent if checkpoint else source)
    own, other = with_defaults(models, model), with_defaults(models, trained)
    for option in ("model", *options):
        here, there = own.get(option), other.get(option)
        if here != there:
            flag = "name" if option == "model" else option
            raise UserError(
                f"{source}: trained with {option} {there}, but the model has {option} {here}; "
                f"set --model.{flag} accordingly"
            )
    state = trained_weights(load_checkpoint(checkpoint)) if checkpoint else trained.state_dict()
    load_strictly(model, state, source)


def require_one_source(encoder: object, pretrained: object) -> None:
    """Refuse weights for the encoder together with weights for the whole network.

    Raises:
        UserError: both are given.
    """
    if encoder is not None and pretrained is not None:
        raise UserError("--encoder and --pretrained both set the encoder's weights; leave one out")


def check_size(option: str, size: int, model: DenseNetwork) -> None:
    """Refuse training samples whose side the network's stride does not divide.

    Raises:
        OptionError: the side is not divisible; the message starts with ``option``.
    """
    if size % model.stride and not model.any_size:
        name = model.config["model"]
        raise OptionError(option, f"must be divisible by {model.stride} for {name}, got {size}")
