from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_engine.images.panels import LINE
from indexnet_engine.randomness import SampleKey
from indexnet_engine.reports.metric_tables import mean_of
from indexnet_engine.training.optim import OptimConfig, build_optimizer
from indexnet_matting.data.dataset import MattingDataset
from indexnet_matting.data.open_data import load_test_set, open_training_data
from indexnet_matting.data.trimap_images import TestImage
from indexnet_matting.losses import matting_loss
from indexnet_matting.metrics import measure
from indexnet_matting.models import create_model, network_input
from indexnet_matting.predictor import MattingPredictor
from indexnet_matting.training.task import MattingTask, window


def halves(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper and the lower row of a sheet of two, without the gap between and the names at the
    left."""
    height = (len(picture) - 8) // 2
    return picture[:height, LINE:], picture[-height:, LINE:]


@pytest.fixture
def crops(training_folder: Path) -> MattingDataset:
    return open_training_data(training_folder, crops=[48, 64], size=64)


@pytest.fixture
def task(crops: MattingDataset, test_folder: Path, net: nn.Module) -> MattingTask:
    return MattingTask(net, crops, load_test_set(test_folder))


def test_loss_is_that_of_the_paper_on_the_networks_input(task: MattingTask, net: nn.Module) -> None:
    batch = task.collate([task.train_data[SampleKey(0, index)] for index in (0, 1)])
    assert batch["image"].shape == (2, 3, 64, 64)
    losses = task.loss(net, batch)
    expected = matting_loss(net(network_input(batch["image"], batch["trimap"])), batch)
    assert losses.keys() == {"loss", "alpha", "composition"}
    for name, value in losses.items():
        torch.testing.assert_close(value, expected[name])


def test_evaluation_is_that_of_the_command(task: MattingTask, test_folder: Path, net: nn.Module) -> None:
    rows = [
        measure(MattingPredictor(net)(image.image, image.trimap), image.alpha, image.trimap)
        for image in load_test_set(test_folder).values()
    ]
    assert task.evaluate(net) == mean_of(rows)
    assert (task.monitor, task.monitor_mode) == ("sad", "min")
    assert task.monitor in task.evaluate(net)


def test_pictures(task: MattingTask, test_folder: Path, net: nn.Module) -> None:
    pictures = task.pictures(net)
    assert list(pictures) == ["matte", "index"]
    assert all(picture.dtype == np.uint8 and picture.shape[2] == 3 for picture in pictures.values())
    image = load_test_set(test_folder)["fern"]
    height, width = image.alpha.shape
    piece = round(width * 320 / height)
    assert pictures["matte"].shape == (320, 5 * piece + 4 * 4, 3)
    truth = pictures["matte"][:, 3 * (piece + 4) : 3 * (piece + 4) + piece, 0]
    assert truth.mean() / 255 == pytest.approx(image.alpha.mean(), abs=0.01)


def test_index_maps_before_and_after(crops: MattingDataset, test_folder: Path) -> None:
    model = create_model("b11", resampling="hin", width=0.1).eval()
    task = MattingTask(model, crops, load_test_set(test_folder))
    before, now = halves(task.pictures(model)["index"])
    np.testing.assert_array_equal(before, now)
    for parameter in model.resampling.parameters():
        parameter.data.add_(torch.randn_like(parameter))
    still, now = halves(task.pictures(model)["index"])
    np.testing.assert_array_equal(still, before)
    assert (now != before).any()


def test_no_index_picture_without_indices(crops: MattingDataset, test_folder: Path) -> None:
    model = create_model("b11", width=0.1).eval()
    assert list(MattingTask(model, crops, load_test_set(test_folder)).pictures(model)) == ["matte"]


def test_the_encoder_learns_at_a_fraction_of_the_rate(
    crops: MattingDataset, test_folder: Path, net: nn.Module
) -> None:
    images = load_test_set(test_folder)
    (group,) = MattingTask(net, crops, images).parameter_groups()
    assert len(group["params"]) == len(list(net.parameters()))
    task = MattingTask(net, crops, images, encoder_lr_scale=0.01)
    rates = {
        parameter: group["lr"]
        for group in build_optimizer(task.parameter_groups(), OptimConfig(lr=0.01)).param_groups
        for parameter in group["params"]
    }
    for name, parameter in net.named_parameters():
        assert rates[parameter] == pytest.approx(1e-4 if name.startswith("encoder.") else 1e-2), name


def test_only_the_encoders_batch_norm_is_frozen(
    crops: MattingDataset, test_folder: Path, net: nn.Module
) -> None:
    images = load_test_set(test_folder)
    assert MattingTask(net, crops, images).frozen() == []
    frozen = set(MattingTask(net, crops, images, freeze_bn=True).frozen())
    norms = {name: module for name, module in net.named_modules() if isinstance(module, nn.BatchNorm2d)}
    assert any(name.startswith("resampling") for name in norms)
    for name, module in norms.items():
        assert (module in frozen) == name.startswith("encoder."), name


def test_entries_of_config_json(task: MattingTask) -> None:
    assert task.pretrained_config() == {"task": "matting"}


@pytest.mark.parametrize(("place", "rows"), [(0, slice(0, 40)), (50, slice(30, 70)), (99, slice(60, 100))])
def test_a_window_lies_around_the_unknown(place: int, rows: slice) -> None:
    image = np.random.default_rng(0).random((100, 30, 3), dtype=np.float32)
    trimap = np.zeros((100, 30), np.uint8)
    trimap[place, 7] = 128
    shown = window(TestImage("a", image, trimap, image[..., 0]), 40)
    np.testing.assert_array_equal(shown.image, image[rows])
    np.testing.assert_array_equal(shown.trimap, trimap[rows])
    np.testing.assert_array_equal(shown.alpha, image[rows, :, 0])
