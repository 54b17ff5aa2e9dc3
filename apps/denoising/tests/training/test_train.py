import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from indexnet_denoising.config import DataConfig, ModelConfig, TrainConfig
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.predictor import DenoisingPredictor, load_model
from indexnet_denoising.training.train import train
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from indexnet_engine.reports.metric_tables import mean_of
from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.weights.pretrained import load_config


@pytest.fixture
def config(photos: Path, tmp_path: Path) -> TrainConfig:
    """Eight steps from the identity."""
    return TrainConfig(
        model=ModelConfig(width=4, zero_prediction=True),
        data=DataConfig(train=str(photos), test=str(photos)),
        optim=OptimConfig(lr=0.003, schedule="cosine"),
        loop=LoopConfig(steps=8, batch_size=4, accelerator="cpu", evaluate_every_steps=20),
        out=tmp_path / "runs",
    )


def test_a_few_steps_remove_noise(config: TrainConfig, photos: Path, identity_folder: Path) -> None:
    config.data.sigma = config.data.test_sigma = 75
    config.loop.steps = 40
    config.optim.lr = 0.01
    run = train(config)
    assert run == config.out / "o2o-shared"
    best = load_model(run)
    before, after = (
        mean_of(evaluate_images(DenoisingPredictor(model), load_images(photos), 75)[0].values())
        for model in (load_model(identity_folder), best)
    )
    assert after["psnr"] > before["psnr"] + 1
    assert best.config == config.model.arguments()
    for name in ("config.yaml", "metrics.csv", "environment.json", "last.ckpt", "best.ckpt"):
        assert (run / name).is_file()
    assert {file.name.split("-")[0] for file in (run / "pictures").iterdir()} == {"denoised", "index"}


@pytest.mark.parametrize("name", ["dncnn", "dncnn-segnet", "index-unet"])
def test_colour(config: TrainConfig, name: str, tmp_path: Path) -> None:
    colours = np.random.default_rng(0).random((40, 44, 3))
    write_image(tmp_path / "colour" / "a.png", colours)
    config.model = ModelConfig(name=name, width=2, channels=3)
    config.data.train = config.data.test = str(tmp_path / "colour")
    config.loop = dataclasses.replace(config.loop, steps=1, batch_size=1)
    train(config)
    assert load_model(config.out / config.run_name()).config["channels"] == 3


def test_the_seed_decides_about_the_weights(config: TrainConfig) -> None:
    config.loop.steps = 1
    for name, seed in (("first", 0), ("second", 0), ("third", 1)):
        config.loop.seed = seed
        train(dataclasses.replace(config, name=name))
    first, second, third = (
        (config.out / name / "model.safetensors").read_bytes() for name in ("first", "second", "third")
    )
    assert first == second
    assert first != third


def test_the_run_can_be_repeated_from_its_configuration(config: TrainConfig) -> None:
    config.loop.steps = 1
    train(config)
    stored = yaml.safe_load((config.out / "o2o-shared/config.yaml").read_text())
    assert stored["model"]["zero_prediction"] is True
    assert stored["data"]["train"] == config.data.train
    assert stored["loop"]["steps"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": {"patch_size": 36}}, "data.patch_size must be divisible by 8 for dncnn-segnet, got 36"),
        ({"data": {"sigma": 300.0}}, "cannot be 300"),
        ({"data": {"test_sigma": -1.0}}, "cannot be -1"),
        ({"data": {"train": "nowhere"}}, "nowhere: no such file"),
        ({"data": {"test": "nowhere"}}, "nowhere: no such file"),
        ({"loop": {"batch_size": 1000}}, "fewer than one batch of 1000"),
        ({"loop": {"accumulate": 3}}, "divisible by processes x accumulate = 1 x 3"),
        ({"loop": {"devices": 2}}, "devices is 2"),
    ],
)
def test_a_refused_training_leaves_no_files(
    config: TrainConfig, change: dict[str, dict[str, object]], message: str
) -> None:
    for group, values in change.items():
        setattr(config, group, dataclasses.replace(getattr(config, group), **values))
    with pytest.raises(UserError, match=message):
        train(config)
    assert not config.out.exists() or not list(config.out.iterdir())


