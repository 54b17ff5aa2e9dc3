import pickle

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from indexnet_denoising.data.augment import dihedral
from indexnet_denoising.data.dataset import PatchDataset
from indexnet_denoising.data.flatness import flattest
from indexnet_denoising.data.noise_models import WhiteNoise
from indexnet_denoising.data.patches import open_patches, patch_file
from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    pixels = np.random.default_rng(0).integers(0, 256, (60, 70, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "a.png")
    return patch_file(folder, channels=3, scales=(1,), cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def stored(path):
    with open_patches(path) as file:
        return file["patches"][:]


def equal(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second))


@pytest.mark.parametrize("in_memory", [False, True])
def test_clean_is_the_stored_patch_in_one_of_eight_orientations(path, stored, in_memory):
    dataset = PatchDataset(path, WhiteNoise(25), 40, in_memory=in_memory)
    assert len(dataset) == len(stored) == 12
    for index in range(len(dataset)):
        noisy, clean = dataset[SampleKey(0, index)]
        assert noisy.shape == clean.shape == (3, 40, 40)
        assert noisy.dtype == clean.dtype == torch.float32
        pixels = np.rint(clean.numpy().transpose(1, 2, 0) * 255)
        assert any((dihedral(stored[index], k) == pixels).all() for k in range(8))


def test_noise_has_the_level_asked_for(path):
    dataset = PatchDataset(path, WhiteNoise(25), 40)
    noise = torch.stack([noisy - clean for noisy, clean in (dataset[SampleKey(0, i)] for i in range(12))])
    assert noise.std() * 255 == pytest.approx(25, rel=0.02)
    assert noise.mean() * 255 == pytest.approx(0, abs=0.5)


def test_a_range_gives_every_sample_another_level(path):
    dataset = PatchDataset(path, WhiteNoise((0, 55)), 40)
    levels = torch.tensor(
        [255 * (noisy - clean).std() for noisy, clean in (dataset[SampleKey(e, 3)] for e in range(200))]
    )
    assert levels.min() < 5
    assert levels.max() > 50
    assert levels.mean() == pytest.approx(27.5, abs=4)


def test_a_sample_depends_only_on_seed_epoch_and_index(path):
    first, again = (PatchDataset(path, WhiteNoise(25), 40, seed=1) for _ in range(2))
    again[SampleKey(5, 5)]  # what was read before does not matter
    assert equal(first[SampleKey(2, 7)], again[SampleKey(2, 7)])
    assert not equal(first[SampleKey(2, 7)], first[SampleKey(3, 7)])
    assert not equal(first[SampleKey(2, 7)], PatchDataset(path, WhiteNoise(25), 40, seed=2)[SampleKey(2, 7)])


def test_orientations_are_all_used(path):
    dataset = PatchDataset(path, WhiteNoise(0), 40)
    assert len({dataset[SampleKey(epoch, 0)][1].numpy().tobytes() for epoch in range(100)}) == 8


@pytest.mark.parametrize("context", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_workers_give_the_same_samples(path, context):
    dataset = PatchDataset(path, WhiteNoise((0, 55)), 40)
    keys = [[SampleKey(0, index) for index in range(start, start + 4)] for start in (0, 4, 8)]
    expected = [dataset[key] for batch in keys for key in batch]  # and the parent's file is open by now
    loader = DataLoader(dataset, batch_sampler=keys, num_workers=2, multiprocessing_context=context)
    samples = [sample for noisy, clean in loader for sample in zip(noisy, clean)]
    assert len(samples) == len(expected)
    assert all(equal(a, b) for a, b in zip(samples, expected))


def test_tones_are_varied_and_the_noise_keeps_its_level(path):
    dataset = PatchDataset(path, WhiteNoise(25), 40, tone_share=1)
    pairs = [dataset[SampleKey(epoch, index)] for epoch in range(4) for index in range(12)]
    noise = torch.stack([noisy - clean for noisy, clean in pairs])
    assert noise.std() * 255 == pytest.approx(25, rel=0.02)
    spreads = torch.tensor([(clean.max() - clean.min()).item() for _, clean in pairs])
    assert spreads.min() < 0.3  # the photograph itself is random and has all values
    assert spreads.max() > 0.8
    assert all(clean.min() >= 0 and clean.max() <= 1 for _, clean in pairs)


def is_flat(patch):
    return patch.min() == patch.max()


def test_flat_patches_take_the_place_of_a_share(tmp_path):
    """Ten patches, of which the last two are flat; two samples in five show one of these."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 400), dtype=np.uint8)
    pixels[:, 320:] = 100
    (tmp_path / "images").mkdir()
    Image.fromarray(pixels).save(tmp_path / "images" / "a.png")
    path = patch_file(tmp_path / "images", stride=40, scales=(1,), cache_dir=tmp_path / "cache")
    dataset = PatchDataset(path, WhiteNoise(0), 40, flat_share=0.4)
    assert flattest(dataset.patches).tolist() == [8, 9]
    samples = [dataset[SampleKey(epoch, index)] for epoch in range(100) for index in range(8)]
    assert np.mean([is_flat(clean) for _, clean in samples]) == pytest.approx(0.4, abs=0.05)
    always = PatchDataset(path, WhiteNoise(0), 40, flat_share=1)
    assert all(is_flat(always[SampleKey(0, index)][1]) for index in range(8))


def test_clipped_noise_has_the_values_of_a_file(path):
    clipped, plain = (PatchDataset(path, WhiteNoise(50, clip_noise=clip), 40) for clip in (True, False))
    for index in range(12):
        (noisy, clean), (unclipped, same) = (dataset[SampleKey(0, index)] for dataset in (clipped, plain))
        assert clean.equal(same)
        torch.testing.assert_close(noisy, (unclipped.clamp(0, 1) * 255).round() / 255)


@pytest.mark.parametrize("options", [{"tone_share": 0.5}, {"flat_share": 0.5}])
def test_options_keep_samples_pure_functions_of_their_key(path, options):
    first, again = (PatchDataset(path, WhiteNoise((0, 55)), 40, **options) for _ in range(2))
    again[SampleKey(5, 5)]
    assert equal(first[SampleKey(2, 7)], again[SampleKey(2, 7)])
    assert equal(first[SampleKey(2, 7)], pickle.loads(pickle.dumps(first))[SampleKey(2, 7)])
    assert not equal(first[SampleKey(2, 7)], first[SampleKey(3, 7)])


def test_without_options_samples_never_change(path):
    """Runs of earlier versions resume on the same data."""
    noisy, clean = PatchDataset(path, WhiteNoise((0, 55)), 40)[SampleKey(1, 3)]
    np.testing.assert_allclose(noisy[:, 0, 0], [0.91714728, 0.46773088, 0.30208382], rtol=1e-6)
    np.testing.assert_allclose(255 * clean[:, 0, 0], [190, 171, 104], rtol=1e-6)


def test_pickling_stores_the_path_and_not_the_patches(path, stored):
    dataset = PatchDataset(path, WhiteNoise(25), 40, in_memory=True)
    sample = dataset[SampleKey(0, 0)]
    pickled = pickle.dumps(dataset)
    assert len(pickled) < stored.nbytes / 10
    assert equal(pickle.loads(pickled)[SampleKey(0, 0)], sample)


def test_a_file_that_was_replaced_meanwhile_is_noticed(path, tmp_path):
    copy = tmp_path / "patches.h5"
    copy.write_bytes(path.read_bytes())
    dataset = PatchDataset(copy, WhiteNoise(25), 40)
    pixels = np.zeros((40, 80), np.uint8)
    (tmp_path / "images").mkdir()
    Image.fromarray(pixels).save(tmp_path / "images" / "b.png")
    patch_file(tmp_path / "images", cache_dir=tmp_path / "cache").replace(copy)
    with pytest.raises(UserError, match=r"patches\.h5: was replaced"):
        dataset[SampleKey(0, 0)]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nothing\.h5: no such patch file"):
        PatchDataset(tmp_path / "nothing.h5", WhiteNoise(25), 40)
