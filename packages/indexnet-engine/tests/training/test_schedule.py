import pytest

from indexnet_engine.training.loop_config import LoopConfig
from indexnet_engine.training.schedule import Schedule


def steps_that(what: str, **options: object) -> list[int]:
    schedule = Schedule(LoopConfig(batch_size=2, **options), samples=8)
    return [step for step in range(1, schedule.stop_step + 1) if getattr(schedule, what)(step)]


@pytest.mark.parametrize(
    ("what", "options", "expected"),
    [
        ("logs", {"steps": 9, "log_every": 4}, [4, 8]),
        ("evaluates", {"steps": 9}, [4, 8, 9]),
        ("evaluates", {"steps": 9, "evaluate_every_steps": 3, "stop_after": 8}, [3, 6]),
        ("evaluates", {"steps": 9, "evaluate_every": 0}, [9]),
        ("saves", {"steps": 9, "checkpoint_every": 4}, [4, 8, 9]),
        ("saves", {"steps": 9, "checkpoint_every": 4, "stop_after": 6}, [4, 6]),
    ],
)
def test_the_steps_after_which_something_is_due(
    what: str, options: dict[str, object], expected: list[int]
) -> None:
    assert steps_that(what, **options) == expected


def test_the_schedule_does_not_depend_on_where_the_process_stops() -> None:
    schedule = Schedule(LoopConfig(steps=9, batch_size=2, stop_after=20), samples=8)
    assert (schedule.total_steps, schedule.stop_step) == (9, 9)
