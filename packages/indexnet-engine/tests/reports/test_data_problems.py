import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.reports.data_problems import (
    DataReport,
    Problem,
    format_problems,
    reason_of,
    without_root,
)


def test_errors_are_refused_and_notes_are_not() -> None:
    report = DataReport("photos", problems=[Problem("a.png", "note", "gray")])
    report.raise_errors()
    report.problems += [Problem(f"{name}.png", "error", "damaged") for name in "gfedcb"]
    assert len(report.errors) == 6
    with pytest.raises(UserError, match=r"^photos: b\.png, c\.png, d\.png, e\.png would stop a training or"):
        report.raise_errors()
    with pytest.raises(UserError, match=r"would stop a training$"):
        report.raise_errors("a training")


def test_problems_that_many_files_share_take_one_line() -> None:
    problems = [Problem("z.png", "note", "gray"), *(Problem(name, "error", "damaged") for name in "abcdef")]
    assert format_problems(problems) == [
        "  error: a, b, c, d and 2 more: damaged",
        "  note: z.png: gray",
    ]


def test_messages_without_the_folder() -> None:
    assert reason_of(UserError("a/b.png: damaged"), "a/b.png") == "damaged"
    assert without_root("a/b.png: is 2x3, but a/c.png is 4x5", "a/") == "b.png: is 2x3, but c.png is 4x5"
