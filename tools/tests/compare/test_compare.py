import csv
import json
import re
import runpy
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import yaml
from PIL import Image

from indexnet_core import ShapeError, SpecError
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.images.panels import LINE
from indexnet_segmentation.data.open_data import open_data
from indexnet_segmentation.evaluation import measure_images
from indexnet_segmentation.predictor import SegmentationPredictor
from tools.compare.cli import TASKS, main
from tools.compare.runs import load_run

TOOL = "tools.compare"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXNET_CACHE", str(tmp_path / "cache"))


def draw_photos(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        write_image(folder / f"{name}.png", rng.random((48, 56, 1), dtype=np.float32))


def draw_classes(folder: Path) -> None:
    """Two classes, told apart by their brightness."""
    rng = np.random.default_rng(0)
    for split in ("train", "val", "test"):
        for name in ("a", "b"):
            label = np.zeros((48, 64), np.uint8)
            label[:, int(rng.integers(20, 40)) :] = 1
            part = folder / split
            write_image(part / "image" / f"{name}.png", 0.6 * label + 0.1 + 0.1 * rng.random((48, 64)))
            (part / "label").mkdir(exist_ok=True)
            Image.fromarray(label).save(part / "label" / f"{name}.png")
    (folder / "classes.yaml").write_text(yaml.safe_dump({"classes": ["dark", "bright"]}))


def draw_frames(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        write_image(folder / "rgb" / f"{name}.png", rng.random((40, 50, 3)))
        depth = rng.integers(1000, 4000, (40, 50)).astype(np.uint16)
        write_image(folder / "depth" / f"{name}.png", depth, 16)


def draw_mattes(folder: Path) -> None:
    rng = np.random.default_rng(0)
    alpha = np.zeros((40, 48), np.float32)
    alpha[:, 16:32], alpha[:, 32:] = 0.5, 1
    for name in ("a", "b"):
        for kind in ("fg", "image", "backgrounds"):
            write_image(folder / kind / f"{name}.png", rng.random((40, 48, 3)))
        write_image(folder / "alpha" / f"{name}.png", alpha)
        write_image(folder / "trimap" / f"{name}.png", alpha)


def words_of(task: str, folder: Path, out: Path) -> list[str]:
    """A training of two steps on small pictures."""
    words = {
        "denoising": ["--test", folder, "--data.test", folder, "--model.width", 2, "--data.patch_size", 40],
        "matting": ["--test", folder, "--model.width", 0.1, "--data.size", 32, "--data.crops=[32]"],
        "segmentation": ["--model.width", 2, "--data.size", 32, "--loop.precision", "32"],
        "depth": ["--data.unit", "mm", "--data.size", 32, "--model.width", 0.1],
    }[task]
    shared = ["--task", task, "--data", folder, "--out", out, "--loop.steps", 2, "--loop.batch_size", 2]
    return [str(word) for word in (*shared, *words)]


DRAW = {
    "denoising": draw_photos,
    "matting": draw_mattes,
    "segmentation": draw_classes,
    "depth": draw_frames,
}


def cells(out: str) -> list[list[str]]:
    """Those of the first table, without its rule."""
    table = out[out.index("| operator") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in (table[0], *table[2:])]


class Compared(NamedTuple):
    """Two operators, compared over two seeds: the command, its folder and its output."""

    task: str
    words: list[str]
    folder: Path
    output: str

    @property
    def heads(self) -> list[str]:
        return cells(self.output)[0]

    @property
    def rows(self) -> list[list[str]]:
        return cells(self.output)[1:]

    @property
    def measures(self) -> dict[str, list[dict[str, float]]]:
        """Label -> metrics of each seed."""
        return json.loads((self.folder / "measures.json").read_text())


@pytest.fixture(scope="module", params=TASKS)
def compared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Compared:
    task, folder = request.param, tmp_path_factory.mktemp("compared")
    DRAW[task](folder / "data")
    words = words_of(task, folder / "data", folder / "runs")
    words += ["--operators", "max+nearest", "hin", "--seeds", "2"]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as output:
        patch.setenv("INDEXNET_CACHE", str(folder / "cache"))
        main("", [*words, "--rounds", "1", "--seconds", "0.001", "--panels", "b"])
    return Compared(task, words, folder / "runs", output.getvalue())


@pytest.mark.slow
def test_runs_and_results_are_kept(compared: Compared) -> None:
    assert compared.output.splitlines()[1].startswith(f"python -m tools.compare --task {compared.task}")
    names = {f"{operator}-seed{seed}" for operator in ("max+nearest", "hin") for seed in (0, 1)}
    kept = {"measures.json", "table.md", "table.csv", "plot.png", "panels.png"}
    assert {path.name for path in compared.folder.iterdir()} == names | kept
    assert (compared.folder / "table.md").read_text().strip() in compared.output
    for name in ("plot.png", "panels.png"):
        assert read_image(compared.folder / name, 3).std() > 0.01


@pytest.mark.slow
def test_the_table_shows_costs(compared: Compared) -> None:
    assert compared.heads[:5] == ["operator", "parameters", "GFLOPs", "step, ms", "image, ms"]
    assert [row[0] for row in compared.rows] == ["`max+nearest`", "`hin`"]
    fewer, more = parameters(compared)
    assert fewer < more
    assert all(float(cell) > 0 for row in compared.rows for cell in row[2:5])


@pytest.mark.slow
def test_the_table_shows_mean_lowest_and_highest(compared: Compared) -> None:
    shown = {re.sub(", %$", "", head): place for place, head in enumerate(compared.heads)}
    for row, (label, seeds) in zip(compared.rows, compared.measures.items()):
        assert row[0] == f"`{label}`"
        for name in list(shown)[5:]:
            values = [seed[name] * (100 if f"{name}, %" in compared.heads else 1) for seed in seeds]
            mean, low, high = map(float, re.findall(r"[\d.]+", row[shown[name]]))
            assert (mean, low, high) == pytest.approx((sum(values) / 2, min(values), max(values)), abs=5.1e-3)


@pytest.mark.slow
def test_the_csv_file_has_the_deviation(compared: Compared) -> None:
    with (compared.folder / "table.csv").open() as file:
        records = list(csv.DictReader(file))
    assert [int(record["parameters"]) for record in records] == parameters(compared)
    for record, seeds in zip(records, compared.measures.values()):
        for name in seeds[0]:
            if seeds[0][name] is not None:
                assert float(record[f"{name}_std"]) == pytest.approx(np.std([s[name] for s in seeds], ddof=1))


@pytest.mark.slow
def test_finished_runs_are_not_trained_again(compared: Compared, capsys: pytest.CaptureFixture[str]) -> None:
    """Times, in columns 3 and 4, are left out."""
    runs = {path: path.stat().st_mtime_ns for path in compared.folder.glob("*-seed*/*.ckpt")}
    main("", [*compared.words, "--rounds", "0", "--panels", "0"])
    again = cells(capsys.readouterr().out)
    assert [row[:3] + row[5:] for row in (compared.heads, *compared.rows)] == again
    assert {path: path.stat().st_mtime_ns for path in runs} == runs


def parameters(compared: Compared) -> list[int]:
    return [int(row[1].replace(",", "")) for row in compared.rows]


@pytest.mark.slow
def test_the_last_weights_are_measured_by_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The watched part and the measured one differ, so that the best weights may be others."""
    draw_classes(tmp_path / "data")
    words = [
        *words_of("segmentation", tmp_path / "data", tmp_path / "runs"),
        "--loop.evaluate_every_steps",
        "1",
    ]
    main("", [*words, "--operators", "hin", "--seeds", "1", "--rounds", "0", "--panels", "a", "b"])
    out = capsys.readouterr().out
    assert "| dark |" in out
    options = type("Options", (), {})
    model = load_run(TASKS["segmentation"](options), tmp_path / "runs" / "hin-seed0", "last", "cpu")
    scores = measure_images(SegmentationPredictor(model), open_data(tmp_path / "data", "test"))
    assert cells(out)[1][3] == f"{100 * scores.summary()['miou']:.2f}"
    # Rows of image, ground truth and one operator, 240 × 180 pixels each, gaps and names; a legend below.
    panels = read_image(tmp_path / "runs" / "panels.png")
    assert panels.shape[1] == LINE + 3 * 240 + 2 * 4
    assert panels.shape[0] > 2 * 180 + 8


@pytest.mark.slow
def test_channel_rules_are_contenders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    draw_frames(tmp_path / "data")
    words = [*words_of("depth", tmp_path / "data", tmp_path / "runs"), "--seeds", "1", "--rounds", "0"]
    main("", [*words, "--operators", "stride+nearest", "m2o", "--rules", "mean", "squeeze"])
    rows = cells(capsys.readouterr().out)[1:]
    assert [row[0] for row in rows] == ["`stride+nearest`", "`m2o-mean`", "`m2o-squeeze`"]
    for rule in ("mean", "squeeze"):
        config = yaml.safe_load((tmp_path / "runs" / f"m2o-{rule}-seed0" / "config.yaml").read_text())
        assert config["model"]["channel_rule"] == rule


def test_a_run_of_another_budget_is_refused(tmp_path: Path) -> None:
    draw_photos(tmp_path / "data")
    words = words_of("denoising", tmp_path / "data", tmp_path / "runs")
    words += ["--operators", "max", "--seeds", "1", "--rounds", "0", "--panels", "0"]
    main("", words)
    refused = r"--loop\.steps 3 contradicts .*max-seed0, which has 2; choose another --out$"
    with pytest.raises(UserError, match=refused):
        main("", [*words, "--loop.steps", "3"])
    with pytest.raises(UserError, match=refused):  # before the operator in front of it is trained
        main("", [*words, "--loop.steps", "3", "--operators", "hin", "max"])
    assert not (tmp_path / "runs" / "hin-seed0").exists()


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["--operators", "maxx"], SpecError, "did you mean 'max'"),
        (["--operators", "max", "hin", "max"], UserError, "--operators: max is named twice"),
        (["--seeds", "0"], UserError, "--seeds must be positive, got 0"),
        (["--seeds", "two"], UserError, "argument --seeds: invalid int value: 'two'"),
        (["--seconds", "0"], UserError, "--seconds must be positive, got 0"),
        (["--rounds", "-1"], UserError, "--rounds must not be negative, got -1"),
        (["--rounds", "0", "--cost", "step"], UserError, "--cost step needs times, but --rounds is 0"),
        (
            ["--figure", "sad"],
            UserError,
            "--figure: unknown 'sad'; choose one of psnr data, ssim data, spots data",
        ),
        (["--panels", "nowhere"], UserError, "--panels: no test image nowhere"),
        (["--loop.batch_size", "0"], UserError, "--loop.batch_size must be positive, got 0"),
        (["--gflops-at", "20"], ShapeError, "20"),
        (["--config", "nothing"], UserError, "no file 'nothing', and none of"),
        (["--loop.stepps", "3"], UserError, "loop.stepps"),
        (["--test", "nowhere"], UserError, "nowhere"),
    ],
)
def test_errors_come_before_training(
    words: list[str], error: type[Exception], message: str, tmp_path: Path
) -> None:
    draw_photos(tmp_path / "data")
    with pytest.raises(error, match=re.escape(message)):
        main("", [*words_of("denoising", tmp_path / "data", tmp_path / "runs"), *words])
    assert not (tmp_path / "runs").exists()


def run_tool(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["compare", *words])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module(TOOL, run_name="__main__")
    return int(stop.value.code or 0)


def test_the_task_is_needed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_tool(monkeypatch) == 2
    message = "error: --task is missing; choose one of matting, denoising, segmentation, depth\n"
    assert capsys.readouterr().err == message


def test_help_is_about_the_task(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_tool(monkeypatch, "--task", "depth", "--help") == 0
    shown = capsys.readouterr().out
    assert "--rules" in shown
    assert "--sigma" not in shown
    assert run_tool(monkeypatch, "--help") == 0
    shown = capsys.readouterr().out
    assert "--operators" in shown
    assert "--task TASK --help" in shown


@pytest.mark.slow
def test_values_of_an_option_are_rows_and_statistics_are_chosen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_photos(tmp_path / "data")
    words = words_of("denoising", tmp_path / "data", tmp_path / "runs")
    words += ["--operators", "hin-nl", "--seeds", "1", "--rounds", "0", "--panels"]
    words += ["--vary", "loop.freeze_bn_from", "null", "0"]
    measures = []
    for statistics in ("running", "image"):
        main("", [*words, "--statistics", statistics])
        output = capsys.readouterr().out
        assert ("batch norm with the statistics of each image" in output) == (statistics == "image")
        name = "measures.json" if statistics == "running" else "measures-image-statistics.json"
        measures.append(json.loads((tmp_path / "runs" / name).read_text()))
    labels = [f"hin-nl-freeze_bn_from-{value}" for value in ("null", "0")]
    assert [row[0] for row in cells(output)[1:]] == [f"`{label}`" for label in labels]
    kept = [
        yaml.safe_load((tmp_path / "runs" / f"{label}-seed0" / "config.yaml").read_text()) for label in labels
    ]
    assert [config["loop"]["freeze_bn_from"] for config in kept] == [None, 0]
    values = [measured[label][0]["psnr data"] for measured in measures for label in labels]
    assert len(set(values)) == 4, "both options matter"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--vary", "loop.ema"], "--vary: no values for loop.ema"),
        (["--vary", "loop.ema", "0.9", "0.9"], "--vary: a value of loop.ema is named twice"),
        (["--vary", "loop.ema", "0.9", "--loop.ema=0.5"], "--vary: loop.ema is also set"),
        (["--vary", "loop.seed", "1", "2"], "--vary: loop.seed is also set"),
        (["--statistics", "image"], "--statistics image is no network to be timed"),
    ],
)
def test_options_that_contradict_each_other(words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=re.escape(message)):
        main("", ["--task", "denoising", *words])
