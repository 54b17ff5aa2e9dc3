import dataclasses
import shutil
from pathlib import Path

import pytest
import torch
import yaml

from indexnet_engine.errors import UserError
from indexnet_engine.models.mobilenet import _torchvision_mobilenet as torchvision_name
from indexnet_engine.reports.metric_tables import mean_of
from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_matting.config import DataConfig, ModelConfig, TrainConfig
from indexnet_matting.data.open_data import load_test_set
from indexnet_matting.evaluation import predictions
from indexnet_matting.metrics import measure
from indexnet_matting.models import create_model
from indexnet_matting.predictor import MattingPredictor, load_model
from indexnet_matting.training.train import train


@pytest.fixture
def config(training_folder: Path, test_folder: Path, tmp_path: Path) -> TrainConfig:
    """Two steps of a tiny network."""
    return TrainConfig(
        model=ModelConfig(resampling="hin", width=0.1),
        data=DataConfig(train=str(training_folder), test=str(test_folder), crops=[64], size=64, repeats=10),
        optim=OptimConfig(lr=0.01, schedule="constant"),
        loop=LoopConfig(steps=2, batch_size=2, accelerator="cpu", evaluate_every_steps=100),
        out=tmp_path / "runs",
    )


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    """ImageNet weights of the tiny encoder, with torchvision's names, as a training would leave them."""
    torch.manual_seed(5)
    own = create_model("b11", width=0.1).encoder.state_dict()
    state = {}
    for key, tensor in own.items():
        tensor = tensor.clone()
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif key.endswith("running_mean"):
            tensor.normal_(0, 0.1)
        state[torchvision_name(key)] = tensor[:, :3] if key == "layers.0.conv.weight" else tensor
    torch.save(state, tmp_path / "mobilenet.pth")
    return tmp_path / "mobilenet.pth"


def test_a_few_steps_of_training_help(config: TrainConfig, test_folder: Path) -> None:
    config.loop = dataclasses.replace(config.loop, steps=40, batch_size=4, evaluate_every_steps=40)
    run = train(config)
    assert run == config.out / "b11-hin"
    trained = load_model(run)
    assert trained.config == config.model.arguments()
    torch.manual_seed(0)
    fresh = create_model(**config.model.arguments()).eval()
    images = load_test_set(test_folder)
    before, after = (
        mean_of(
            measure(alpha, image.alpha, image.trimap)
            for image, alpha in predictions(MattingPredictor(model), images)
        )
        for model in (fresh, trained)
    )
    assert after["sad"] < 0.9 * before["sad"]
    for name in ("config.yaml", "metrics.csv", "environment.json", "last.ckpt", "best.ckpt"):
        assert (run / name).is_file()
    assert {file.name.split("-")[0] for file in (run / "pictures").iterdir()} == {"matte", "index"}
    header = (run / "metrics.csv").read_text().splitlines()[0]
    for name in ("train/alpha", "train/composition", "evaluate/sad", "evaluate/conn"):
        assert name in header


def test_the_run_can_be_repeated_from_its_configuration(config: TrainConfig) -> None:
    run = train(config)
    stored = yaml.safe_load((run / "config.yaml").read_text())
    assert stored["data"]["crops"] == [64]
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


