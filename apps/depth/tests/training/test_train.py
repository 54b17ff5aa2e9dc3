import dataclasses
import re
import shutil
from pathlib import Path

import pytest
import torch
import yaml

from indexnet_depth.config import DataConfig, ModelConfig, TrainConfig
from indexnet_depth.data.augment import AugmentConfig
from indexnet_depth.data.generator.dataset import COUNTS
from indexnet_depth.data.open_data import open_data
from indexnet_depth.evaluation import measured, predictions
from indexnet_depth.metrics import average
from indexnet_depth.models import create_model
from indexnet_depth.models.encoder_weights import _fastdepth_name
from indexnet_depth.predictor import DepthPredictor, load_model
from indexnet_depth.training.train import train
from indexnet_engine.errors import UserError
from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig


@pytest.fixture
def config(rgbd_folder: Path, tmp_path: Path) -> TrainConfig:
    """Two steps of a tiny network."""
    return TrainConfig(
        model=ModelConfig(resampling="o2o-unshared", width=0.1),
        data=DataConfig(train=str(rgbd_folder), unit="millimetre", size=32),
        optim=OptimConfig(name="sgd", lr=0.1, schedule="cosine"),
        loop=LoopConfig(steps=2, batch_size=2, accelerator="cpu", evaluate_every_steps=100),
        out=tmp_path / "runs",
    )


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """ImageNet weights of the tiny encoder, with FastDepth's names."""
    torch.manual_seed(5)
    own = create_model("fastdepth-p-nnconv5", width=0.1).encoder.state_dict()
    torch.save({_fastdepth_name(key): tensor.clone() for key, tensor in own.items()}, tmp_path / "mobile.pth")
    return tmp_path / "mobile.pth"


@pytest.mark.parametrize("operator", ["max+nearest", "o2o-unshared"])
def test_training_overfits_a_few_frames(config: TrainConfig, operator: str) -> None:
    config.model.resampling = operator
    config.augment = AugmentConfig(1, 0, 0, 0)
    config.data.test = config.data.train + "/train"
    config.data.size = 64
    config.loop = dataclasses.replace(config.loop, steps=60, batch_size=4, evaluate_every_steps=60)
    run = train(config)
    assert run == config.out / f"fastdepth-p-nnconv5-{operator}"
    trained = load_model(run)
    assert trained.config == config.model.arguments()
    assert DepthPredictor.from_pretrained(run, device="cpu").size == 64
    frames = open_data(config.data.train, "train", "mm")
    found = average(
        measured(name, depth, view.depth) for name, view, depth in predictions(trained, frames, 64)
    )
    assert found["rmse"] < 1.0  # a constant leaves 1.2
    for name in ("config.yaml", "metrics.csv", "environment.json", "last.ckpt", "best.ckpt"):
        assert (run / name).is_file()
    header = (run / "metrics.csv").read_text().splitlines()[0]
    for name in ("train/loss", "evaluate/rmse", "evaluate/delta1", "evaluate/edge_f1"):
        assert name in header


def test_the_run_can_be_repeated_from_its_configuration(config: TrainConfig) -> None:
    stored = yaml.safe_load((train(config) / "config.yaml").read_text())
    assert stored["model"]["resampling"] == "o2o-unshared"
    assert stored["data"]["unit"] == "millimetre"
    assert stored["augment"]["max_scale"] == 1.5


def test_the_seed_decides_about_the_weights(config: TrainConfig) -> None:
    for name, seed in (("first", 0), ("second", 0), ("third", 1)):
        config.loop.seed = seed
        train(dataclasses.replace(config, name=name))
    first, second, third = (
        (config.out / name / "model.safetensors").read_bytes() for name in ("first", "second", "third")
    )
    assert first == second
    assert first != third


