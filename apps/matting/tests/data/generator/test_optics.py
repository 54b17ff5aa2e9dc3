import numpy as np
import pytest

from indexnet_matting.data.generator.optics import defocus, disc, expose, line, soften


@pytest.mark.parametrize("radius", [0.6, 1, 3.3, 6])
def test_discs_sum_to_one_and_are_round(radius):
    kernel = disc(radius)
    assert abs(kernel.sum() - 1) < 1e-5
    assert (kernel == kernel.T).all()


@pytest.mark.parametrize("angle", [0, 0.7, np.pi / 2])
def test_lines_sum_to_one(angle):
    kernel = line(9.0, angle)
    assert abs(kernel.sum() - 1) < 1e-5
    assert (kernel > 0).sum() >= 7


@pytest.mark.parametrize("blur", [lambda x: soften(x, 2), lambda x: defocus(x, 4), lambda x: defocus(x, 9)])
def test_blurs_keep_the_mean_and_constants(blur):
    image = np.zeros((64, 64, 3), np.float32)
    image[28:36, 28:36] = 1
    np.testing.assert_allclose(blur(image).mean(), image.mean(), rtol=0.02)
    assert blur(image).max() < 1
    np.testing.assert_allclose(blur(np.full((40, 40, 3), 0.3, np.float32)), 0.3, atol=1e-4)


def test_an_exposed_layer_stays_premultiplied():
    layer = np.zeros((48, 48, 4), np.float32)
    layer[10:30, 10:30] = [0.5, 0.2, 1, 1]
    for seed in range(30):
        exposed = expose(layer, np.random.default_rng(seed))
        np.testing.assert_allclose(exposed[..., 2], exposed[..., 3], atol=1e-5)
        np.testing.assert_allclose(exposed[..., 0], 0.5 * exposed[..., 3], atol=1e-5)