def test_from_encoder_weights(config: TrainConfig, encoder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.encoder = encoder
    config.optim.lr = 1e-3
    trained = load_model(train(config))
    assert capsys.readouterr().err.count("its batch norm keeps its statistics") == 1
    own = create_model("b11", width=0.1)
    given = torch.load(encoder, weights_only=True)
    for key, tensor in own.encoder.state_dict().items():
        found, expected = trained.encoder.state_dict()[key], given[torchvision_name(key)]
        if "running" in key:
            assert torch.equal(found, expected), key
        elif tensor.ndim == 4:
            if key == "layers.0.conv.weight":  # the trimap's channel starts at zero
                expected = torch.cat([expected, torch.zeros_like(expected[:, :1])], 1)
            change = (found - expected).abs().max().item()
            assert 0 < change <= 2.1e-5, key  # Adam's two steps at a hundredth of 1e-3
    learned = trained.state_dict()["prediction.1.weight"]
    torch.manual_seed(config.loop.seed)
    fresh = create_model(**config.model.arguments()).state_dict()["prediction.1.weight"]
    assert 1e-3 < (learned - fresh).abs().max() < 2.1e-3


def test_batch_norm_is_trained_where_the_encoder_begins_at_random(
    config: TrainConfig, encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = load_model(train(config)).state_dict()
    assert (
        "random encoder weights: learns at the full rate, its batch norm is trained"
        in capsys.readouterr().err
    )
    assert state["encoder.layers.0.norm.running_mean"].abs().max() > 0
    config.encoder, config.freeze_bn = encoder, False
    state = load_model(train(config)).state_dict()
    given = torch.load(encoder, weights_only=True)
    assert not torch.equal(state["encoder.layers.0.norm.running_mean"], given["features.0.1.running_mean"])
    with pytest.raises(UserError, match="freeze_bn keeps the statistics of trained weights"):
        train(dataclasses.replace(config, encoder=None, freeze_bn=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": {"size": 48}}, "data.size must be divisible by 32 for b11, got 48"),
        ({"data": {"train": "nowhere"}}, "nowhere"),
        ({"data": {"test": "nowhere"}}, "nowhere: no such file or folder"),
        ({"data": {"backgrounds": "nowhere"}}, "nowhere"),
        ({"data": {"crops": []}}, "crop"),
        ({"data": {"repeats": 0}}, "repeats must be at least 1, got 0"),
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


def test_an_encoder_of_another_width_is_refused(config: TrainConfig, encoder: Path) -> None:
    config.encoder, config.model.width = encoder, 0.2
    with pytest.raises(UserError, match=r"mobilenet.pth: features.0.0.weight has the shape \(3, 4, 3, 3\)"):
        train(config)
    assert not config.out.exists()


def test_starts_from_pretrained_weights(config: TrainConfig) -> None:
    first = train(config)
    config.pretrained, config.optim.lr, config.name = first / "last.ckpt", 1e-9, "second"
    second = load_model(train(config)).state_dict()
    given = load_checkpoint(first / "last.ckpt")["model"]
    for name, tensor in given.items():
        if tensor.is_floating_point() and "running" not in name:
            torch.testing.assert_close(second[name], tensor, rtol=0, atol=1e-6)


def test_pretrained_weights_of_another_kind_are_named(config: TrainConfig) -> None:
    run = train(config)
    for change, message in (
        ({"width": 0.2}, "trained with width 0.1, but the model has width 0.2"),
        ({"resampling": "max"}, "trained with resampling hin, but the model has resampling max"),
        ({"fusion": "skip"}, "trained with fusion concat, but the model has fusion skip"),
        ({"name": "b10"}, "trained with model b11, but the model has model b10"),
    ):
        other = dataclasses.replace(config, model=dataclasses.replace(config.model, **change), pretrained=run)
        with pytest.raises(UserError, match=message):
            train(other)


def test_weights_of_a_network_built_by_its_defaults_fit(config: TrainConfig, tmp_path: Path) -> None:
    config.model = dataclasses.replace(config.model, resampling=None)
    config.pretrained = tmp_path / "imported"
    save_pretrained(create_model("b11", resampling="max", width=0.1), config.pretrained, {})
    train(config)


def test_a_batch_of_one_is_refused_with_a_reason(config: TrainConfig) -> None:
    config.loop.accumulate = config.loop.batch_size
    with pytest.raises(UserError, match="fewer than two samples"):
        train(config)
    assert not config.out.exists()


def test_a_sample_per_process_suffices_if_batch_norm_is_synchronised(
    config: TrainConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checked before anything else: the error names the sample per process, or images that do not exist."""
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "torchrun")
    monkeypatch.setenv("WORLD_SIZE", "2")
    config.data.test = "missing"
    for sync_bn, message in ((False, "fewer than two samples"), (True, "missing")):
        config.loop.sync_bn = sync_bn
        with pytest.raises(UserError, match=message):
            train(config)


def test_frozen_mode_survives_evaluations(config: TrainConfig, encoder: Path) -> None:
    config.encoder = encoder
    config.loop = dataclasses.replace(config.loop, steps=4, evaluate_every_steps=1)
    state = load_checkpoint(train(config) / "last.ckpt")["model"]
    given = torch.load(encoder, weights_only=True)
    assert torch.equal(state["encoder.layers.0.norm.running_mean"], given["features.0.1.running_mean"])
    assert state["decoder.0.norm.running_mean"].abs().max() > 0


def test_a_resumed_run_needs_no_encoder_weights(config: TrainConfig, encoder: Path) -> None:
    config.encoder, config.loop.stop_after = encoder, 1
    run = train(config)
    encoder.unlink()
    assert train(TrainConfig(resume=run, loop=LoopConfig(accelerator="cpu"))) == run
    assert load_checkpoint(run / "last.ckpt")["step"] == 2


def test_networks_with_strides_train_on_odd_sizes(config: TrainConfig) -> None:
    config.model = ModelConfig(name="b1", width=0.1)
    config.data = dataclasses.replace(config.data, size=65)
    assert (train(config) / "model.safetensors").is_file()


def test_defaults_of_unnamed_data_are_noted(config: TrainConfig, capsys: pytest.CaptureFixture[str]) -> None:
    train(dataclasses.replace(config, name="named"))
    assert "scikit-image" not in capsys.readouterr().err
    shutil.rmtree(Path(config.data.train) / "backgrounds")
    config.data = dataclasses.replace(config.data, test="builtin")
    config.loop = dataclasses.replace(config.loop, steps=1, stop_after=None)
    train(dataclasses.replace(config, name="forgotten"))
    told = capsys.readouterr().err
    assert "backgrounds are the photographs inside scikit-image; name a folder with --data.background" in told
    assert "measured on drawn scenes; name held-out images of your own with --data.test" in told
