"""The help of all commands of all applications: complete, within the terminal, in plain words."""

import re
from importlib import import_module

import pytest

from indexnet_engine.cli.hints import option_types

PROGRAMS = {
    name: import_module(f"indexnet_{name}.cli") for name in ("denoising", "matting", "segmentation", "depth")
}
PAGES = [(name, command) for name, program in PROGRAMS.items() for command in program.COMMANDS]
ODD = re.compile(r"\b(anybody|somebody|nobody|so many|for one|laid over|Give|Of the|\(a list|a text)\b")


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Return what a command line prints on a terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(program: str, *words: str) -> str:
        assert PROGRAMS[program].main([*words, "--help"]) == 0
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize("program", PROGRAMS)
def test_overviews(show, program: str) -> None:
    page = show(program)
    assert max(map(len, page.splitlines())) <= 80
    assert not ODD.search(page)


@pytest.mark.parametrize(("program", "command"), PAGES)
def test_commands(show, program: str, command: str) -> None:
    page = show(program, command)
    assert max(map(len, page.splitlines()[1:])) <= 80  # the usage is one line
    assert not ODD.search(page)
    for option in option_types(PROGRAMS[program].COMMANDS[command].config):
        # The option, the form of its value, and a sentence.
        assert re.search(
            rf"^  (\w+, )?--{re.escape(option)} [^\n]+\s+[^\s-][^\n]*", page, flags=re.MULTILINE
        ), option
        own_name = f"{option.rpartition('.')[2].replace('_', ' ').capitalize()}."
        assert f" {own_name}\n" not in page, f"{option} has no help of its own"
