import random
from pathlib import Path

import numpy as np
import pytest
import torch

from indexnet_engine.randomness import (
    SampleKey,
    get_rng_state,
    log_uniform,
    preserved_rng,
    sample_rng,
    seed_everything,
    set_rng_state,
)


def draw() -> list[float]:
    """One number of each global generator, Gaussian ones too (they cache a second value)."""
    return [
        random.random(),
        random.gauss(0, 1),
        np.random.rand(),  # noqa: NPY002
        np.random.randn(),  # noqa: NPY002
        float(torch.rand(())),
        float(torch.randn(())),
    ]


def test_sample_rng_depends_on_seed_epoch_and_index() -> None:
    keys = [SampleKey(epoch, index) for epoch in range(3) for index in range(3)]
    numbers = {float(sample_rng(seed, key).random()) for seed in (0, 1) for key in keys}
    assert len(numbers) == 18
    expected = np.random.default_rng([5, 2, 1]).random(4)
    np.testing.assert_array_equal(sample_rng(5, SampleKey(epoch=2, index=1)).random(4), expected)


def test_sample_rng_ignores_global_state() -> None:
    seed_everything(1)
    first = sample_rng(0, SampleKey(0, 0)).random()
    seed_everything(2)
    assert sample_rng(0, SampleKey(0, 0)).random() == first


def test_seed_everything() -> None:
    seed_everything(11)
    first = draw()
    seed_everything(11)
    assert draw() == first
    assert draw() != first


def test_state_survives_a_file(tmp_path: Path) -> None:
    seed_everything(0)
    draw()
    torch.save(get_rng_state(), tmp_path / "state.pt")
    expected = draw()
    seed_everything(99)
    set_rng_state(torch.load(tmp_path / "state.pt", weights_only=True))
    assert draw() == expected


def test_preserved_rng_also_after_an_error() -> None:
    seed_everything(0)
    expected = draw()
    seed_everything(0)

    def fail() -> None:
        with preserved_rng():
            draw()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert draw() == expected


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_state() -> None:
    torch.rand((), device="cuda")
    state = get_rng_state()
    expected = torch.rand(3, device="cuda")
    set_rng_state(state)
    assert torch.equal(torch.rand(3, device="cuda"), expected)


def test_log_uniform() -> None:
    rng = np.random.default_rng(1)
    numbers = log_uniform(rng, 0.01, 100, 20_000)
    assert 0.01 <= numbers.min() < numbers.max() <= 100
    counts, _ = np.histogram(np.log10(numbers), bins=4, range=(-2, 2))
    np.testing.assert_allclose(counts, 5_000, rtol=0.05)
    assert type(log_uniform(rng, 2, 3)) is float
    low, high = log_uniform(rng, [1, 100], [2, 200])
    assert 1 <= low <= 2 < 100 <= high <= 200
