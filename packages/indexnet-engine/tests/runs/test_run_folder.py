import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator  # type: ignore[import-untyped]

from indexnet_engine.errors import UserError
from indexnet_engine.runs.metrics_csv import read_rows
from indexnet_engine.runs.run_folder import Run


def test_never_overwrites(tmp_path: Path) -> None:
    folders = [Run.create(tmp_path / "runs", "net", {"number": number}).folder for number in range(3)]
    assert [folder.name for folder in folders] == ["net", "net-2", "net-3"]
    assert [yaml.safe_load((folder / "config.yaml").read_text())["number"] for folder in folders] == [0, 1, 2]


def test_never_overwrites_when_several_start_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda number: Run.create(tmp_path, "net", {"number": number}), range(8)))
    for number, run in enumerate(runs):
        assert yaml.safe_load((run.folder / "config.yaml").read_text()) == {"number": number}


def test_records_config_and_environment(tmp_path: Path) -> None:
    config = {"data": {"train": Path("a/b"), "scales": (1.0, 0.9)}, "name": "σ"}
    run = Run.create(tmp_path, "net", config)
    stored = yaml.safe_load((run.folder / "config.yaml").read_text(encoding="utf-8"))
    assert stored == {"data": {"train": "a/b", "scales": [1.0, 0.9]}, "name": "σ"}
    assert "torch" in json.loads((run.folder / "environment.json").read_text())["packages"]
    Run.resume(run.folder)
    assert (run.folder / "environment-2.json").exists()
    Run.resume(run.folder)
    assert (run.folder / "environment-3.json").exists()


@pytest.mark.parametrize("name", ["", "a/b", "..", "/tmp/x"])
def test_bad_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match="plain folder name"):
        Run.create(tmp_path, name, {})


def test_root_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/net: cannot create the run folder"):
        Run.create(tmp_path / "file", "net", {})


def test_resume_needs_a_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"not the folder of a run \(no config\.yaml there\)"):
        Run.resume(tmp_path)


def test_resume_removes_half_written_files(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "net", {})
    (run.folder / ".last.tmp-abc.ckpt").touch()
    Run.resume(run.folder)
    assert not (run.folder / ".last.tmp-abc.ckpt").exists()


def test_rows_of_steps_that_are_done_again_are_dropped(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "net", {})
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    with run.logging(0):
        for step in (1, 2, 3):
            run.log(step, {"train/loss": float(step)})
        run.show(3, {"first": picture})
    with Run.resume(run.folder).logging(2):
        pass
    resumed = Run.resume(run.folder)
    with resumed.logging(2):
        resumed.log(3, {"train/loss": 30.0})
    assert [(row["step"], row["train/loss"]) for row in read_rows(run.folder / "metrics.csv")] == [
        ("1", "1.0"),
        ("2", "2.0"),
        ("3", "30.0"),
    ]
    events = EventAccumulator(str(run.folder / "tensorboard"))
    events.Reload()
    assert [(event.step, event.value) for event in events.Scalars("train/loss")] == [(1, 1), (2, 2), (3, 30)]
    with Image.open(run.folder / "pictures" / "first-0000003.png") as image:
        np.testing.assert_array_equal(np.asarray(image), picture)


def test_other_processes_write_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "torchrun")
    run = Run.create(tmp_path, "net", {})
    with run.logging(0):
        run.log(1, {"train/loss": 1.0})
        run.show(1, {"a": np.zeros((2, 2, 3), np.uint8)})
    assert not list(tmp_path.iterdir())


def test_discard_removes_a_run_that_never_started(tmp_path: Path) -> None:
    run = Run.create(tmp_path, "net", {})
    run.discard()
    assert not list(tmp_path.iterdir())
    begun = Run.create(tmp_path, "net", {})
    with begun.logging(0):
        pass
    before = sorted(begun.folder.iterdir())
    begun.discard()
    resumed = Run.resume(begun.folder)
    assert (begun.folder / "environment-2.json").exists()
    resumed.discard()
    assert sorted(begun.folder.iterdir()) == before
