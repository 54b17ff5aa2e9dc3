import numpy as np
import pytest
import torch

from indexnet_denoising.metrics import METRICS, NOISE_METRICS, measure, spots
from indexnet_engine.errors import UserError

RNG = np.random.default_rng(0)
CLEAN = np.tile([0.2, 0.5, 0.9], (64, 80, 1))
NOISE = RNG.normal(0, 0.1, CLEAN.shape)
NOISY = CLEAN + NOISE


def left(share: np.ndarray) -> np.ndarray:
    """A prediction in which a part of the noise is left, given for each of the 4 × 5 blocks."""
    return CLEAN + NOISE * share.repeat(16, 0).repeat(16, 1)[..., None]


def test_known_shares():
    assert spots(CLEAN, NOISY, CLEAN) == 0
    assert spots(CLEAN, NOISY, NOISY) == 1
    share = np.full((4, 5), 0.69)
    assert spots(CLEAN, NOISY, left(share)) == 0
    share[1, 2] = share[3, 0] = 0.71
    assert spots(CLEAN, NOISY, left(share)) == 2 / 20


def test_lost_texture_is_no_spot_and_a_wrong_tone_is():
    texture = RNG.uniform(0.3, 0.7, (32, 32))
    noisy = texture + RNG.normal(0, 0.1, texture.shape)
    lost = np.full_like(texture, texture[:16, :16].mean())
    lost[16:] = texture[16:]
    lost[:16, 16:] = texture[:16, 16:]
    assert np.std(lost - texture) < np.std(noisy - texture)
    assert spots(texture, noisy, lost) == 0
    assert spots(texture, noisy, noisy) == 0  # noise that is weaker than the texture
    assert spots(texture, noisy, np.zeros_like(texture)) == 1


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_by_definition(channels):
    """Block by block, on an image whose sides are not multiples of 16."""
    shape = (50, 67) if channels is None else (50, 67, channels)
    texture = np.linspace(0, 0.2, 67)[:, None] if channels else np.linspace(0, 0.2, 67)
    clean = 0.5 + texture * RNG.normal(size=shape)
    noisy = clean + RNG.normal(0, 0.1, shape)
    prediction = clean + RNG.normal(0, 0.07, shape)
    found = []
    for top in (0, 16, 32):
        for left_edge in (0, 16, 32, 48):
            window = np.s_[top : top + 16, left_edge : left_edge + 16]
            block = clean[window]
            tone = np.broadcast_to(block.mean((0, 1)), block.shape)
            before, after, plain = (
                np.sqrt(np.mean((x - block) ** 2)) for x in (noisy[window], prediction[window], tone)
            )
            found.append(after > 0.7 * before and after > plain)
    assert 0 < np.mean(found) < 0.5
    assert spots(clean, noisy, prediction) == np.mean(found)


def test_without_noise_there_are_no_spots():
    assert spots(CLEAN, CLEAN, CLEAN + 1e-5) == 0


def test_incomplete_blocks_are_left_out():
    clean, noisy = np.zeros((40, 40)), np.full((40, 40), 0.1)
    prediction = np.zeros((40, 40))
    prediction[32:] = prediction[:, 32:] = 0.1
    assert spots(clean, noisy, prediction) == 0


def test_blocks_of_a_small_image_are_as_small():
    clean, noisy = np.zeros((10, 34)), np.full((10, 34), 0.1)
    prediction = np.zeros((10, 34))
    prediction[:, :16] = 0.08
    assert spots(clean, noisy, prediction) == 0.5
    assert spots(clean[:, :9], noisy[:, :9], prediction[:, :9]) == 1


def test_it_is_measured_with_the_noisy_image_only():
    images = [image[..., 0] for image in (CLEAN, left(np.eye(4, 5)), NOISY)]
    assert list(measure(*images)) == [*METRICS, *NOISE_METRICS]
    assert measure(*images)["spots"] == 4 / 20
    assert list(measure(*images[:2])) == list(METRICS)
    assert measure(*map(torch.from_numpy, images)) == measure(*images)


def test_a_noisy_image_of_another_shape_is_refused():
    with pytest.raises(UserError, match=r"\(64, 80, 3\) and \(60, 80, 3\)"):
        measure(CLEAN, CLEAN, NOISY[:60])
