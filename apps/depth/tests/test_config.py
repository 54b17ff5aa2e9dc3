from pathlib import Path
from typing import get_args

import pytest

from indexnet_core import SpecError
from indexnet_depth.config import CONFIGS, DataConfig, ModelConfig, ModelName, TrainConfig
from indexnet_depth.models import CHANNEL_RULE, OPERATORS, create_model
from indexnet_engine.cli.commands import parse_config
from indexnet_engine.errors import UserError


def test_every_name_is_there() -> None:
    assert get_args(ModelName) == tuple(OPERATORS)


@pytest.mark.parametrize("name", get_args(ModelName))
def test_arguments_build_the_model(name: ModelName) -> None:
    config = ModelConfig(name=name, width=0.1, skips=True)
    network = create_model(**config.arguments())
    assert network.config == config.arguments()
    assert network.resampling.operator == config.operator() == OPERATORS[name]


def test_options_left_to_the_name_are_not_passed_on() -> None:
    assert ModelConfig().arguments() == {"model": "fastdepth-p-nnconv5", "init": "he"}
    named = ModelConfig(resampling="m2o-nl", width=0.5, expansion=1, channel_rule="max").arguments()
    assert (named["resampling"], named["width"], named["expansion"]) == ("m2o-nl", 0.5, 1)
    assert named["channel_rule"] == "max"
    assert ModelConfig(resampling="o2o-shared").arguments()["channel_rule"] == CHANNEL_RULE
    assert "channel_rule" not in ModelConfig(resampling="hin").arguments()
    assert "expansion" not in ModelConfig(resampling="max+bilinear").arguments()


def test_the_run_name_describes_the_model() -> None:
    assert TrainConfig().run_name() == "fastdepth-p-nnconv5"
    model = ModelConfig(resampling="m2o-nl-c", skips=True)
    assert TrainConfig(model=model).run_name() == "fastdepth-p-nnconv5-m2o-nl-c-skips"
    assert TrainConfig(name="mine").run_name() == "mine"


def test_defaults_are_those_of_the_paper() -> None:
    config = TrainConfig()
    assert (config.optim.name, config.optim.lr, config.optim.momentum) == ("sgd", 0.01, 0.9)
    assert (config.optim.weight_decay, config.optim.gamma) == (1e-4, 0.1)
    assert config.optim.schedule == "multistep"
    assert config.optim.milestones == [5, 10, 15, 20, 25]
    assert (config.loop.epochs, config.loop.batch_size) == (30, 16)
    assert config.data.size == 224
    assert (config.augment.max_scale, config.augment.max_angle, config.augment.flip) == (1.5, 5, 0.5)
    assert parse_config(TrainConfig, ["--config", str(CONFIGS / "paper.yaml")]) == config


def test_shipped_configurations_are_read() -> None:
    files = list(CONFIGS.glob("*.yaml"))
    for file in files:
        config = parse_config(TrainConfig, ["--config", str(file)])
        assert create_model(**config.model.arguments())
        assert config.data.size % 32 == 0
    assert {file.stem for file in files} >= {"paper", "small", "overfit"}
    overfit = parse_config(TrainConfig, ["--config", str(CONFIGS / "overfit.yaml")]).augment
    assert (overfit.max_scale, overfit.max_angle, overfit.flip, overfit.jitter) == (1, 0, 0, 0)


def test_invalid_sizes() -> None:
    with pytest.raises(UserError, match=r"data\.size must be positive, got 0"):
        TrainConfig(data=DataConfig(size=0))


def test_every_shipped_file_names_no_machine() -> None:
    for file in CONFIGS.glob("*.yaml"):
        assert "/" not in str(parse_config(TrainConfig, ["--config", str(file)]).data.train)
        assert Path(file).read_text().startswith("#")


def test_options_of_index_networks_need_one() -> None:
    with pytest.raises(SpecError, match="are options of index networks, not of max"):
        ModelConfig(resampling="max+nearest", expansion=1).arguments()


def test_a_channel_rule_needs_depthwise_maps() -> None:
    for operator in (None, "hin", "max+nearest"):
        with pytest.raises(UserError, match=r"model\.channel_rule first applies to depthwise index networks"):
            ModelConfig(resampling=operator, channel_rule="first").arguments()
    assert ModelConfig(resampling="m2o", channel_rule="first").arguments()["channel_rule"] == "first"
