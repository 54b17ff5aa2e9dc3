import csv
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.models.vgg import TORCHVISION_VGG
from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_segmentation.config import DataConfig, ModelConfig, TrainConfig
from indexnet_segmentation.data.classes import SUN37
from indexnet_segmentation.data.open_data import open_data
from indexnet_segmentation.evaluation import measure_images
from indexnet_segmentation.losses import median_frequency_weights
from indexnet_segmentation.models import create_model
from indexnet_segmentation.predictor import SegmentationPredictor, load_model
from indexnet_segmentation.training.task import SegmentationTask
from indexnet_segmentation.training.train import train


@pytest.fixture
def config(split_folder: Path, tmp_path: Path) -> TrainConfig:
    """Two steps of a tiny network."""
    return TrainConfig(
        model=ModelConfig(resampling="hin", width=4),
        data=DataConfig(train=str(split_folder), size=32, scales=[0.8, 1.2]),
        optim=OptimConfig(name="sgd", lr=0.05, schedule="constant"),
        loop=LoopConfig(steps=2, batch_size=2, accelerator="cpu", evaluate_every_steps=100),
        out=tmp_path / "runs",
    )


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """ImageNet weights of the tiny encoder, with torchvision's names, as a training would leave them."""
    torch.manual_seed(5)
    state = {}
    for key, tensor in create_model("segnet", width=4).encoder.state_dict().items():
        tensor = tensor.clone()
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif key.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        state[TORCHVISION_VGG.name_of(key)] = tensor
    torch.save(state, tmp_path / "vgg.pth")
    return tmp_path / "vgg.pth"


def test_a_few_steps_of_training_help(config: TrainConfig, split_folder: Path) -> None:
    config.model.width, config.data.size = 8, 64
    config.optim = OptimConfig(name="sgd", lr=0.05, schedule="cosine", warmup_steps=5)
    config.loop = dataclasses.replace(config.loop, steps=100, batch_size=4)
    run = train(config)
    assert run == config.out / "segnet-hin"
    trained = SegmentationPredictor.from_pretrained(run, precision="as-trained", device="cpu")
    assert trained.model.config == config.model.arguments(3)
    assert trained.classes.names == ("lawn", "pond", "wall")
    torch.manual_seed(0)
    fresh = create_model(**config.model.arguments(3)).eval()
    images = open_data(split_folder, "val")
    before, after = (
        measure_images(SegmentationPredictor(model), images).summary()["miou"]
        for model in (fresh, trained.model)
    )
    assert after > max(0.6, before + 0.3)
    for name in ("config.yaml", "metrics.csv", "environment.json", "last.ckpt", "best.ckpt"):
        assert (run / name).is_file()
    assert {file.name.split("-")[0] for file in (run / "pictures").iterdir()} == {"classes", "index"}
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["evaluate/miou"]) == pytest.approx(after, abs=1e-6)
    assert json.loads((run / "config.json").read_text())["scale"] == 1


def test_the_run_can_be_repeated_from_its_configuration(config: TrainConfig) -> None:
    stored = yaml.safe_load((train(config) / "config.yaml").read_text())
    assert stored["data"]["scales"] == [0.8, 1.2]
    assert stored["model"]["resampling"] == "hin"
    assert stored["freeze_bn"] is None


def test_the_seed_decides_about_the_weights(config: TrainConfig) -> None:
    for name, seed in (("first", 0), ("second", 0), ("third", 1)):
        config.loop.seed = seed
        train(dataclasses.replace(config, name=name))
    first, second, third = (
        (config.out / name / "model.safetensors").read_bytes() for name in ("first", "second", "third")
    )
    assert first == second
    assert first != third