def test_too_small_held_out_images_are_reported_before_training(config: TrainConfig, tmp_path: Path) -> None:
    write_image(tmp_path / "tiny" / "a.png", np.zeros((6, 40)))
    config.data.test = str(tmp_path / "tiny")
    with pytest.raises(UserError, match="tiny/a: SSIM needs at least 7x7 pixels, this has 6x40"):
        train(config)


def test_dncnn_takes_any_patch(config: TrainConfig) -> None:
    config.model.name = "dncnn"
    config.data.patch_size = 37
    config.loop.steps = 1
    train(config)
    assert (config.out / "dncnn/model.safetensors").is_file()


def test_starts_from_pretrained_weights(config: TrainConfig, identity_folder: Path) -> None:
    config.pretrained = identity_folder
    config.loop.steps = 1
    config.optim.lr = 1e-9
    trained, given = load_model(train(config)), load_model(identity_folder)
    for name, value in given.named_parameters():
        torch.testing.assert_close(trained.get_parameter(name), value, rtol=0, atol=1e-6)


def test_pretrained_weights_of_another_kind_are_named(config: TrainConfig, identity_folder: Path) -> None:
    config.pretrained = identity_folder
    config.model.width = 8
    with pytest.raises(UserError, match="trained with width 4, but the model has width 8"):
        train(config)
    assert not config.out.exists()


def test_starts_from_the_last_step_of_a_run(config: TrainConfig) -> None:
    config.loop.steps = 2
    run = train(config)
    last = load_checkpoint(run / "last.ckpt")["model"]
    second = dataclasses.replace(config, pretrained=run / "last.ckpt", name="second")
    second.optim = dataclasses.replace(config.optim, lr=1e-9)
    for name, value in load_model(train(second)).named_parameters():
        torch.testing.assert_close(value.detach(), last[name], rtol=0, atol=1e-6)


def test_frozen_batch_norm_keeps_its_statistics(config: TrainConfig, identity_folder: Path) -> None:
    config.loop.steps = 3
    with pytest.raises(UserError, match="freeze_bn keeps the statistics of trained weights"):
        train(dataclasses.replace(config, freeze_bn=True))
    given = load_model(identity_folder).state_dict()
    for freeze in (True, False):
        run = train(dataclasses.replace(config, freeze_bn=freeze, loss="psnr", pretrained=identity_folder))
        trained = load_model(run).state_dict()
        kept = [torch.equal(trained[name], given[name]) for name in given if "running" in name]
        assert kept
        assert all(kept) is any(kept) is freeze
        assert not torch.equal(trained["prediction.weight"], given["prediction.weight"])


@pytest.mark.parametrize("noise", ["white", "camera"])
def test_random_crops_with_either_noise(config: TrainConfig, noise: str, tmp_path: Path) -> None:
    colours = np.random.default_rng(0).random((150, 160, 3))
    write_image(tmp_path / "colour" / "a.png", colours)
    config.model = ModelConfig(name="index-unet", resampling="hin", width=2, channels=3)
    config.data = DataConfig(
        train=str(tmp_path / "colour"),
        test=str(tmp_path / "colour"),
        noise=noise,
        crops="random",
        scales=[1.0],
    )
    config.loop = dataclasses.replace(config.loop, steps=2, batch_size=1)
    run = train(config)
    entries = load_config(run)
    assert entries.get("noise", "white") == noise
    assert ("sigma" in entries) == (noise == "white")
    assert load_model(run).config == config.model.arguments()


def test_camera_noise_of_a_grid_has_the_patches_that_it_needs(config: TrainConfig, tmp_path: Path) -> None:
    write_image(tmp_path / "colour" / "a.png", np.random.default_rng(0).random((120, 120, 3)))
    config.model = ModelConfig(name="index-unet", resampling="hin", width=2, channels=3)
    config.data.train = config.data.test = str(tmp_path / "colour")
    config.data.noise = "camera"
    config.data.scales = [1.0]
    config.loop = dataclasses.replace(config.loop, steps=1, batch_size=1)
    assert (train(config) / "last.ckpt").is_file()


def test_camera_noise_is_for_colour_images(config: TrainConfig) -> None:
    config.data.noise = "camera"
    with pytest.raises(UserError, match=r"noise camera is for colour images: --model\.channels 3"):
        train(config)
    assert not config.out.exists()
