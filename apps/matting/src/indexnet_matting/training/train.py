"""Train a matting network: data, model, loss, steps."""

from pathlib import Path

from torch import nn

from indexnet_engine.errors import OptionError
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_engine.inference.device import stride_of
from indexnet_engine.processes import torchrun_number
from indexnet_engine.randomness import seed_everything
from indexnet_engine.runs.resume import open_run
from indexnet_engine.training.fine_tune import load_pretrained, require_one_source
from indexnet_engine.training.loop import fit
from indexnet_matting.commands.evaluate import check_images
from indexnet_matting.config import TrainConfig
from indexnet_matting.data.open_data import load_test_set, open_training_data, training_backgrounds
from indexnet_matting.models import create_model, load_encoder
from indexnet_matting.models.aspp import ASPP
from indexnet_matting.predictor import load_model
from indexnet_matting.training.task import MattingTask

__all__ = ["train"]


def train(config: TrainConfig) -> Path:
    """Run a training and return the folder of the run.

    Raises:
        UserError: if the configuration or the data are not right; nothing has been written then.
    """
    resumed = config.resume is not None
    config, make_run = open_run(config, config.resume, "matting")
    data = config.data
    require_one_source(config.encoder, config.pretrained)
    freeze_bn = config.freezes_bn()
    seed_everything(config.loop.seed)
    model = create_model(**config.model.arguments())
    if config.encoder is not None and not resumed:
        load_encoder(model, config.encoder)
    if config.pretrained is not None and not resumed:
        load_pretrained(model, config.pretrained, load_model, _kind)
    if data.size % stride_of(model) and not model.any_size:
        raise OptionError(
            "data.size", f"must be divisible by {stride_of(model)} for {config.model.name}, got {data.size}"
        )
    _check_batch(model, config)
    test_images = load_test_set(data.test)
    check_images(model.eval(), test_images)
    train_data = open_training_data(
        data.train,
        data.backgrounds,
        cache_dir=data.cache,
        seed=config.loop.seed,
        crops=data.crops,
        size=data.size,
        repeats=data.repeats,
        background_names=data.background_names,
        background_scale=data.background_scale,
    )
    scale = config.encoder_lr_scale if config.has_trained_encoder() else 1.0
    notes = [_beginning(config, scale, freeze_bn)]
    if not is_builtin(data.train):
        if is_builtin(training_backgrounds(data.train, data.backgrounds)):
            notes.append(
                "backgrounds are the photographs inside scikit-image; name a folder with --data.backgrounds"
            )
        if is_builtin(data.test):
            notes.append("measured on drawn scenes; name held-out images of your own with --data.test")
    elif config.loop.total_steps(len(train_data) // config.loop.batch_size) > 2_000:
        notes.append("this is the full schedule, which takes a GPU; for a first try: --config small")
    task = MattingTask(model, train_data, test_images, encoder_lr_scale=scale, freeze_bn=freeze_bn)
    task.notes = notes
    run = make_run(config.out, config.run_name())
    fit(task, run, config.loop, config.optim)
    return run.folder


def _check_batch(model: nn.Module, config: TrainConfig) -> None:
    """Batch norm after a global average (ASPP) has one value a sample and channel: it needs two samples."""
    processes = torchrun_number("WORLD_SIZE", alone=1)
    samples = config.loop.batch_size // (processes * config.loop.accumulate)
    if samples < 2 and any(isinstance(module, ASPP) for module in model.modules()):
        raise OptionError(
            "loop.batch_size",
            f"{config.loop.batch_size} leaves fewer than two samples for each of "
            f"processes x accumulate = {processes} x {config.loop.accumulate}: too few for ASPP's batch norm",
        )


def _kind(model: nn.Module) -> dict[str, object]:
    """What networks must have in common to have each other's weights; not all of it shows in the tensors."""
    config: dict[str, object] = {"width": 1.0, "expansion": 2, "normalization": "sigmoid+softmax"}
    config |= model.config  # type: ignore[arg-type]
    return {
        "model": config["model"],
        "resampling": getattr(getattr(model, "resampling", None), "operator", None),
        "fusion": getattr(model, "fusion", None),
        "output_stride": model.stride,
        **{name: config[name] for name in ("width", "expansion", "normalization")},
    }


def _beginning(config: TrainConfig, scale: float, freeze_bn: bool) -> str:
    """Say from what the encoder begins, and what follows from it."""
    source = config.pretrained or config.encoder
    start = "random encoder weights" if source is None else f"encoder weights from {source}"
    frozen = "keeps its statistics" if freeze_bn else "is trained"
    rate = "the full rate" if scale == 1 else f"{scale:g} of the rate"
    return f"{start}: learns at {rate}, its batch norm {frozen}"
