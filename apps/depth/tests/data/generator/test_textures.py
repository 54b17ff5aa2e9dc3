import numpy as np
import pytest

from indexnet_depth.data.generator.materials import PLAIN
from indexnet_depth.data.generator.textures import PATTERNS, SIDE, TextureBank, draw_pattern
from indexnet_engine.errors import UserError


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_fill_the_range_and_vary(name: str) -> None:
    pattern = draw_pattern(name, np.random.default_rng(0))
    assert pattern.shape == (SIDE, SIDE)
    assert pattern.dtype == np.float32
    assert pattern.min() == 0
    assert pattern.max() == 1
    assert pattern.std() > 0.1
    assert not np.array_equal(pattern, draw_pattern(name, np.random.default_rng(1)))


def test_numbers_of_textures_are_distinct(bank: TextureBank) -> None:
    numbers = [PLAIN, *(n for numbers in bank.patterns.values() for n in numbers), *bank.photographs]
    assert numbers == list(range(len(numbers)))
    assert len(bank.photographs) == 2


def test_far_textures_are_means_and_places_are_mirrored(bank: TextureBank) -> None:
    number = bank.photographs[0]
    u = np.linspace(0.01, 0.99, 9, dtype=np.float32)
    near = np.full(9, 1e-3, np.float32)
    here, there = (bank.look_up(number, places, u, near) for places in (u, 2 - u))
    np.testing.assert_array_equal(here, there)
    fine = bank.look_up(
        number, *np.random.default_rng(0).random((2, 4000), np.float32), np.zeros(4000, np.float32)
    )
    coarse = bank.look_up(
        number, *np.random.default_rng(0).random((2, 4000), np.float32), np.ones(4000, np.float32)
    )
    np.testing.assert_allclose(fine.mean(0), coarse.mean(0), atol=4)
    assert coarse.std() < fine.std()
    assert (bank.look_up(PLAIN, u, u, near) == 255).all()


def test_no_photographs_are_an_error() -> None:
    with pytest.raises(UserError, match="no photographs"):
        TextureBank([])
