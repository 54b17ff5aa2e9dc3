from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_depth.data.augment import AugmentConfig
from indexnet_depth.data.crop import evaluation_view
from indexnet_depth.data.dataset import DepthDataset
from indexnet_depth.data.open_data import open_data
from indexnet_depth.losses import depth_loss
from indexnet_depth.metrics import METRICS, average, tally
from indexnet_depth.models import create_model
from indexnet_depth.predictor import DepthPredictor
from indexnet_depth.training.task import DepthTask
from indexnet_engine.images.panels import LINE
from indexnet_engine.randomness import SampleKey


def halves(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper and the lower row of a sheet of two, without the gap between and the names at the
    left."""
    height = (len(picture) - 8) // 2
    return picture[:height, LINE:], picture[-height:, LINE:]


@pytest.fixture
def task(rgbd_folder: Path, net: nn.Module) -> DepthTask:
    views = DepthDataset(open_data(str(rgbd_folder), "train", "mm"), AugmentConfig(), size=64)
    return DepthTask(net, views, open_data(str(rgbd_folder), "val", "mm"))


def test_loss_is_l1_on_the_networks_input(task: DepthTask, net: nn.Module) -> None:
    batch = task.collate([task.train_data[SampleKey(0, index)] for index in (0, 1)])
    assert batch["image"].shape == (2, 3, 64, 64)
    losses = task.loss(net, batch)
    expected = depth_loss(net(batch["image"]), batch["depth"])
    assert losses.keys() == {"loss"}
    torch.testing.assert_close(losses["loss"], expected["loss"])
    assert losses["loss"] > 0


def test_the_loss_of_a_batch_is_the_weighted_mean_of_its_pieces(task: DepthTask, net: nn.Module) -> None:
    batch = task.collate([task.train_data[SampleKey(0, index)] for index in (0, 1, 2)])
    batch["depth"][0, :, 5:] = 0
    batch["depth"][2] = torch.nan
    pieces = [{name: part[[index]] for name, part in batch.items()} for index in range(3)]
    weights = torch.stack([task.weight(piece) for piece in pieces])
    assert weights[0] < weights[1] / 4
    assert weights[2] == 0
    losses = torch.stack([task.loss(net, piece)["loss"] for piece in pieces])
    torch.testing.assert_close((weights * losses).sum() / weights.sum(), task.loss(net, batch)["loss"])


def test_evaluation_is_of_fastdepths_view(task: DepthTask, rgbd_folder: Path, net: nn.Module) -> None:
    frames = open_data(str(rgbd_folder), "val", "mm")
    views = [evaluation_view(frames.read(index), 64) for index in range(2)]
    expected = average(
        [tally(DepthPredictor(net, size=None)(view.image), view.depth, 1.75) for view in views]
    )
    assert task.evaluate(net) == expected
    assert list(expected) == list(METRICS)
    assert (task.monitor, task.monitor_mode) == ("rmse", "min")
    assert task.pretrained_config() == {"task": "depth", "size": 64}


def test_pictures(task: DepthTask, net: nn.Module) -> None:
    pictures = task.pictures(net)
    assert list(pictures) == ["depth", "index"]
    assert all(picture.dtype == np.uint8 and picture.shape[2] == 3 for picture in pictures.values())
    before, now = halves(pictures["index"])
    np.testing.assert_array_equal(before, now)
    assert pictures["depth"].shape[0] == 224


def test_without_index_networks_there_are_no_maps(rgbd_folder: Path) -> None:
    frames = open_data(str(rgbd_folder), "train", "mm")
    model = create_model("fastdepth-nnconv5", width=0.1).eval()
    task = DepthTask(model, DepthDataset(frames, AugmentConfig(), size=32), frames)
    assert list(task.pictures(model)) == ["depth"]
