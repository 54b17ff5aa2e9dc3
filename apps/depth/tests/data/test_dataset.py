import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from indexnet_depth.data.augment import AugmentConfig
from indexnet_depth.data.dataset import DepthDataset, to_sample
from indexnet_depth.data.open_data import open_data
from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey
from indexnet_engine.training.sampler import StepSampler


def dataset(source, seed=0, size=48):
    return DepthDataset(open_data(str(source), "train"), AugmentConfig(), seed, size=size)


def test_samples_are_tensors_in_metres(hdf5_folder):
    samples = dataset(hdf5_folder)
    assert len(samples) == 3
    sample = samples[SampleKey(0, 1)]
    assert sample["image"].shape == (3, 48, 48)
    assert sample["depth"].shape == (1, 48, 48)
    assert sample["image"].dtype == sample["depth"].dtype == torch.float32
    assert sample["image"].min() >= 0
    assert sample["image"].max() <= 1
    valid = sample["depth"][sample["depth"] > 0]
    assert 0.5 < valid.mean() < 5
    assert dataset(hdf5_folder, size=224)[SampleKey(0, 0)]["image"].shape == (3, 224, 224)


def test_a_sample_is_a_function_of_seed_epoch_and_index(hdf5_folder):
    keys = [SampleKey(2, 1), SampleKey(3, 1), SampleKey(2, 0)]
    first, second = dataset(hdf5_folder), dataset(hdf5_folder)
    for key in reversed(keys):
        second[key]
    for key in keys:
        assert torch.equal(first[key]["image"], second[key]["image"])
        assert torch.equal(first[key]["depth"], second[key]["depth"])
    images = [first[key]["image"] for key in keys] + [dataset(hdf5_folder, seed=1)[keys[0]]["image"]]
    assert not any(torch.equal(images[0], other) for other in images[1:])


def test_worker_processes_give_the_same_samples(hdf5_folder):
    samples = dataset(hdf5_folder)

    def batches(workers):
        sampler = StepSampler(len(samples), 2, seed=0, stop_step=3)
        loader = DataLoader(samples, batch_sampler=sampler, num_workers=workers)
        return [batch["depth"] for batch in loader]

    for alone, together in zip(batches(0), batches(2)):
        assert torch.equal(alone, together)


def test_inputs_that_are_refused(hdf5_folder):
    frames = open_data(str(hdf5_folder), "train")
    with pytest.raises(UserError, match="size must be positive, got 0"):
        DepthDataset(frames, AugmentConfig(), size=0)
    with pytest.raises(UserError, match="max_angle"):
        DepthDataset(frames, AugmentConfig(max_angle=-1))
    frames.names = []
    with pytest.raises(UserError, match="hold no frames"):
        DepthDataset(frames, AugmentConfig())


def test_to_sample(pair):
    image, depth = pair(0)
    sample = to_sample(
        (open_data("builtin", "val")).read(0)._replace(image=image / np.float32(255), depth=depth)
    )
    assert torch.equal(sample["image"][:, 3, 4], torch.tensor(image[3, 4] / np.float32(255)))
    assert sample["depth"][0, 3, 4] == depth[3, 4]
