from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_denoising.data.dataset import PatchDataset
from indexnet_denoising.data.noise_models import NoiseModel, WhiteNoise
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.data.patches import patch_file
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_denoising.training.task import DenoisingTask
from indexnet_engine.images.panels import LINE
from indexnet_engine.randomness import SampleKey
from indexnet_engine.reports.metric_tables import mean_of

LEVEL_25 = WhiteNoise(25, test_levels=(25,))


def make_task(photos: Path, model: nn.Module, noise: NoiseModel = LEVEL_25) -> DenoisingTask:
    channels = model.config.get("channels", 1)
    data = PatchDataset(patch_file(photos, channels=channels), noise, 40)
    return DenoisingTask(model, data, load_images(photos, channels=channels))


def test_loss_is_the_mean_squared_error(photos: Path, gray_net: nn.Module) -> None:
    task = make_task(photos, gray_net)
    noisy, clean = (torch.stack(side) for side in zip(*(task.train_data[SampleKey(0, i)] for i in (0, 1))))
    expected = (gray_net(noisy) - clean).square().sum() / clean.numel()
    torch.testing.assert_close(task.loss(gray_net, (noisy, clean))["loss"], expected)


def test_evaluation_is_that_of_the_command(photos: Path, gray_net: nn.Module) -> None:
    task = make_task(photos, gray_net)
    images, _ = evaluate_images(DenoisingPredictor(gray_net), load_images(photos), 25)
    assert task.evaluate(gray_net) == mean_of(images.values())
    assert task.evaluate(gray_net).keys() > {task.monitor, "spots"}


def test_held_out_noise_is_clipped_as_that_of_the_training(photos: Path, gray_net: nn.Module) -> None:
    task = make_task(photos, gray_net, WhiteNoise(50, clip_noise=True, test_levels=(50,)))
    clipped, _ = evaluate_images(DenoisingPredictor(gray_net), load_images(photos), 50, clip_noise=True)
    assert task.evaluate(gray_net) == mean_of(clipped.values())
    assert task.pretrained_config()["clip_noise"] is True


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures(photos: Path, channels: int) -> None:
    model = create_model("dncnn-segnet", resampling="hin", width=4, channels=channels).eval()
    pictures = make_task(photos, model).pictures(model)
    assert pictures["denoised"].shape == (45, 3 * 51, 3)
    assert pictures["index"].shape == (LINE + 48, LINE + 56, 3)
    assert all(picture.dtype == np.uint8 for picture in pictures.values())
    clean = load_images(photos, channels=channels)["barn"]
    np.testing.assert_allclose(
        pictures["denoised"][:, 102:], np.broadcast_to(255 * clean, (45, 51, 3)), atol=0.51
    )


def test_no_index_picture_without_indices(photos: Path) -> None:
    model = create_model("dncnn", width=4, depth=3).eval()
    assert list(make_task(photos, model).pictures(model)) == ["denoised"]


def test_the_noise_that_was_learned_stands_beside_the_weights(photos: Path, gray_net: nn.Module) -> None:
    expected = {"task": "denoising", "sigma": (0, 55), "clip_noise": False}
    assert make_task(photos, gray_net, WhiteNoise((0, 55))).pretrained_config() == expected


def test_several_noise_levels_are_measured_one_by_one(photos: Path, gray_net: nn.Module) -> None:
    images = load_images(photos)
    task = make_task(photos, gray_net, WhiteNoise((0, 55), test_levels=(5, 50)))
    means = [
        mean_of(evaluate_images(DenoisingPredictor(gray_net), images, sigma)[0].values()) for sigma in (5, 50)
    ]
    found = task.evaluate(gray_net)
    assert (found["psnr_5"], found["psnr_50"]) == (means[0]["psnr"], means[1]["psnr"])
    assert found["psnr"] == sum(row["psnr"] for row in means) / 2
