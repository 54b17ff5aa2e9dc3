"""Start a run, or resume one."""

import dataclasses
from collections.abc import Callable, Mapping
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
"""Options of the loop that a resumed run may change: they affect neither the data nor the schedule."""

_OF_TRAINING = ("loop", "optim", "data")  # may differ between runs of one network


class ResumeError(UserError):
    """A run cannot be resumed with the given options.

    Args:
        problem: the reason.
        advice: how to correct it, for a user of ``--resume``.
    """

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem, advice)
        self.problem = problem

    def __str__(self) -> str:
        return "; ".join(self.args)


def open_run(
    config: ConfigT, resume: Path | None, task: str | None = None
) -> tuple[ConfigT, Callable[[Path, str], Run]]:
    """Determine the configuration of a training, and return a function that makes the run folder.

    A new run uses ``config``. A resumed run uses the configuration in its folder; given `RESUMABLE` options
    of ``config.loop`` replace the saved ones, and ``stop_after`` always does. Any other given option that
    differs is refused, since it would be another run. An option counts as given if it is in the command line
    or its files, or differs from its default.

    Args:
        config: a configuration with a field ``loop``, as parsed from the command line.
        resume: the folder of the run to resume, or None.
        task: the task that the run must be for; its folder names the task from the first evaluation on.

    Returns:
        The configuration, and ``make_run(root, name)``, which creates or opens the folder.

    Raises:
        ResumeError: if an option contradicts the run, or the run is for another task.
        UserError: if the folder is not the folder of a run.
    """
    if resume is None:
        return config, lambda root, name: Run.create(root, name, to_dict(config))
    if task is not None:
        _require_task(resume, task)
    saved = load_run_config(type(config), resume)
    given = _given(config)
    _refuse_contradictions(given, _flat(saved), resume)
    changed = {name: given[f"loop.{name}"] for name in RESUMABLE if f"loop.{name}" in given}
    changed["stop_after"] = config.loop.stop_after  # type: ignore[attr-defined]
    loop = dataclasses.replace(saved.loop, **changed)  # type: ignore[attr-defined]
    return dataclasses.replace(saved, loop=loop), lambda _root, _name: Run.resume(resume)


def _require_task(folder: Path, task: str) -> None:
    """Refuse a run whose weights are for another task."""
    if _has_weights(folder) and (other := load_config(folder).get("task", task)) != task:
        raise ResumeError(f"{folder}: a run of {other}, not of {task}", f"indexnet-{other} resumes it")


def _given(config: Any) -> dict[str, Any]:
    """Return the options that were given or differ from their default: ``{"loop.seed": 1, ...}``."""
    values, default = _flat(config), _flat(type(config)())
    given = given_keys(config)
    return {key: value for key, value in values.items() if key in given or value != default[key]}


def _refuse_contradictions(given: Mapping[str, Any], saved: Mapping[str, Any], folder: Path) -> None:
    """Refuse options that differ from those of the run."""
    free = {"resume", *(f"loop.{name}" for name in RESUMABLE)}
    for key in sorted(given.keys() - free):
        if given[key] != saved[key]:
            advice = "leave it out, or start a new run without --resume"
            if _has_weights(folder) and "pretrained" in saved and key.partition(".")[0] in _OF_TRAINING:
                advice += f"; --pretrained {folder} starts one from its weights"
            raise ResumeError(f"--{key} {given[key]} contradicts {folder}, which has {saved[key]}", advice)


def _has_weights(folder: Path) -> bool:
    return (folder / CONFIG_FILE).is_file()


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
