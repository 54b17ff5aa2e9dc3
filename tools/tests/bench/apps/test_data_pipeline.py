import sys
from collections.abc import Callable

import pytest

from indexnet_engine.errors import UserError
from tools.bench.apps.data_pipeline import main

Tool = Callable[..., list[str]]


@pytest.fixture
def run_tool(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Tool:
    """Run it in this process and give the lines that it prints."""

    def run(*words: object) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["data_pipeline", *map(str, words)])
        main()
        return capsys.readouterr().out.splitlines()

    return run


@pytest.mark.slow
def test_rates_and_shares_of_every_application(run_tool: Tool) -> None:
    lines = run_tool("data", "--samples", 2)
    rows = {line.split()[0]: line for line in lines[1:]}
    assert list(rows) == ["denoising", "matting", "segmentation", "depth"]
    stages = {"denoising": "noise", "matting": "trimap", "segmentation": "resize", "depth": "colours"}
    for task, row in rows.items():
        assert min(map(float, row.split()[1:3])) > 0
        assert stages[task] in row
        percents = [int(part.split()[-2]) for part in row.split(",")]
        assert sum(percents) == pytest.approx(100, abs=len(percents))


@pytest.mark.slow
def test_every_measure_is_timed(run_tool: Tool) -> None:
    lines = run_tool("metrics", "--size", 64, 80)
    rows = [line.split() for line in lines if line.startswith(" ")]
    assert {"ssim_paper", "connectivity_error", "boundary_f1", "edges.sums"} <= {row[0] for row in rows}
    assert all(float(row[1]) > 0 for row in rows)


@pytest.mark.slow
def test_data_are_set_beside_the_training_step(run_tool: Tool) -> None:
    lines = run_tool("steps", "--task", "denoising", "--samples", 4, "--batch", 1, "--steps", 1)
    _, made, taken, _, ratio = lines[-1].split()
    assert float(ratio) == pytest.approx(float(made) / float(taken), rel=0.05)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["data", "--data", "photos"], "--data photos needs --task"),
        (["data", "--samples", "0"], "--samples must be at least 1, got 0"),
        (["metrics", "--size", "8", "100"], "--size must be at least 32 x 32, got 8 x 100"),
        (["data", "--task", "depth", "--data", "nowhere"], "nowhere: no such file or folder"),
    ],
)
def test_bad_options_are_one_line(run_tool: Tool, words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        run_tool(*words)
