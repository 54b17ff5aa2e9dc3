import numpy as np
import pytest
import torch

from indexnet_engine.models.encoder_weights import IMAGENET_MEAN
from indexnet_segmentation.data.augment import cut, jittered, normalise, resize


def test_the_parts():
    assert normalise(torch.tensor(IMAGENET_MEAN)[:, None, None]).abs().max() == 0
    image, label = torch.rand(3, 8, 8), torch.randint(0, 7, (8, 8))
    assert all(a is b for a, b in zip(resize(image, label, 8), (image, label)))
    assert resize(image, label, 4)[1].shape == (4, 4)
    assert cut(np.ones((2, 2, 3)), -1, -1, 4, (5.0, 6.0, 7.0))[0, 0].tolist() == [5, 6, 7]


@pytest.mark.parametrize(("side", "size"), [(7, 32), (33, 32), (150, 32), (64, 96)])
def test_labels_take_the_nearest_pixel_as_pytorch_does(side, size):
    label = torch.randint(0, 256, (side, side))
    expected = torch.nn.functional.interpolate(label[None, None].float(), (size, size), mode="nearest-exact")
    _, found = resize(torch.zeros(3, side, side), label, size)
    assert torch.equal(found, expected[0, 0].long())


def test_jitter_changes_colours_within_bounds_and_in_any_order():
    image = torch.rand(3, 6, 5) * 0.6
    changed = [jittered(image, 0.3, np.random.default_rng(seed)) for seed in range(8)]
    assert all(result.min() >= 0 and result.max() <= 1 for result in changed)
    brighter = torch.stack([result.mean() / image.mean() for result in changed])
    assert brighter.min() > 0.6
    assert brighter.max() < 1.4
    assert len({float(ratio) for ratio in brighter}) == 8
    torch.testing.assert_close(jittered(image, 0.0, np.random.default_rng(0)), image)
