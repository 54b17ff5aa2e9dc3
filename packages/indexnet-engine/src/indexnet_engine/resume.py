"""Begin a run, or go on with one."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from indexnet_engine.configuration import load_run_config, to_dict
from indexnet_engine.errors import UserError
from indexnet_engine.run import Run

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    ConfigT = TypeVar("ConfigT", bound=DataclassInstance)
else:
    ConfigT = TypeVar("ConfigT")

__all__ = ["open_run"]

RESUMABLE = ("stop_after", "accelerator", "devices", "workers", "checkpoint_every", "log_every")
"""Options of the loop that may be given anew with ``--resume``: they do not change what is learned."""


def open_run(config: ConfigT, resume: Path | None) -> tuple[ConfigT, Callable[[Path, str], Run]]:
    """Decide with which configuration to train, and give what makes the run folder when all is ready.

    A new run takes ``config``. A resumed one takes the configuration in its folder. The `RESUMABLE` options
    of ``config.loop`` replace what stands there where they are not the default, and ``stop_after`` always;
    any other option that was given beside ``--resume`` and differs is refused, since the run would no longer
    be the one that was begun.

    Args:
        config: a configuration with a field ``loop``, as the command line gave it.
        resume: the folder of the run to go on with, or None.

    Returns:
        The configuration, and ``make_run(root, name)``, which creates or opens the folder.

    Raises:
        UserError: if an option contradicts the run, or the folder is not a run's.
    """
    if resume is None:
        return config, lambda root, name: Run.create(root, name, to_dict(config))
    stored = load_run_config(type(config), resume)
    given, kept, default = _flat(config), _flat(stored), _flat(type(config)())
    free = {"resume", *(f"loop.{name}" for name in RESUMABLE)}
    for key in given.keys() - free:
        if given[key] not in (default[key], kept[key]):
            raise UserError(
                f"--{key} {given[key]} contradicts {resume}, which has {kept[key]}; "
                "leave it out, or start a new run without --resume"
            )
    loop = stored.loop  # type: ignore[attr-defined]
    asked = {name: given[f"loop.{name}"] for name in RESUMABLE}
    fresh = {
        name: value
        for name, value in asked.items()
        if name == "stop_after" or value != default[f"loop.{name}"]
    }
    fresh_loop = dataclasses.replace(loop, **fresh)
    return dataclasses.replace(stored, loop=fresh_loop), lambda _root, _name: Run.resume(resume)


def _flat(config: Any, prefix: str = "") -> dict[str, Any]:
    """``{"loop.seed": 0, ...}``."""
    values: dict[str, Any] = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            values |= _flat(value, f"{prefix}{field.name}.")
        else:
            values[prefix + field.name] = value
    return values
