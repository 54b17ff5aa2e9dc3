import pytest

import tools.bad_inputs.__main__ as tool

programs = pytest.mark.parametrize("program", tool.PROGRAMS, ids=lambda program: program.name)


@pytest.mark.slow
@programs
def test_every_bad_input_gets_one_clear_line(program):
    with tool.bad_inputs(program):
        found = {
            case.command: faults
            for cases in program.cases.values()
            for case in cases
            if (faults := tool.faults(case, tool.ask(program, case)))
        }
    assert found == {}


@programs
def test_there_are_enough_and_none_twice(program):
    commands = [case.command for cases in program.cases.values() for case in cases]
    assert len(commands) >= 25
    assert len(set(commands)) == len(commands)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (tool.Answer(0, "error: a.png: bad", []), "exit status 0 instead of 2"),
        (tool.Answer(None, "RuntimeError: a.png", []), "exit status None"),
        (tool.Answer(2, "10%\nerror: a.png: bad", []), "2 lines instead of one"),
        (tool.Answer(2, "a.png: bad", []), "instead of one `error: ...`"),
        (tool.Answer(2, "error: bad", []), "does not name a.png"),
        (tool.Answer(2, "error: a.png: bad", ["half.png"]), "leaves half.png"),
    ],
)
def test_bad_answers_are_found(answer, complaint):
    assert complaint in "; ".join(tool.faults(tool.Case("", "", "a.png"), answer))
    assert tool.faults(tool.Case("", "", "a.png"), tool.Answer(2, "error: a.png: bad\n", [])) == []
