import dataclasses
from pathlib import Path

import pytest

from indexnet_core import INDEX_NETWORKS, SpecError
from indexnet_engine.cli.commands import parse_config
from indexnet_engine.errors import UserError
from indexnet_segmentation.config import CONFIGS, DataConfig, ModelConfig, TrainConfig
from indexnet_segmentation.models import create_model


@pytest.mark.parametrize("operator", ["max", "max+bilinear", *INDEX_NETWORKS])
def test_arguments_build_the_model(operator: str) -> None:
    arguments = ModelConfig(resampling=operator, width=2).arguments(5)
    model = create_model(**arguments)
    assert model.config == arguments
    assert model.prediction.out_channels == 5
    assert ("expansion" in arguments) == (operator in INDEX_NETWORKS)


def test_the_run_name_describes_the_model() -> None:
    assert TrainConfig().run_name() == "segnet-o2o-shared-nl"
    assert TrainConfig(name="mine").run_name() == "mine"


def test_defaults_are_the_papers_recipe() -> None:
    config = TrainConfig()
    optim = config.optim
    assert (optim.name, optim.lr, optim.momentum, optim.weight_decay) == ("sgd", 0.01, 0.9, 1e-4)
    assert (optim.schedule, optim.milestones, optim.gamma) == ("multistep", [250, 280], 0.1)
    assert (config.loop.epochs, config.loop.batch_size) == (300, 16)
    assert (config.data.size, config.data.scale, config.model.width) == (320, 1, None)
    assert config.balance == "none"
    config.model.width = 64
    assert parse_config(TrainConfig, ["--config", str(CONFIGS / "paper.yaml")]) == config


def test_shipped_configurations_are_read() -> None:
    for file in CONFIGS.glob("*.yaml"):
        config = parse_config(TrainConfig, ["--config", str(file)])
        assert config.data.size % 32 == 0
    assert {file.stem for file in CONFIGS.glob("*.yaml")} >= {
        "paper",
        "small",
        "camvid",
        "camvid-small",
        "camvid-mobilenet",
    }


@pytest.mark.parametrize("source", [{"encoder": "imagenet"}, {"pretrained": Path("weights")}])
def test_batch_norm_is_frozen_where_the_encoder_begins_with_trained_weights(source: dict) -> None:
    assert not TrainConfig().freezes_bn()
    trained = TrainConfig(**source)
    assert trained.freezes_bn()
    assert not dataclasses.replace(trained, freeze_bn=False).freezes_bn()
    assert dataclasses.replace(trained, freeze_bn=True).freezes_bn()
    with pytest.raises(UserError, match="freeze_bn keeps the statistics of trained weights"):
        TrainConfig(freeze_bn=True).freezes_bn()


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf")])
def test_invalid_scales(scale: float) -> None:
    with pytest.raises(UserError, match=r"data\.scale must"):
        TrainConfig(data=DataConfig(scale=scale))


def test_options_of_index_networks_need_one() -> None:
    with pytest.raises(SpecError, match="are options of index networks, not of max"):
        ModelConfig(resampling="max+nearest", expansion=1).arguments(11)
