import numpy as np
import pytest
import torch

from indexnet_depth.data.generator.dataset import GeneratedDataset, GeneratedFrames
from indexnet_depth.data.generator.textures import TextureBank
from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey


def test_a_sample_is_a_function_of_its_key(bank: TextureBank) -> None:
    data, same, other_seed = (GeneratedDataset(bank, seed, size=32) for seed in (0, 0, 1))
    sample, again = data[SampleKey(2, 5)], same[SampleKey(2, 5)]
    assert sample["image"].shape == (3, 32, 32)
    assert sample["depth"].shape == (1, 32, 32)
    assert sample["image"].dtype == sample["depth"].dtype == torch.float32
    for name in ("image", "depth"):
        assert torch.equal(sample[name], again[name])  # type: ignore[literal-required]
    for other in (data[SampleKey(3, 5)], data[SampleKey(2, 6)], other_seed[SampleKey(2, 5)]):
        assert not torch.equal(sample["depth"], other["depth"])


def test_depth_of_the_nominal_lens_is_a_multiple_of_the_metres(bank: TextureBank) -> None:
    metres = GeneratedDataset(bank, size=32, nominal=False)[SampleKey(0, 1)]
    nominal = GeneratedDataset(bank, size=32)[SampleKey(0, 1)]
    assert torch.equal(metres["image"], nominal["image"])
    known = metres["depth"] > 0
    ratio = (nominal["depth"] / metres["depth"])[known]
    assert ratio.std() < 1e-6
    assert 0.7 < ratio[0] < 1.4
    assert ratio[0] != 1


def test_frames_have_the_size_of_fastdepth(bank: TextureBank) -> None:
    frames = GeneratedFrames("val", bank)
    assert len(frames.names) == 32
    assert frames.splits
    frame = frames.read(3)
    assert frame.image.shape == (250, 334, 3)
    assert frame.depth.shape == (250, 334)
    np.testing.assert_array_equal(frame.depth, GeneratedFrames("val", bank).read(3).depth)
    assert not np.array_equal(frame.depth, GeneratedFrames("train", bank).read(3).depth)


@pytest.mark.parametrize("options", [{"size": 0}, {"length": 0}])
def test_numbers_out_of_range(bank: TextureBank, options: dict[str, int]) -> None:
    with pytest.raises(UserError, match=r"data\."):
        GeneratedDataset(bank, **options)
