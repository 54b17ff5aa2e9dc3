import dataclasses
from pathlib import Path
from typing import get_args

import pytest

from indexnet_core import SpecError
from indexnet_engine.cli.commands import parse_config
from indexnet_engine.errors import UserError
from indexnet_matting.config import CONFIGS, ModelConfig, ModelName, TrainConfig
from indexnet_matting.models import MODELS, create_model


def test_every_row_has_its_name() -> None:
    assert get_args(ModelName) == tuple(MODELS)


@pytest.mark.parametrize("name", get_args(ModelName))
def test_arguments_build_the_model(name: ModelName) -> None:
    config = ModelConfig(name=name, width=0.1)
    assert create_model(**config.arguments()).config == config.arguments()


def test_options_left_to_the_row_are_not_passed_on() -> None:
    assert ModelConfig().arguments() == {"model": "b11", "init": "he"}
    named = ModelConfig(resampling="hin-nl", width=0.5, expansion=1).arguments()
    assert (named["resampling"], named["width"], named["expansion"]) == ("hin-nl", 0.5, 1)
    assert named["normalization"] == "sigmoid+softmax"
    assert "expansion" not in ModelConfig(resampling="max").arguments()


def test_the_run_name_describes_the_model() -> None:
    assert TrainConfig().run_name() == "b11"
    assert TrainConfig(model=ModelConfig(resampling="m2o-nl-c")).run_name() == "b11-m2o-nl-c"
    assert TrainConfig(name="mine").run_name() == "mine"


def test_defaults_are_the_released_recipe() -> None:
    config = TrainConfig()
    assert (config.optim.name, config.optim.lr, config.optim.weight_decay) == ("adam", 0.01, 0)
    assert (config.optim.milestones, config.optim.gamma) == ([20, 26], 0.1)
    assert (config.loop.epochs, config.loop.batch_size) == (30, 16)
    assert (config.data.crops, config.data.size) == ([320, 480, 640], 320)
    assert config.encoder_lr_scale == 0.01
    assert parse_config(TrainConfig, ["--config", str(CONFIGS / "released.yaml")]) == config


def test_the_paper_has_one_learning_rate() -> None:
    paper = parse_config(TrainConfig, ["--config", str(CONFIGS / "paper.yaml")])
    assert paper == dataclasses.replace(TrainConfig(), encoder_lr_scale=1.0)


def test_shipped_configurations_are_read() -> None:
    for file in CONFIGS.glob("*.yaml"):
        config = parse_config(TrainConfig, ["--config", str(file)])
        assert create_model(**config.model.arguments())
        assert config.data.size % 32 == 0
    assert {file.stem for file in CONFIGS.glob("*.yaml")} >= {
        "released",
        "paper",
        "small",
        "demo-alphamatting",
        "general",
    }


@pytest.mark.parametrize("source", ["encoder", "pretrained"])
def test_batch_norm_is_frozen_where_the_encoder_begins_with_trained_weights(source: str) -> None:
    assert not TrainConfig().freezes_bn()
    trained = TrainConfig(**{source: Path("weights")})
    assert trained.freezes_bn()
    assert not dataclasses.replace(trained, freeze_bn=False).freezes_bn()
    assert dataclasses.replace(trained, freeze_bn=True).freezes_bn()
    with pytest.raises(UserError, match="freeze_bn keeps the statistics of trained weights"):
        TrainConfig(freeze_bn=True).freezes_bn()


def test_invalid_factors() -> None:
    for scale in (-1, float("nan")):
        with pytest.raises(UserError, match="encoder_lr_scale must"):
            TrainConfig(encoder_lr_scale=scale)


def test_options_of_the_network_replace_the_rows_own() -> None:
    named = ModelConfig(fusion="skip", context="none", output_stride=16).arguments()
    assert (named["fusion"], named["context"], named["output_stride"]) == ("skip", "none", 16)
    assert create_model(**named, width=0.1).stride == 16
    refined = create_model(**ModelConfig(name="b3", refinement=True, width=0.05).arguments())
    assert any(name.startswith("refinement.") for name in refined.state_dict())
    with pytest.raises(SpecError, match="b1 has no option fusion"):
        create_model(**ModelConfig(name="b1", fusion="skip").arguments())


def test_options_of_index_networks_need_one() -> None:
    for options in ({"expansion": 1}, {"normalization": "softmax"}):
        with pytest.raises(SpecError, match="are options of index networks, not of this network"):
            ModelConfig(**options).arguments()
        assert ModelConfig(resampling="hin", **options).arguments()
