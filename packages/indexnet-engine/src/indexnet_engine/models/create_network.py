"""Build networks by name; they keep the arguments that they were built with."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from torch import nn

from indexnet_core import SpecError
from indexnet_engine.models.dense_network import DenseNetwork

__all__ = ["create_network", "with_defaults"]

NetworkT = TypeVar("NetworkT", bound=DenseNetwork)


def create_network(
    models: Mapping[str, Callable[..., NetworkT]], task: str, model: str, arguments: Mapping[str, Any]
) -> NetworkT:
    """Build a network by name; name and arguments are kept as ``.config``.

    Args:
        models: from name to class, or to a class with some of its arguments (`functools.partial`).
        task: name of the task, for errors.
        model: a key of ``models``.
        arguments: keyword arguments of the class.

    Raises:
        SpecError: if the name or an argument is unknown, or an argument has a wrong type.
    """
    if model not in models:
        raise SpecError(f"unknown {task} model {model!r}; choose one of {', '.join(models)}")
    options = inspect.signature(models[model]).parameters
    if unknown := [name for name in arguments if name not in options]:
        raise SpecError(f"{model} has no option {', '.join(unknown)}; it has {', '.join(options)}")
    try:
        network = models[model](**arguments)
    except TypeError as error:
        raise SpecError(f"{model}: {error}") from None
    network.config = {"model": model, **arguments}
    return network


def with_defaults(models: Mapping[str, Callable[..., DenseNetwork]], network: nn.Module) -> dict[str, Any]:
    """Return name and arguments of a network, with defaults for arguments that its ``.config`` lacks.

    Args:
        models: as for `create_network`.
        network: built by it.
    """
    config: dict[str, Any] = network.config  # type: ignore[assignment]  # nn.Module says Tensor | Module
    arguments = {name: value for name, value in config.items() if name != "model"}
    bound = inspect.signature(models[config["model"]]).bind(**arguments)
    bound.apply_defaults()
    return {"model": config["model"], **bound.arguments}
