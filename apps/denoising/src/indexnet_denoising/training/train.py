"""Train a denoiser: data, model, loss, steps."""

from pathlib import Path

from indexnet_denoising.config import TrainConfig
from indexnet_denoising.data.crops import scaled_images
from indexnet_denoising.data.dataset import CropDataset, NoisyPatches, PatchDataset
from indexnet_denoising.data.noise_models import NoiseModel
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.data.patches import patch_file
from indexnet_denoising.metrics import check_measurable
from indexnet_denoising.models import MODELS, create_model
from indexnet_denoising.predictor import load_model
from indexnet_denoising.training.task import DenoisingTask
from indexnet_engine.errors import OptionError
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_engine.randomness import seed_everything
from indexnet_engine.runs.resume import open_run
from indexnet_engine.training.fine_tune import check_size, load_pretrained
from indexnet_engine.training.loop import fit
from indexnet_engine.training.notes import long_schedule

__all__ = ["train"]

# Options that --pretrained weights must share with the model; not all of them show in the tensors.
_MUST_MATCH = ("channels", "width", "resampling", "expansion", "normalization")


def train(config: TrainConfig) -> Path:
    """Run a training and return the folder of the run.

    Raises:
        UserError: if the configuration or the data are invalid; nothing has been written then.
    """
    resumed = config.resume is not None
    config, make_run = open_run(config, config.resume, "denoising")
    data = config.data
    noise = data.noise_model()
    if config.model.channels not in noise.channels:
        raise OptionError("noise", f"{data.noise} is for colour images: --model.channels 3")
    freeze_bn = config.freezes_bn()
    seed_everything(config.loop.seed)
    model = create_model(**config.model.arguments())
    if config.pretrained is not None and not resumed:
        load_pretrained(model, config.pretrained, load_model, MODELS, _MUST_MATCH)
    check_size("data.patch_size", data.patch_size, model)
    test_images = load_images(data.test, "test", config.model.channels)
    for name, image in test_images.items():
        check_measurable(Path(data.test, name), image)
    train_data = _open_train_data(config, noise)
    task = DenoisingTask(model, train_data, test_images, loss=config.loss, freeze_bn=freeze_bn)
    if is_builtin(data.train):
        task.notes = long_schedule(config.loop, len(train_data), 20_000)
    run = make_run(config.out, config.run_name())
    fit(task, run, config.loop, config.optim)
    return run.folder


def _open_train_data(config: TrainConfig, noise: NoiseModel) -> NoisyPatches:
    """Open the training patches, on a grid in a file or at random places of images in memory."""
    data, channels, seed = config.data, config.model.channels, config.loop.seed
    size = noise.source_size(data.patch_size)
    tone_share = data.tone_share if data.vary_tones else 0
    if data.crops == "random":
        images = scaled_images(data.train, size, channels=channels, scales=data.scales)
        return CropDataset(images, noise, data.patch_size, seed, tone_share=tone_share)
    patches = patch_file(
        data.train,
        channels=channels,
        size=size,
        stride=data.stride,
        scales=data.scales,
        cache_dir=data.cache,
    )
    return PatchDataset(
        patches,
        noise,
        data.patch_size,
        seed,
        tone_share=tone_share,
        in_memory=data.in_memory,
        flat_share=data.flat_share,
    )
