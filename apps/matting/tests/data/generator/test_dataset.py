import pickle

import pytest
import torch
from torch.utils.data import DataLoader

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey
from indexnet_engine.training.sampler import StepSampler
from indexnet_matting.data.generator.dataset import GeneratedDataset
from indexnet_matting.data.generator.open_generated import open_generated
from indexnet_matting.losses import matting_loss

SIZE = 64


@pytest.fixture
def dataset() -> GeneratedDataset:
    return open_generated(seed=3, size=SIZE, repeats=1)


def assert_same(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert torch.equal(one[name], other[name]), name


def test_shapes(dataset):
    assert len(dataset) == 1000
    for index in range(4):
        assert {name: tuple(value.shape) for name, value in dataset[SampleKey(0, index)].items()} == {
            "image": (3, SIZE, SIZE),
            "trimap": (1, SIZE, SIZE),
            "alpha": (1, SIZE, SIZE),
            "foreground": (3, SIZE, SIZE),
            "background": (3, SIZE, SIZE),
        }


def test_a_sample_depends_only_on_seed_epoch_and_index(dataset):
    key = SampleKey(1, 4)
    first = dataset[key]
    dataset[SampleKey(0, 1)]
    assert_same(dataset[key], first)
    assert_same(pickle.loads(pickle.dumps(dataset))[key], first)
    for other in (SampleKey(2, 4), SampleKey(1, 7)):
        assert not torch.equal(dataset[other]["image"], first["image"])
    dataset.seed = 4
    assert not torch.equal(dataset[key]["image"], first["image"])


def test_workers_give_the_same_batches_as_none(dataset):
    def batches(**options):
        return list(
            DataLoader(dataset, batch_sampler=StepSampler(len(dataset), 2, seed=0, stop_step=2), **options)
        )

    dataset[SampleKey(0, 0)]
    for one, other in zip(batches(), batches(num_workers=2, multiprocessing_context="fork"), strict=True):
        assert_same(one, other)


def test_the_true_alpha_has_no_loss(dataset):
    batch = {name: value[None] for name, value in dataset[SampleKey(0, 2)].items()}
    assert matting_loss(batch["alpha"], batch)["loss"] < 1e-5


@pytest.mark.parametrize("bad", [{"size": 0}, {"repeats": 0}])
def test_numbers_out_of_range(bad):
    with pytest.raises(UserError, match="must be at least 1"):
        open_generated(**bad)
