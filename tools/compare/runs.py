"""Trainings in run folders, resumed where they exist."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from torch import nn

from indexnet_engine.cli.configuration import parse_config
from indexnet_engine.cli.origin import naming_options
from indexnet_engine.errors import UserError
from indexnet_engine.runs.checkpoint import load_checkpoint, trained_weights
from indexnet_engine.runs.resume import ResumeError, open_run
from indexnet_engine.weights.pretrained import load_strictly
from tools.compare.task import ComparedTask, Contender

__all__ = ["Weights", "configuration", "load_run", "trained"]

Weights = Literal["last", "best"]
"""Weights after the last step, or those that were best on the images evaluated during training."""


def configuration(task: ComparedTask, contender: Contender, seed: int, further: Sequence[str]) -> Any:
    """Return the configuration of one training, which resumes a run of the same name.

    Args:
        task: with its options.
        contender: the row that the training belongs to.
        seed: seed of the training.
        further: options of the training on the tool's command line.

    Raises:
        UserError: an option is wrong, or contradicts the existing run.
    """
    options = task.options
    name = f"{contender.label}-seed{seed}"
    folder = Path(options.out) / name
    words = [f"--config={options.config}", f"--out={options.out}", f"--name={name}", f"--loop.seed={seed}"]
    words += [] if options.data is None else [f"--data.train={options.data}"]
    words += [*task.shared_words(), *contender.words]
    words += [f"--resume={folder}"] if (folder / "config.yaml").exists() else []
    config: Any = parse_config(task.config_class, [*words, *further], configs=task.configs)
    try:
        open_run(config, config.resume, task.name)
    except ResumeError as error:  # replaces advice about --resume, which was not given
        raise UserError(f"{error.problem}; choose another --out") from None
    return config


def trained(task: ComparedTask, config: Any) -> Path:
    """Start or resume one run; a finished run has no steps left."""
    with naming_options(config):
        return task.run_training(config)


def load_run(task: ComparedTask, folder: Path, which: Weights, device: str) -> nn.Module:
    """Load the network of a run, in evaluation mode."""
    model = task.load_network(folder, device)
    if which == "last":
        checkpoint = folder / "last.ckpt"
        load_strictly(model, trained_weights(load_checkpoint(checkpoint)), checkpoint)
    return model
