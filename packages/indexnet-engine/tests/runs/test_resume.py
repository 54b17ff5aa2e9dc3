import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import yaml

from indexnet_engine.cli.configuration import parse_config
from indexnet_engine.errors import UserError
from indexnet_engine.runs.resume import RESUMABLE, open_run
from indexnet_engine.training.loop_config import LoopConfig
from indexnet_engine.training.optim import OptimConfig


@dataclass
class Config:
    """The configuration of an application's training."""

    optim: OptimConfig = field(default_factory=OptimConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    data: str = "builtin"
    sizes: list[float] = field(default_factory=lambda: [1.0])
    cache: Path | None = None
    resume: Path | None = None


@dataclass
class Trainable(Config):
    """A configuration that can start from weights."""

    pretrained: Path | None = None


BEGUN = Config(
    optim=OptimConfig(lr=0.02, milestones=[1.5]),
    loop=LoopConfig(steps=9, batch_size=4, checkpoint_every=3),
    data="photos",
    sizes=[1.0, 0.5],
    cache=Path("cache"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run with the configuration `BEGUN`."""
    _, make_run = open_run(BEGUN, None)
    return make_run(tmp_path, "run").folder


def test_a_new_run_has_the_given_configuration(tmp_path: Path) -> None:
    config, make_run = open_run(BEGUN, None)
    assert config is BEGUN
    assert not list(tmp_path.iterdir())  # nothing is written before all is ready
    run = make_run(tmp_path, "run")
    assert (run.folder, run.resumed) == (tmp_path / "run", False)
    stored = yaml.safe_load((run.folder / "config.yaml").read_text())
    assert (stored["optim"]["lr"], stored["data"], stored["cache"]) == (0.02, "photos", "cache")


def test_resuming_loads_the_configuration(folder: Path, tmp_path: Path) -> None:
    config, make_run = open_run(Config(resume=folder), folder)
    assert replace(config, loop=BEGUN.loop) == BEGUN
    run = make_run(tmp_path / "elsewhere", "other")
    assert (run.folder, run.resumed) == (folder, True)
    assert not (tmp_path / "elsewhere").exists()


def test_options_that_do_not_change_the_result_may_change(folder: Path) -> None:
    given = {
        **{"stop_after": 5, "accelerator": "cpu", "devices": 2},
        **{"workers": 3, "checkpoint_every": 7, "log_every": 1},
    }
    assert set(given) == set(RESUMABLE)
    config, _ = open_run(Config(loop=LoopConfig(**given)), folder)
    assert config.loop == replace(BEGUN.loop, **given)


def test_stop_after_is_not_kept(folder: Path, tmp_path: Path) -> None:
    stopped = replace(BEGUN, loop=replace(BEGUN.loop, stop_after=5))
    run = open_run(stopped, None)[1](tmp_path, "stopped")
    assert open_run(Config(), run.folder)[0].loop.stop_after is None


def test_the_same_value_is_no_contradiction(folder: Path) -> None:
    given = Config(
        optim=OptimConfig(lr=0.02), loop=LoopConfig(batch_size=4), sizes=[1.0, 0.5], cache=Path("cache")
    )
    assert open_run(given, folder)[0].optim == BEGUN.optim


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            Config(optim=OptimConfig(lr=0.5)),
            r"--optim\.lr 0\.5 contradicts .*run, which has 0\.02; leave",
        ),
        (Config(loop=LoopConfig(batch_size=8)), r"--loop\.batch_size 8 contradicts .*, which has 4"),
        (Config(data="other"), r"--data other contradicts .*, which has photos"),
        (Config(sizes=[2.0]), r"--sizes \[2\.0\] contradicts .*, which has \[1\.0, 0\.5\]"),
        (Config(cache=Path("other")), r"--cache other contradicts .*, which has cache"),
    ],
)
def test_contradictions_are_refused(folder: Path, given: Config, message: str) -> None:
    before = sorted(folder.iterdir())
    with pytest.raises(UserError, match=message):
        open_run(given, folder)
    assert sorted(folder.iterdir()) == before


def test_a_new_run_from_the_weights_is_suggested(folder: Path) -> None:
    longer = LoopConfig(steps=12)
    without = r"which has 9; leave it out, or start a new run without --resume$"
    with pytest.raises(UserError, match=without):
        open_run(Trainable(loop=longer), folder)
    (folder / "config.json").touch()
    with pytest.raises(
        UserError, match=rf"without --resume; --pretrained {folder} starts one from its weights$"
    ):
        open_run(Trainable(loop=longer), folder)
    with pytest.raises(UserError, match=without):  # no such option
        open_run(Config(loop=longer), folder)


def test_a_run_of_another_task(folder: Path) -> None:
    config = {"format": 1, "model": {}, "task": "depth"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "config.yaml").write_text("trimap: 3\n")
    with pytest.raises(UserError, match=r"run: a run of depth, not of matting; indexnet-depth resumes it$"):
        open_run(Config(), folder, "matting")


def test_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not the folder of a run \(no config\.yaml there\)"):
        open_run(Config(), tmp_path)


def test_the_configuration_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("trimap: 3\n")
    with pytest.raises(UserError, match=r"config\.yaml: unknown option trimap"):
        open_run(Config(), tmp_path)


def test_a_default_that_is_given_counts(folder: Path) -> None:
    words = ["--loop.checkpoint-every", "500", "--loop.log-every", "20"]
    config, _ = open_run(parse_config(Config, words), folder)
    assert (config.loop.checkpoint_every, BEGUN.loop.checkpoint_every) == (500, 3)
    with pytest.raises(UserError, match=r"--optim\.lr 0\.001 contradicts .*, which has 0\.02"):
        open_run(parse_config(Config, ["--optim.lr", "0.001"]), folder)
    assert open_run(parse_config(Config, []), folder)[0].loop == BEGUN.loop