def test_the_scale_goes_with_the_weights(config: TrainConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    config.data.scale = 0.5
    seen: dict[str, object] = {}
    made = SegmentationTask.__init__

    def listen(self: SegmentationTask, model: nn.Module, crops, images, **options: object) -> None:
        seen.update(options, scales=crops.scales)
        made(self, model, crops, images, **options)

    monkeypatch.setattr(SegmentationTask, "__init__", listen)
    assert SegmentationPredictor.from_pretrained(train(config), device="cpu").scale == 0.5
    assert seen["scales"] == (0.4, 0.6)
    assert seen["scale"] == 0.5


def test_median_frequency_balancing(
    config: TrainConfig, split_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    made = SegmentationTask.__init__

    def listen(self: SegmentationTask, *arguments, weights=None, **options: object) -> None:
        seen.append(weights)
        made(self, *arguments, weights=weights, **options)

    monkeypatch.setattr(SegmentationTask, "__init__", listen)
    train(config)
    config.balance = "median-frequency"
    train(config)
    images = open_data(split_folder, "train")
    labels = [images.read(index)[1] for index in range(len(images))]
    pixels = np.stack([np.bincount(label[label < 255], minlength=3) for label in labels])
    assert seen[0] is None
    np.testing.assert_array_equal(seen[1], median_frequency_weights(pixels))


def test_from_encoder_weights(config: TrainConfig, encoder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.encoder = str(encoder)
    config.loop = dataclasses.replace(config.loop, steps=4, evaluate_every_steps=1)
    state = load_checkpoint(train(config) / "last.ckpt")["model"]
    said = capsys.readouterr().err
    assert said.count(f"encoder weights from {encoder}: its batch norm keeps its statistics") == 1
    given = torch.load(encoder, weights_only=True)
    assert torch.equal(state["encoder.layers.0.0.norm.running_mean"], given["features.1.running_mean"])
    moved = state["encoder.layers.0.0.conv.weight"] - given["features.0.weight"]
    assert 0 < moved.abs().max() < 0.5
    assert state["decoder.0.0.norm.running_mean"].abs().max() > 0


def test_batch_norm_is_trained_where_the_encoder_begins_at_random(
    config: TrainConfig, encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = load_checkpoint(train(config) / "last.ckpt")["model"]
    assert "random encoder weights: its batch norm is trained" in capsys.readouterr().err
    assert state["encoder.layers.0.0.norm.running_mean"].abs().max() > 0
    config.encoder, config.freeze_bn = str(encoder), False
    state = load_checkpoint(train(config) / "last.ckpt")["model"]
    given = torch.load(encoder, weights_only=True)
    assert not torch.equal(state["encoder.layers.0.0.norm.running_mean"], given["features.1.running_mean"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": {"size": 48}}, "data.size must be divisible by 32 for segnet, got 48"),
        ({"data": {"train": "nowhere"}}, "nowhere"),
        ({"data": {"test": "nowhere"}}, "nowhere"),
        ({"data": {"test": "builtin"}}, "has 3 classes, but builtin has 7"),
        ({"data": {"scales": [2.0, 1.0]}}, "scales"),
        ({"loop": {"batch_size": 1000}}, "fewer than one batch of 1000"),
        ({"model": {"resampling": "hin-lin"}}, "did you mean 'hin-nl'"),
        ({"model": {"resampling": "stride+nearest"}}, "VGG-16 has no strided convolutions"),
    ],
)
def test_a_refused_training_leaves_no_files(
    config: TrainConfig, change: dict[str, dict[str, object]], message: str
) -> None:
    for group, values in change.items():
        setattr(config, group, dataclasses.replace(getattr(config, group), **values))
    with pytest.raises((UserError, ValueError), match=message):
        train(config)
    assert not config.out.exists() or not list(config.out.iterdir())


@pytest.mark.parametrize("part", ["train", "val"])
def test_bad_labels_are_reported_before_the_first_step(
    config: TrainConfig, split_folder: Path, part: str
) -> None:
    Image.fromarray(np.full((64, 64), 77, np.uint8)).save(split_folder / part / "label" / f"{part}1.png")
    with pytest.raises(UserError, match=rf"{part}1\.png: the number 77 \(4096 pixels\) is no class"):
        train(config)
    assert not config.out.exists()


def test_held_out_images_must_differ(config: TrainConfig, labelled_folder: Path) -> None:
    config.data.train = str(labelled_folder)
    with pytest.raises(
        UserError, match=r"fields: has no split val or test; name held-out images with --data\.test"
    ):
        train(config)
    config.data.test = str(labelled_folder)
    train(config)


def test_classes_that_never_occur_are_reported(
    config: TrainConfig, split_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["lawn", "pond", "wall", "bridge"]
    (split_folder / "classes.yaml").write_text(yaml.safe_dump({"classes": names, "void": 255}))
    config.balance = "median-frequency"
    train(config)
    assert "a class that never occurs: bridge; they cannot be learned" in capsys.readouterr().err


def test_starts_from_pretrained_weights(config: TrainConfig) -> None:
    first = train(config)
    config.pretrained, config.optim.lr, config.name = first / "last.ckpt", 1e-9, "second"
    second = load_model(train(config)).state_dict()
    for name, tensor in load_checkpoint(first / "last.ckpt")["model"].items():
        if tensor.is_floating_point() and "running" not in name:
            torch.testing.assert_close(second[name], tensor, rtol=0, atol=1e-6)


def test_pretrained_weights_of_another_kind_are_named(config: TrainConfig) -> None:
    run = train(config)
    for change, message in (
        ({"width": 8}, "trained with width 4, but the model has width 8"),
        ({"resampling": "max"}, "trained with resampling hin, but the model has resampling max"),
    ):
        other = dataclasses.replace(config, model=dataclasses.replace(config.model, **change), pretrained=run)
        with pytest.raises(UserError, match=message):
            train(other)


@pytest.mark.slow
def test_several_processes_measure_the_same(config: TrainConfig, split_folder: Path, tmp_path: Path) -> None:
    """Measures of a training by two processes are those of its weights on all images, each counted once."""
    words = [
        "--data.train", split_folder, "--data.size", 32, "--model.width", 2, "--model.resampling", "max",
        "--loop.steps", 2, "--loop.batch_size", 4, "--loop.accelerator", "cpu", "--out", tmp_path / "runs",
        "--name", "two", "--loop.evaluate_every_steps", 2,
    ]  # fmt: skip
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29617",
        "-m", "indexnet_segmentation.cli", "train", *map(str, words),
    ]  # fmt: skip
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    run = tmp_path / "runs" / "two"
    with (run / "metrics.csv").open() as file:
        row = list(csv.DictReader(file))[-1]
    scores = measure_images(
        SegmentationPredictor(load_model(run)), open_data(split_folder, "val"), tolerance=None
    )
    for name, value in scores.summary().items():
        assert float(row[f"evaluate/{name}"]) == pytest.approx(value, abs=1e-6)


@pytest.mark.data
def test_the_nyu_samples_go_through_the_37_classes_of_sun(
    config: TrainConfig, tmp_path: Path, command, shared
) -> None:
    """Trained on labels 0-39, held out is one with labels 1-40; both become SUN RGB-D's classes."""
    nyu = shared("data/segmentation/nyu40_samples")
    for part, names, labels in (
        ("train", ("000834", "000972", "001096", "001299", "001391"), "nyu40-from-0"),
        ("held-out", ("rgbdseg_0",), "nyu40-from-1"),
    ):
        folder = tmp_path / part
        for kind in ("image", "label"):
            (folder / kind).mkdir(parents=True)
        for name in names:
            for file in nyu.glob(f"{name}*"):
                kind = "label" if file.stem.endswith("_mask") else "image"
                (folder / kind / file.name).symlink_to(file)
        (folder / "classes.yaml").write_text(f"labels: {labels}\n")
    config.data = DataConfig(str(tmp_path / "train"), str(tmp_path / "held-out"), size=32, scale=0.25)
    run = train(config)
    segmenter = SegmentationPredictor.from_pretrained(run, precision="as-trained", device="cpu")
    assert segmenter.classes == SUN37
    assert segmenter.model.prediction.out_channels == 37
    answer = command(
        "evaluate", "--weights", run, "--data", tmp_path / "held-out", "--json", tmp_path / "a.json"
    )
    assert answer.status == 0
    matrix = np.array(json.loads((tmp_path / "a.json").read_text())["confusion"])
    numbers = np.asarray(Image.open(nyu / "rgbdseg_0_mask.png"))
    expected = [(numbers == number + 1).sum() for number in range(37)]
    assert matrix.sum(1).tolist() == expected
