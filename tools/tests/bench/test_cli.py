import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from indexnet_core import ShapeError, SpecError
from indexnet_engine.errors import UserError
from tools.bench.cli import main

ROOT = Path(__file__).parents[3]
QUICK = ["--threads", "1", "--rounds", "1", "--seconds", "0.001", "--measure", "time"]


def run(capsys: pytest.CaptureFixture[str], *words: object) -> list[list[str]]:
    """The cells of the table, without its first two lines."""
    main([*map(str, words), *QUICK])
    out = capsys.readouterr().out
    assert "PyTorch" in out.splitlines()[0]
    assert out.splitlines()[1].startswith("python -m tools.bench")
    rows = [line.strip("| ").split(" | ") for line in out.splitlines() if line.startswith("|")]
    return rows[2:]


def test_stage(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = [
        "hin",
        "m2o",
        "--channels",
        4,
        "--size",
        "16x8",
        "--batch",
        1,
        "--out",
        tmp_path / "a" / "rows.json",
    ]
    rows = run(capsys, "stage", *words)
    assert [row[0] for row in rows] == ["hin"] * 6 + ["m2o"] * 6
    assert [row[3] for row in rows] == ["literal", "max", "ours"] * 4
    assert rows[0][1] == "1x4x8x16"
    assert [row[6] for row in rows if row[3] == "literal"] == ["1.00x"] * 4
    found = json.loads((tmp_path / "a" / "rows.json").read_text(encoding="utf-8"))
    assert len(found["rows"]) == 12
    assert found["machine"]
    ours, literal = found["rows"][2], found["rows"][0]
    assert ours["speed_up"] == pytest.approx(literal["seconds"] / ours["seconds"])


def test_network(capsys: pytest.CaptureFixture[str]) -> None:
    rows = run(capsys, "network", "--size", "32x40", "--operator", "hin", "--width", 0.1)
    assert [row[:4] for row in rows] == [
        ["matting b11 hin", "32x40, padded to 32x64", *how]
        for how in (
            ["literal", "32 channels-first"],
            ["max", "32 channels-first"],
            *(["ours", f"{p} channels-{layout}"] for p in ("32", "bf16") for layout in ("first", "last")),
            ["optimized", "32 channels-first"],
        )
    ]


def test_a_depth_network_beside_its_fixed_operator(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--network", "depth", "--operator", "hin", "--candidates", "max-optimized", "optimized"]
    rows = run(capsys, "network", *words, "--size", "32x32", "--width", 0.1)
    assert [row[:3] for row in rows] == [
        ["depth fastdepth-p-nnconv5 hin", "32x32", who] for who in ("max-optimized", "optimized")
    ]


def test_profile(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = ["stage", "hin", "--channels", "4", "--size", "64x64", "--passes", "forward"]
    main([*words, "--measure", "profile", "--out", str(tmp_path / "rows.json")])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("- hin, 4x4x64x64")]
    assert [line.count("max_pool2d_with_indices") for line in lines] == [0, 1, 0]
    found = json.loads((tmp_path / "rows.json").read_text(encoding="utf-8"))["rows"]
    assert all(sum(row["profile"].values()) == pytest.approx(1) for row in found)
    assert found[0]["profile"].keys() >= {"avg_pool2d", "sigmoid", "_softmax"}


def test_train(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--precision", "32", "--layout", "channels-last", "--activations", "kept", "checkpointed"]
    rows = run(capsys, "train", "depth", "--batch", 2, "--size", 32, "--width", 0.05, *words)
    assert [row[3] for row in rows] == [
        *["32 channels-first"] * 2, "32 channels-last", "32 channels-last checkpointed"
    ]  # fmt: skip


def test_linear(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    main(["linear", "--size", "32x32", "64x64", "--width", "0.1", "--plot", str(tmp_path / "p.png"), *QUICK])
    assert "seconds of ours 32 channels-last grow as pixels^" in capsys.readouterr().out
    assert (tmp_path / "p.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["stage", "m2"], "unknown operator 'm2'"),
        (["stage", "max"], "unknown operator 'max'"),
        (["stage", "--size", "7x8"], "--size must be divisible by 2 here, got 7x8"),
        (["network", "--size", "1080p"], "--size must be width x height as in 1920x1080, got 1080p"),
        (["network", "--rounds", "0"], "--rounds must be positive, got 0"),
        (["network", "--precision", "8"], "--precision: invalid choice: '8'"),
        (["train", "depth", "--size", "-32"], "--size must be positive, got -32"),
        (["train", "music"], "unknown application 'music'"),
        (["train", "matting", "depth", "--operator", "hin"], "--operator needs exactly one application"),
        (["train", "depth", "--batch", "1"], "batch norm needs at least two samples, got --batch 1"),
        (["linear", "--size", "32x32"], "a slope needs at least two sizes"),
        (["stage", "--out", "."], ".: is a folder"),
        (["stage", "--execution", "graph", "--device", "cpu"], "--execution graph needs a CUDA device"),
        ([], "arguments are required"),
    ],
)
def test_errors_come_before_measurements(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((UserError, SpecError, ShapeError)) as caught:
        main(words)
    assert message in str(caught.value)
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("words", [["roofline"], ["stage", "--device", "cuda"]])
def test_a_missing_gpu_is_an_error(words: list[str]) -> None:
    with pytest.raises(UserError, match="CUDA"):
        main(words)


@pytest.mark.slow
def test_as_a_command() -> None:
    """Time and memory; and an error is one line and status 2."""
    words = ["network", "--size", "32x32", "--width", "0.1", "--candidates", "ours", "--precision", "32"]
    words += ["--layout", "channels-last", *QUICK, "memory"]
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if "| ours |" in line).strip("| ").split(" | ")
    assert row[4].endswith("s")
    assert row[-1].endswith("B")
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", "stage", "m2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: unknown operator 'm2'")
    assert done.stderr.count("\n") == 1
