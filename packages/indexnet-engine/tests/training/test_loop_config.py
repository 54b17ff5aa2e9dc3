from typing import Any

import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.training.loop_config import LoopConfig


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, r"loop\.batch_size must be positive, got 0"),
        ({"steps": -5}, r"loop\.steps must be positive, got -5"),
        ({"epochs": float("nan")}, r"loop\.epochs must be finite, got nan"),
        ({"epochs": float("inf")}, r"loop\.epochs must be finite, got inf"),
        ({"evaluate_every": float("inf")}, r"loop\.evaluate_every must be finite, got inf"),
        ({"clip_norm": 0.0}, r"loop\.clip_norm must be positive, got 0\.0"),
        ({"workers": -1}, r"loop\.workers must not be negative, got -1"),
        ({"seed": -1}, r"loop\.seed must not be negative, got -1"),
        ({"seed": 2**32}, r"loop\.seed must be below 2\*\*32"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        LoopConfig(**options)


def test_defaults_and_allowed_zeros() -> None:
    assert LoopConfig(workers=0, evaluate_every=0, seed=0) == LoopConfig(evaluate_every=0)


def test_length_and_intervals() -> None:
    assert LoopConfig(epochs=2.5).total_steps(10) == 25
    assert LoopConfig(epochs=2.5, steps=7).total_steps(10) == 7
    assert LoopConfig(epochs=0.001).total_steps(10) == 1
    assert LoopConfig(evaluate_every=0.5).evaluation_interval(10) == 5
    assert LoopConfig(evaluate_every_steps=3).evaluation_interval(10) == 3
    assert LoopConfig(evaluate_every=0, steps=70).evaluation_interval(10) == 70
