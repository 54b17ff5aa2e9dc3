import numpy as np

from indexnet_engine.images.sample_photos import photograph_files
from indexnet_matting.data.generator.backdrops import alike, backdrop
from indexnet_matting.data.generator.textures import Photographs


def test_backgrounds_are_colours_and_vary_in_sharpness():
    photographs = Photographs(list(photograph_files("train").values()))
    detail = []
    for seed in range(30):
        image = backdrop(64, np.random.default_rng(seed), photographs)
        assert image.shape == (64, 64, 3)
        assert image.min() >= -1e-5
        assert image.max() <= 1 + 1e-5
        detail.append(np.abs(np.diff(image, axis=0)).mean())
    assert max(detail) > 10 * min(detail)


def test_a_background_takes_the_colour_of_the_foreground():
    rng = np.random.default_rng(0)
    foreground = np.broadcast_to(np.array([0.7, 0.2, 0.4], np.float32), (20, 20, 3)).copy()
    alpha = np.zeros((20, 20), np.float32)
    alpha[:10] = 1
    background = rng.random((20, 20, 3), np.float32)
    matched = alike(background, foreground, alpha, rng)
    before, after = (np.abs(image.mean((0, 1)) - foreground[0, 0]).max() for image in (background, matched))
    assert after < 0.5 * before
