"""The check of answers to bad inputs."""

from pathlib import Path

import pytest

from tests.bad_inputs.answers import Answer, ask, faults
from tests.bad_inputs.cases import Case


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (Answer(0, "error: a.png: bad", []), "exit status 0 instead of 2"),
        (Answer(None, "RuntimeError: a.png", []), "exit status None"),
        (Answer(2, "10%\nerror: a.png: bad", []), "2 lines instead of one"),
        (Answer(2, "a.png: bad", []), "instead of one `error: ...`"),
        (Answer(2, "error: bad", []), "does not name a.png"),
        (Answer(2, "error: a.png: bad", ["half.png"]), "leaves half.png"),
    ],
)
def test_bad_answers_are_found(answer: Answer, complaint: str) -> None:
    assert complaint in "; ".join(faults(Case("", "", "a.png"), answer))
    assert faults(Case("", "", "a.png"), Answer(2, "error: a.png: bad\n", [])) == []


def test_what_a_command_leaves_changes_and_removes_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kept", "changed", "removed"):
        Path(name).write_text(name)

    def main(words: list[str]) -> int:
        Path("changed").write_text("longer than before")
        Path("removed").unlink()
        Path("new/folder").mkdir(parents=True)
        raise RuntimeError(*words)

    answer = ask(main, Case("", "'a b'", ""))
    assert answer == (None, "RuntimeError: a b\n", ["./changed", "./new", "./new/folder", "./removed"])
