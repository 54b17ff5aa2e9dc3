import numpy as np
import pytest

from indexnet_denoising.data.camera.bayer import DEMOSAICS, demosaic, mosaic


def test_a_mosaic_keeps_red_green_green_blue():
    image = np.arange(3 * 4 * 4, dtype=np.float32).reshape(3, 4, 4)
    raw = mosaic(image)
    assert raw[:2, :2].tolist() == [[image[0, 0, 0], image[1, 0, 1]], [image[1, 1, 0], image[2, 1, 1]]]


@pytest.mark.parametrize("method", DEMOSAICS)
def test_even_areas_of_any_colour_are_restored(method):
    image = np.broadcast_to(np.array([0.2, 0.5, 0.9], np.float32)[:, None, None], (3, 8, 10))
    restored = demosaic(mosaic(image)[None], method)[0]
    if method == "bilinear":
        np.testing.assert_allclose(restored, image, atol=1e-6)
    else:  # the filters suppose that the colours change alike: exact where they are equal
        gray = np.full((3, 8, 10), 0.4, np.float32)
        np.testing.assert_allclose(demosaic(mosaic(gray)[None], method)[0], gray, atol=1e-6)


@pytest.mark.parametrize("method", DEMOSAICS)
def test_pixels_keep_the_colour_that_they_have(method):
    image = np.random.default_rng(0).random((3, 8, 12), dtype=np.float32)
    raw = mosaic(image)
    np.testing.assert_allclose(mosaic(demosaic(raw[None], method)[0]), raw, atol=1e-6)


def test_bilinear_interpolation_is_the_mean_of_the_nearest_pixels():
    raw = np.random.default_rng(0).random((8, 8), dtype=np.float32)
    red, green, blue = demosaic(raw[None], "bilinear")[0]
    around = raw[1, 2] + raw[3, 2] + raw[2, 1] + raw[2, 3]
    corners = raw[1, 1] + raw[1, 3] + raw[3, 1] + raw[3, 3]
    np.testing.assert_allclose([green[2, 2], blue[2, 2]], [around / 4, corners / 4], rtol=1e-5)
    np.testing.assert_allclose(red[2, 3], (raw[2, 2] + raw[2, 4]) / 2, rtol=1e-5)
    np.testing.assert_allclose(red[3, 2], (raw[2, 2] + raw[4, 2]) / 2, rtol=1e-5)


def test_the_gradient_correction_restores_a_gray_ramp_and_more_of_gray_detail():
    ramp = np.broadcast_to(np.linspace(0, 1, 12, dtype=np.float32), (3, 12, 12))
    inner = np.s_[:, 2:-2, 2:-2]
    np.testing.assert_allclose(
        demosaic(mosaic(ramp)[None], "gradient-corrected")[0][inner], ramp[inner], atol=1e-6
    )
    columns = np.arange(64)
    detail = np.broadcast_to((0.5 + 0.4 * np.sin(columns * 1.3)).astype(np.float32), (3, 64, 64))
    errors = [np.square(demosaic(mosaic(detail)[None], method)[0] - detail).mean() for method in DEMOSAICS]
    assert errors[1] < errors[0] / 2


def test_demosaicing_makes_white_noise_correlated():
    noise = np.random.default_rng(0).normal(0, 1, (1, 128, 128)).astype(np.float32)
    for method in DEMOSAICS:
        red = demosaic(noise, method)[0, 0]
        assert np.corrcoef(red[:, :-1].ravel(), red[:, 1:].ravel())[0, 1] > 0.2
