"""Train a denoiser: data, model, loss, steps."""

from pathlib import Path

from torch import nn

from indexnet_denoising.config import TrainConfig
from indexnet_denoising.data.dataset import PatchDataset
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.data.patches import patch_file
from indexnet_denoising.metrics import check_measurable
from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import load_model
from indexnet_denoising.training.task import DenoisingTask
from indexnet_engine.errors import OptionError
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_engine.inference.device import stride_of
from indexnet_engine.randomness import seed_everything
from indexnet_engine.runs.resume import open_run
from indexnet_engine.training.fine_tune import load_pretrained
from indexnet_engine.training.loop import fit

__all__ = ["train"]

_OF_INDICES = ("resampling", "expansion", "normalization")


def train(config: TrainConfig) -> Path:
    """Run a training and return the folder of the run.

    Raises:
        UserError: if the configuration or the data are not right; nothing has been written then.
    """
    resumed = config.resume is not None
    config, make_run = open_run(config, config.resume, "denoising")
    data = config.data
    levels = data.test_levels()
    if config.freeze_bn and config.pretrained is None:
        raise OptionError("freeze_bn", "keeps the statistics of trained weights; give them with --pretrained")
    seed_everything(config.loop.seed)
    model = create_model(**config.model.arguments())
    if config.pretrained is not None and not resumed:
        load_pretrained(model, config.pretrained, load_model, _kind)
    if data.patch_size % stride_of(model):
        raise OptionError(
            "data.patch_size",
            f"must be divisible by {stride_of(model)} for {config.model.name}, got {data.patch_size}",
        )
    test_images = load_images(data.test, "test", config.model.channels)
    for name, image in test_images.items():
        check_measurable(Path(data.test, name), image)
    patches = patch_file(
        data.train,
        channels=config.model.channels,
        size=data.patch_size,
        stride=data.stride,
        scales=data.scales,
        cache_dir=data.cache,
    )
    train_data = PatchDataset(patches, data.sigma, config.loop.seed, in_memory=data.in_memory)
    task = DenoisingTask(model, train_data, test_images, levels, loss=config.loss, freeze_bn=config.freeze_bn)
    if is_builtin(data.train) and config.loop.total_steps(len(train_data) // config.loop.batch_size) > 20_000:
        task.notes = ["this is the paper's schedule, which takes a GPU; for a first try: --config small"]
    run = make_run(config.out, config.run_name())
    fit(task, run, config.loop, config.optim)
    return run.folder


def _kind(model: nn.Module) -> dict[str, object]:
    """What networks must have in common to have each other's weights; not all of it shows in the tensors."""
    config: dict[str, object] = {
        "channels": 1,
        "width": 64,
        "resampling": "max",
        "expansion": 2,
        "normalization": "sigmoid+softmax",
    }
    config |= model.config  # type: ignore[arg-type]
    return {name: config[name] for name in ("model", "channels", "width", *_OF_INDICES)}
