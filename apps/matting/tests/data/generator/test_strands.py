import numpy as np

from indexnet_matting.data.generator.strands import (
    Strands,
    averaged,
    canvas,
    clumped,
    draw_strands,
    guides,
    shaded,
    tapered,
)


def draw(width: float, size: int = 32) -> np.ndarray:
    points = np.array([[[[-4, 16.1], [36, 16.1]]]], np.float32)
    large = canvas(size)
    draw_strands(large, Strands(points, np.array([[width]]), np.array([[[1.0, 0.5, 0.0]]])))
    return averaged(large, size)


def test_alpha_is_the_covered_area():
    for width in (0.25, 0.5, 1, 3):
        covered = draw(width)[:, 8:24, 3].sum(0)
        assert np.abs(covered - width).max() <= 0.3
    assert draw(0.25)[..., 3].max() <= 0.5


def test_colours_are_premultiplied():
    layer = draw(1)
    np.testing.assert_allclose(layer[..., 0], layer[..., 3], atol=1 / 255)
    np.testing.assert_allclose(layer[..., 1], layer[..., 3] * 0.5, atol=1 / 255)
    assert (layer[..., 2] == 0).all()


def test_later_tufts_cover_earlier_ones():
    points = np.tile(np.array([[0, 8], [16, 8]], np.float32), (2, 1, 1, 1))
    large = canvas(16)
    draw_strands(large, Strands(points, np.full((2, 1), 4.0), np.array([[[1.0, 0, 0]], [[0, 1.0, 0]]])))
    assert averaged(large, 16)[8, 8].tolist() == [0, 1, 0, 1]


def test_guides_have_their_length_and_direction():
    rng = np.random.default_rng(0)
    curves = guides(np.array([[5.0, 5.0]]), np.array([0.0]), np.array([10.0]), np.array([0.0]), 6, 0.0, rng)
    np.testing.assert_allclose(curves[0, :, 0], [5, 7, 9, 11, 13, 15], atol=1e-5)
    np.testing.assert_allclose(curves[0, :, 1], 5, atol=1e-5)


def test_gathered_tufts_are_narrower_at_the_tip():
    line = np.stack([np.linspace(0, 50, 9), np.zeros(9)], 1)[None].astype(np.float32)
    tuft = clumped(line, 200, 3.0, 1.0, 0.0, np.random.default_rng(1))
    assert tuft[0, :, 0, 1].std() > 2.5
    assert tuft[0, :, -1, 1].std() < 1e-4


def test_widths_taper_and_shades_stay_colours():
    widths = tapered(np.array([2.0]), 5, 0.1)
    assert widths[0, 0] == 2
    assert widths[0, -1] == np.float32(0.2)
    shades = shaded(np.full((30, 3), 0.9, np.float32), 4, np.random.default_rng(2))
    assert shades.shape == (30, 4, 3)
    assert shades.min() >= 0
    assert shades.max() <= 1
