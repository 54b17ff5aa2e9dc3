"""Train a depth network: data, model, loss, steps."""

import math
from collections.abc import Mapping
from pathlib import Path

from torch import nn

from indexnet_depth.config import TrainConfig
from indexnet_depth.data.augment import AugmentConfig
from indexnet_depth.data.dataset import DepthDataset
from indexnet_depth.data.depth_file import USUAL_MEAN
from indexnet_depth.data.generator.dataset import GeneratedDataset
from indexnet_depth.data.generator.open_generated import generated_frames, is_generated, open_generated
from indexnet_depth.data.open_data import Frames, open_data
from indexnet_depth.evaluation import check_frames
from indexnet_depth.models import MODELS, FastDepth, create_model, load_encoder
from indexnet_depth.predictor import load_model
from indexnet_depth.training.task import DepthTask
from indexnet_engine.errors import OptionError
from indexnet_engine.randomness import seed_everything
from indexnet_engine.runs.resume import open_run
from indexnet_engine.training.fine_tune import check_size, load_pretrained, require_one_source
from indexnet_engine.training.loop import fit

__all__ = ["open_test_frames", "train"]

# Options that --pretrained weights must share with the model; not all of them show in the tensors.
_MUST_MATCH = ("resampling", "width", "skips", "channel_rule", "expansion", "normalization")

_CHECKED = 1_000  # training frames that are read before a training starts; check-data reads all


def train(config: TrainConfig) -> Path:
    """Run a training and return the folder of the run.

    Raises:
        UserError: if the configuration or the data are invalid; nothing has been written then.
    """
    resumed = config.resume is not None
    config, make_run = open_run(config, config.resume, "depth")
    require_one_source(config.encoder, config.pretrained)
    data = config.data
    seed_everything(config.loop.seed)
    model = create_model(**config.model.arguments())
    if config.start_depth is not None:
        # The default of 0 is far from depths in metres.
        nn.init.constant_(model.get_parameter("prediction.norm.bias"), config.start_depth)
    if not resumed:
        _load_weights(model, config)
    check_size("data.size", data.size, model)
    train_data, training_mean = _train_data(config)
    test_frames = open_test_frames(config)
    means = {"training": training_mean, "test": check_frames(test_frames, size=data.size)}
    task = DepthTask(model, train_data, test_frames)
    task.notes = [*_notes(config, test_frames), *_unit_notes(means)]
    run = make_run(config.out, config.run_name())
    fit(task, run, config.loop, config.optim)
    return run.folder


def _train_data(config: TrainConfig) -> tuple[DepthDataset | GeneratedDataset, float]:
    """Open views of frames, or the generator; and the mean depth of the frames, NaN where unknown."""
    data, seed = config.data, config.loop.seed
    if is_generated(data.train):
        for name, value in vars(AugmentConfig()).items():
            if getattr(config.augment, name) != value:
                raise OptionError(f"augment.{name}", "is for frames, not for generated rooms")
        generated = open_generated(
            data.photographs, seed=seed, size=data.size, length=data.rooms, nominal=data.nominal_lens
        )
        return generated, math.nan
    frames = open_data(data.train, "train", data.unit)
    return DepthDataset(frames, config.augment, seed, size=data.size), check_frames(frames, _CHECKED)


def _load_weights(model: FastDepth, config: TrainConfig) -> None:
    """Load the weights that a new training starts from."""
    if config.encoder is not None:
        load_encoder(model, config.encoder, trained_on=config.encoder_input)
    if config.pretrained is not None:
        load_pretrained(model, config.pretrained, load_model, MODELS, _MUST_MATCH)


def open_test_frames(config: TrainConfig) -> Frames:
    """Open the held-out frames, by default the validation frames of the training data."""
    data = config.data
    if data.test is None and is_generated(data.train):
        return generated_frames("val", data.nominal_lens)
    if data.test is None:
        return open_data(data.train, "val", data.unit)
    return open_data(data.test, "val", data.test_unit, otherwise=data.unit)


def _notes(config: TrainConfig, test_frames: Frames) -> list[str]:
    """Return the notes that are printed when the training starts."""
    notes = [config.encoder_note()]
    if config.data.test is None and not test_frames.splits:
        notes.append(
            f"note: {config.data.train} has no validation frames, so evaluation uses the "
            "training frames; name others with --data.test"
        )
    return notes


def _unit_notes(means: Mapping[str, float]) -> list[str]:
    """Return notes on mean depths that suggest a wrong unit; ``means`` in metres, NaN where unknown."""
    low, high = USUAL_MEAN
    return [
        f"note: the mean depth of the {which} frames, {mean:.3g} m, is unusual for rooms; is the unit right?"
        for which, mean in means.items()
        if mean < low or mean > high
    ]
