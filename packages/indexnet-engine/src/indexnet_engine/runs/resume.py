"""Begin a run, or go on with one."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from indexnet_engine.cli.configuration import load_run_config, to_dict
from indexnet_engine.cli.origin import given_keys
from indexnet_engine.errors import UserError
from indexnet_engine.runs.run_folder import Run
from indexnet_engine.weights.pretrained import CONFIG_FILE, load_config

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    ConfigT = TypeVar("ConfigT", bound=DataclassInstance)
else:
    ConfigT = TypeVar("ConfigT")

__all__ = ["ResumeError", "open_run"]

RESUMABLE = ("stop_after", "accelerator", "devices", "workers", "checkpoint_every", "log_every")
"""Options of the loop that may be given anew: they do not change the data or the schedule."""

_OF_TRAINING = ("loop", "optim", "data")  # differ without making another network


class ResumeError(UserError):
    """A run that cannot go on in the way that is asked for.

    Args:
        problem: what is in the way.
        advice: what to do, for somebody who has given ``--resume``.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem, advice)
        self.problem = problem

    def __str__(self) -> str:
        return "; ".join(self.args)


def open_run(
    config: ConfigT, resume: Path | None, task: str | None = None
) -> tuple[ConfigT, Callable[[Path, str], Run]]:
    """Decide with which configuration to train, and give what makes the run folder when all is ready.

    A new run takes ``config``. A resumed one takes the configuration in its folder. The `RESUMABLE` options
    of ``config.loop`` replace what stands there where they were given, and ``stop_after`` always; any other
    option that was given beside ``--resume`` and differs is refused, since the run would no longer be the
    one that was begun. Given is what stood in the command line or its files, and what is not the default.

    Args:
        config: a configuration with a field ``loop``, as the command line gave it.
        resume: the folder of the run to go on with, or None.
        task: what the run must be about, as far as its folder says it: from the first evaluation on.

    Returns:
        The configuration, and ``make_run(root, name)``, which creates or opens the folder.

    Raises:
        ResumeError: if an option contradicts the run, or the run is about another task.
        UserError: if the folder is not a run's.
    """
    if resume is None:
        return config, lambda root, name: Run.create(root, name, to_dict(config))
    has_weights = (resume / CONFIG_FILE).is_file()
    if has_weights and task is not None and (other := load_config(resume).get("task", task)) != task:
        raise ResumeError(f"{resume}: a run of {other}, not of {task}", f"indexnet-{other} goes on with it")
    stored = load_run_config(type(config), resume)
    values, kept, default = _flat(config), _flat(stored), _flat(type(config)())
    given = {key for key in values if key in given_keys(config) or values[key] != default[key]}
    free = {"resume", *(f"loop.{name}" for name in RESUMABLE)}
    for key in sorted(given - free):
        if values[key] != kept[key]:
            advice = "leave it out, or start a new run without --resume"
            if has_weights and "pretrained" in values and key.partition(".")[0] in _OF_TRAINING:
                advice += f"; --pretrained {resume} begins one with its weights"
            raise ResumeError(f"--{key} {values[key]} contradicts {resume}, which has {kept[key]}", advice)
    fresh = {
        name: values[f"loop.{name}"] for name in RESUMABLE if name == "stop_after" or f"loop.{name}" in given
    }
    loop = dataclasses.replace(stored.loop, **fresh)  # type: ignore[attr-defined]
    return dataclasses.replace(stored, loop=loop), lambda _root, _name: Run.resume(resume)


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
