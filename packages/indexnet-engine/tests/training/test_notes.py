from indexnet_engine.training.loop_config import LoopConfig
from indexnet_engine.training.notes import long_schedule


def test_only_long_schedules_are_noted() -> None:
    loop = LoopConfig(epochs=10, batch_size=4)
    assert long_schedule(loop, samples=40, most_steps=100) == []
    assert "--config small" in long_schedule(loop, samples=44, most_steps=100)[0]
