import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey, sample_rng
from indexnet_engine.training.sampler import StepSampler


def test_every_sample_once_an_epoch_in_changing_order() -> None:
    batches = list(StepSampler(12, 4, seed=0, stop_step=6))
    epochs = [[key for batch in batches[i : i + 3] for key in batch] for i in (0, 3)]
    for number, keys in enumerate(epochs):
        assert {key.epoch for key in keys} == {number}
        assert sorted(key.index for key in keys) == list(range(12))
    assert [key.index for key in epochs[0]] != [key.index for key in epochs[1]]


def test_last_incomplete_batch_is_dropped() -> None:
    sampler = StepSampler(11, 4, seed=0, stop_step=5)
    assert sampler.steps_per_epoch == 2
    batches = list(sampler)
    assert len(batches) == len(sampler) == 5
    assert [batch[0].epoch for batch in batches] == [0, 0, 1, 1, 2]
    assert all(len(batch) == 4 for batch in batches)


@pytest.mark.parametrize("start", [0, 1, 4, 5, 9])
def test_a_later_start_has_the_same_remaining_steps(start: int) -> None:
    whole = list(StepSampler(13, 3, seed=5, stop_step=9))
    assert list(StepSampler(13, 3, seed=5, start_step=start, stop_step=9)) == whole[start:]


@pytest.mark.parametrize(("world_size", "pieces"), [(1, 1), (2, 1), (1, 3), (2, 3), (6, 1)])
def test_data_do_not_depend_on_processes_or_pieces(world_size: int, pieces: int) -> None:
    whole = list(StepSampler(20, 6, seed=2, stop_step=7))
    shares = [
        list(StepSampler(20, 6, 2, stop_step=7, rank=rank, world_size=world_size, pieces=pieces))
        for rank in range(world_size)
    ]
    for step, batch in enumerate(whole):
        parts = [part for share in shares for part in share[step * pieces : (step + 1) * pieces]]
        assert [key for part in parts for key in part] == batch
        assert {len(part) for part in parts} == {6 // world_size // pieces}


def test_seed_decides() -> None:
    a, b = (list(StepSampler(50, 5, seed=seed, stop_step=3)) for seed in (0, 1))
    assert a == list(StepSampler(50, 5, seed=0, stop_step=3))
    assert a != b


def test_order_does_not_share_a_stream_with_a_sample() -> None:
    order = [key.index for batch in StepSampler(64, 64, seed=3, stop_step=1) for key in batch]
    assert order != list(sample_rng(3, SampleKey(epoch=0, index=0)).permutation(64))


def test_without_shuffling() -> None:
    batches = list(StepSampler(6, 2, seed=0, stop_step=4, shuffle=False))
    np.testing.assert_array_equal([[k.index for k in b] for b in batches], [[0, 1], [2, 3], [4, 5], [0, 1]])


def test_refuses_less_data_than_a_batch() -> None:
    with pytest.raises(UserError, match=r"7 samples, fewer than one batch of 16"):
        StepSampler(7, 16, seed=0, stop_step=1)


def test_refuses_uneven_shares() -> None:
    with pytest.raises(UserError, match=r"divisible by processes x accumulate = 2 x 2, got 6"):
        StepSampler(20, 6, seed=0, stop_step=1, world_size=2, pieces=2)
