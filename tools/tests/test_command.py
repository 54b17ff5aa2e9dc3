"""Every tool runs as a module from the root of the repository, as its help shows."""

import re
import runpy
import sys
from pathlib import Path

import pytest

from tools.command import new_parser, run

ROOT = Path(__file__).resolve().parents[2]
TOOLS = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__"): path
    for path in sorted((ROOT / "tools").rglob("*.py"))
    if "tests" not in path.parts and re.search(r"^    run\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}
"""Module -> its file."""


@pytest.mark.parametrize("tool", TOOLS)
def test_help_names_the_module_that_runs(
    tool: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tool", "--help"])
    with pytest.raises(SystemExit, match=r"^0$"):
        runpy.run_path(str(TOOLS[tool]), run_name="__main__")
    said = capsys.readouterr().out
    assert said.startswith(f"usage: python -m {tool} ")
    assert f"    python -m {tool}" in said  # how it is called, in its docstring


def test_there_are_tools_in_every_room() -> None:
    assert {tool.split(".")[1] for tool in TOOLS} == {
        "bench", "compare", "demo", "denoisers", "gpu", "paper", "prepare", "release", "site"
    }  # fmt: skip


def test_a_wrong_option_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["tool", "--wrong"])
    with pytest.raises(SystemExit, match=r"^2$"):
        run(lambda: new_parser("tools.demo", "").parse_args())  # type: ignore[arg-type, return-value]
    assert capsys.readouterr().err == "error: unrecognized arguments: --wrong\n"