def test_from_encoder_weights(config: TrainConfig, encoder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.encoder, config.encoder_input, config.optim.lr = encoder, "unit", 1e-9
    trained = load_model(train(config)).encoder.state_dict()
    assert f"encoder weights from {encoder}" in capsys.readouterr().err
    given = torch.load(encoder, weights_only=True)
    for key, tensor in trained.items():
        if tensor.ndim == 4:
            torch.testing.assert_close(tensor, given[_fastdepth_name(key)], rtol=0, atol=1e-6)


def test_it_may_begin_with_a_typical_depth(config: TrainConfig) -> None:
    config.start_depth, config.optim.lr, config.optim.weight_decay = 2.5, 1e-9, 0.0
    state = load_model(train(config)).state_dict()
    assert state["prediction.norm.bias"].item() == pytest.approx(2.5, abs=1e-6)
    with pytest.raises(UserError, match="start_depth must not be negative, got -1"):
        dataclasses.replace(config, start_depth=-1.0)


def test_frames_without_a_split_are_noted(
    config: TrainConfig, rgbd_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(config)
    assert "note" not in capsys.readouterr().err
    config.data.train = str(rgbd_folder / "train")
    train(config)
    assert "has no validation frames" in capsys.readouterr().err
    config.data.test = str(rgbd_folder / "val")
    train(config)
    assert "note" not in capsys.readouterr().err


def test_a_doubtful_unit_is_noted(config: TrainConfig, capsys: pytest.CaptureFixture[str]) -> None:
    train(config)
    assert "is the unit right" not in capsys.readouterr().err
    config.data.unit = "0.0001"
    train(config)
    notes = capsys.readouterr().err
    for which in ("training", "test"):
        assert re.search(rf"mean depth of the {which} frames, 0\.\d+ m, is unusual for rooms", notes)


def test_held_out_frames_may_have_another_unit(config: TrainConfig, rgbd_folder: Path) -> None:
    config.data.test, config.data.test_unit = str(rgbd_folder / "val"), "1/5000 m"
    other = train(config)
    config.data.test_unit = None
    same = train(config)
    figures = [(run / "metrics.csv").read_text().splitlines()[-1] for run in (other, same)]
    assert figures[0] != figures[1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": {"size": 48}}, "data.size must be divisible by 32 for fastdepth-p-nnconv5, got 48"),
        ({"data": {"train": "nowhere"}}, "nowhere: no such file or folder"),
        ({"data": {"test": "nowhere"}}, "nowhere: no such file or folder"),
        ({"data": {"unit": None}}, "without a unit, which is never guessed"),
        ({"data": {"unit": "metre"}}, "these look like millimetres"),
        ({"data": {"unit": "parsec"}}, "'parsec' is not understood"),
        ({"augment": {"max_scale": 0.5}}, "max_scale"),
        (
            {"data": {"train": "generated"}, "augment": {"jitter": 0.1}},
            r"augment\.jitter is for frames, not for generated rooms",
        ),
        ({"loop": {"batch_size": 1000}}, "fewer than one batch of 1000"),
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


def test_a_damaged_frame_is_named_before_training(config: TrainConfig, rgbd_folder: Path) -> None:
    file = rgbd_folder / "val" / "depth" / "attic.png"
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(UserError, match=r"attic\.png: damaged"):
        train(config)
    assert not config.out.exists()


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
        ({"width": 0.2}, "trained with width 0.1, but the model has width 0.2"),
        ({"resampling": "hin"}, "trained with resampling o2o-unshared, but the model has resampling hin"),
        ({"skips": True}, "trained with skips False, but the model has skips True"),
        ({"channel_rule": "squeeze"}, "but the model has channel_rule squeeze"),
    ):
        other = dataclasses.replace(config, model=dataclasses.replace(config.model, **change), pretrained=run)
        with pytest.raises(UserError, match=message):
            train(other)


def test_frames_that_vanish_are_named_in_the_error(config: TrainConfig, rgbd_folder: Path) -> None:
    shutil.copytree(rgbd_folder / "val", rgbd_folder.parent / "held")
    config.data.train, config.data.test = str(rgbd_folder / "train"), str(rgbd_folder.parent / "held")
    (rgbd_folder / "train" / "depth" / "hall.png").write_bytes(b"")
    config.loop.steps = 6
    with pytest.raises(UserError, match=r"hall\.png: the file is empty"):
        train(config)


def test_on_generated_rooms_and_resumed_to_the_same_bytes(
    config: TrainConfig, rgbd_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(COUNTS, "val", 2)
    config.data = DataConfig(train="generated", photographs=str(rgbd_folder / "train/rgb"), size=32)
    config.loop = dataclasses.replace(config.loop, steps=3, freeze_bn_from=0.5, ema=0.5)
    whole = train(dataclasses.replace(config, name="whole"))
    stopping = dataclasses.replace(config.loop, stop_after=1)
    stopped = train(dataclasses.replace(config, name="stopped", loop=stopping))
    train(dataclasses.replace(config, resume=stopped, loop=dataclasses.replace(config.loop)))
    assert (stopped / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
