"""Train a matting network: data, model, loss, steps."""

from pathlib import Path

from torch import nn

from indexnet_engine.errors import OptionError
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_engine.models.aspp import ASPP
from indexnet_engine.processes import torchrun_number
from indexnet_engine.randomness import seed_everything
from indexnet_engine.runs.resume import open_run
from indexnet_engine.training.fine_tune import check_size, load_pretrained, require_one_source
from indexnet_engine.training.loop import fit
from indexnet_engine.training.notes import long_schedule
from indexnet_engine.training.task import TrainData
from indexnet_matting.config import DataConfig, TrainConfig
from indexnet_matting.data.generator.open_generated import is_generated, open_generated
from indexnet_matting.data.open_data import load_test_set, open_training_data, training_backgrounds
from indexnet_matting.evaluation import check_images
from indexnet_matting.models import MODELS, MattingNetwork, create_model, load_encoder
from indexnet_matting.predictor import MattingPredictor, load_model
from indexnet_matting.training.task import MattingTask

__all__ = ["train"]

# Options that --pretrained weights must share with the model; not all of them show in the tensors.
_MUST_MATCH = ("resampling", "fusion", "output_stride", "width", "expansion", "normalization")


def train(config: TrainConfig) -> Path:
    """Run a training and return the folder of the run.

    Raises:
        UserError: if the configuration or the data are invalid; nothing has been written then.
    """
    resumed = config.resume is not None
    config, make_run = open_run(config, config.resume, "matting")
    data = config.data
    require_one_source(config.encoder, config.pretrained)
    freeze_bn = config.freezes_bn()
    seed_everything(config.loop.seed)
    model = create_model(**config.model.arguments())
    if not resumed:
        _load_weights(model, config)
    check_size("data.size", data.size, model)
    _check_batch(model, config)
    test_images = load_test_set(data.test)
    check_images(MattingPredictor(model.eval()), test_images)
    train_data = _train_data(data, config.loop.seed)
    scale = config.encoder_lr_scale if config.has_trained_encoder() else 1.0
    task = MattingTask(model, train_data, test_images, encoder_lr_scale=scale, freeze_bn=freeze_bn)
    task.notes = [_encoder_note(config, scale, freeze_bn), *_data_notes(config, len(train_data))]
    run = make_run(config.out, config.run_name())
    fit(task, run, config.loop, config.optim)
    return run.folder


def _train_data(data: DataConfig, seed: int) -> TrainData:
    """Open crops of foregrounds, or the generator."""
    if is_generated(data.train):
        return open_generated(
            data.backgrounds, data.background_names, seed=seed, size=data.size, repeats=data.repeats
        )
    return open_training_data(
        data.train,
        data.backgrounds,
        cache_dir=data.cache,
        seed=seed,
        crops=data.crops,
        size=data.size,
        repeats=data.repeats,
        background_names=data.background_names,
        background_scale=data.background_scale,
    )


def _load_weights(model: MattingNetwork, config: TrainConfig) -> None:
    """Load the weights that a new training starts from."""
    if config.encoder is not None:
        load_encoder(model, config.encoder)
    if config.pretrained is not None:
        load_pretrained(model, config.pretrained, load_model, MODELS, _MUST_MATCH)


def _check_batch(model: nn.Module, config: TrainConfig) -> None:
    """Refuse batches too small for ASPP: batch norm after a global average needs two samples."""
    processes = 1 if config.loop.sync_bn else torchrun_number("WORLD_SIZE", alone=1)
    samples = config.loop.batch_size // (processes * config.loop.accumulate)
    if samples < 2 and any(isinstance(module, ASPP) for module in model.modules()):
        raise OptionError(
            "loop.batch_size",
            f"{config.loop.batch_size} leaves fewer than two samples for each of "
            f"processes x accumulate = {processes} x {config.loop.accumulate}: too few for ASPP's batch norm",
        )


def _encoder_note(config: TrainConfig, scale: float, freeze_bn: bool) -> str:
    """Describe which weights the encoder starts from and how it is trained."""
    frozen = "keeps its statistics" if freeze_bn else "is trained"
    rate = "the full rate" if scale == 1 else f"{scale:g} of the rate"
    return f"{config.encoder_note()}: learns at {rate}, its batch norm {frozen}"


def _data_notes(config: TrainConfig, samples: int) -> list[str]:
    """Print a note where builtin images replace those of a data set."""
    data = config.data
    if is_builtin(data.train):
        return long_schedule(config.loop, samples, 2_000)
    if is_generated(data.train):
        builtin = is_builtin(data.backgrounds or "builtin")
    else:
        builtin = is_builtin(training_backgrounds(data.train, data.backgrounds))
    notes = []
    if builtin:
        notes.append(
            "backgrounds are the photographs inside scikit-image; name a folder with --data.backgrounds"
        )
    if is_builtin(data.test):
        notes.append("measured on drawn scenes; name held-out images of your own with --data.test")
    return notes
