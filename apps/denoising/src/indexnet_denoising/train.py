"""Train a denoiser: data, model, loss, steps."""

from pathlib import Path

from indexnet_denoising.config import TrainConfig
from indexnet_denoising.data.dataset import PatchDataset
from indexnet_denoising.data.folder import load_images
from indexnet_denoising.data.noise import as_sigma
from indexnet_denoising.data.patches import patch_file
from indexnet_denoising.denoise import load_model
from indexnet_denoising.metrics import check_measurable
from indexnet_denoising.models import create_model
from indexnet_denoising.task import DenoisingTask
from indexnet_engine.errors import UserError
from indexnet_engine.loop import fit
from indexnet_engine.resume import open_run
from indexnet_engine.rng import seed_everything
from indexnet_engine.weights import load_strictly

__all__ = ["train"]


def train(config: TrainConfig) -> Path:
    """Run a training and return the folder of the run.

    Raises:
        UserError: if the configuration or the data are not right; nothing has been written then.
    """
    config, make_run = open_run(config, config.resume)
    data = config.data
    for sigma in (data.sigma, data.test_sigma):
        as_sigma(sigma)
    seed_everything(config.loop.seed)
    model = create_model(**config.model.arguments())
    if config.pretrained is not None:
        load_strictly(model, load_model(config.pretrained).state_dict(), config.pretrained)
    if data.patch_size % model.stride:  # type: ignore[operator]
        raise UserError(
            f"data.patch_size must be divisible by {model.stride} for {config.model.name}, "
            f"got {data.patch_size}"
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
    task = DenoisingTask(model, train_data, test_images, data.test_sigma)
    run = make_run(config.out, config.run_name())
    fit(task, run, config.loop, config.optim)
    return run.folder
