import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey
from indexnet_matting.data.generator.dataset import GeneratedDataset
from indexnet_matting.data.generator.open_generated import open_generated
from indexnet_matting.losses import matting_loss
from tests.training_samples import check_keys, check_workers

SIZE = 64


@pytest.fixture
def dataset() -> GeneratedDataset:
    return open_generated(seed=3, size=SIZE, repeats=1)


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
    check_keys(dataset, "image")


def test_workers_give_the_same_batches_as_none(dataset):
    check_workers(dataset, batch_size=2, steps=2, start="fork", count=2)


def test_the_true_alpha_has_no_loss(dataset):
    batch = {name: value[None] for name, value in dataset[SampleKey(0, 2)].items()}
    assert matting_loss(batch["alpha"], batch)["loss"] < 1e-5


@pytest.mark.parametrize("bad", [{"size": 0}, {"repeats": 0}])
def test_numbers_out_of_range(bad):
    with pytest.raises(UserError, match="must be at least 1"):
        open_generated(**bad)
