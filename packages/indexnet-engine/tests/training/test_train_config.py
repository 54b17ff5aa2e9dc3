from pathlib import Path

import pytest

from indexnet_engine.errors import OptionError
from indexnet_engine.models.network_config import NetworkConfig
from indexnet_engine.training.train_config import EncoderTrainingConfig, TrainingConfig, freezes_bn


def test_the_name_says_what_is_trained() -> None:
    assert TrainingConfig(model=NetworkConfig("net")).run_name() == "net"
    assert TrainingConfig(model=NetworkConfig("net", "m2o")).run_name() == "net-m2o"
    assert TrainingConfig(model=NetworkConfig("net", "m2o"), name="mine").run_name() == "mine"


@pytest.mark.parametrize(
    ("options", "trained", "note"),
    [
        ({}, False, "random encoder weights"),
        ({"encoder": "imagenet"}, True, "encoder weights from imagenet"),
        ({"pretrained": Path("run")}, True, "encoder weights from run"),
    ],
)
def test_where_the_encoder_starts_from(options: dict, trained: bool, note: str) -> None:
    config = EncoderTrainingConfig(**options)
    assert config.has_trained_encoder() == trained
    assert config.encoder_note() == note


def test_only_statistics_of_trained_weights_are_kept() -> None:
    assert [freezes_bn(None, trained, "--encoder") for trained in (False, True)] == [False, True]
    assert [freezes_bn(False, trained, "--encoder") for trained in (False, True)] == [False, False]
    assert freezes_bn(True, True, "--encoder")
    with pytest.raises(OptionError, match=r"freeze_bn keeps the statistics .* with --encoder or --this"):
        freezes_bn(True, False, "--encoder or --this")
