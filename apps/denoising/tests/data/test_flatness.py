import numpy as np
import pytest

from indexnet_denoising.data import flatness as module
from indexnet_denoising.data.flatness import flattest

RNG = np.random.default_rng(0)
PATCHES = np.clip(RNG.normal(128, RNG.uniform(1, 60, (53, 1, 1, 3)), (53, 8, 8, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("chunk", [1024, 7])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_fifth_with_the_smallest_variance(channels, chunk, monkeypatch):
    monkeypatch.setattr(module, "_CHUNK", chunk)
    patches = PATCHES[..., :channels]
    variances = patches.var((1, 2)).mean(-1)
    expected = sorted(np.argsort(variances)[:10])
    assert flattest(patches).tolist() == expected


def test_flat_colour_is_flat():
    """The channels of a flat red patch differ, its pixels do not."""
    red = np.zeros((1, 8, 8, 3), np.uint8)
    red[..., 0] = 255
    assert flattest(np.concatenate([PATCHES[:4], red])).tolist() == [4]


def test_at_least_one_and_the_first_of_equals():
    assert flattest(PATCHES[:3]).shape == (1,)
    assert flattest(np.zeros((10, 8, 8, 1), np.uint8)).tolist() == [0, 1]


def test_bright_large_patches_do_not_overflow():
    board = np.indices((160, 160)).sum(0) % 2 * 255
    patches = np.stack([board, np.full((160, 160), 255)]).astype(np.uint8)[..., None]
    assert flattest(patches).tolist() == [1]
