import numpy as np

from indexnet_matting.data.generator.layers import empty, extend_colours, over, paint


def test_over_keeps_the_compositing_equation():
    rng = np.random.default_rng(0)
    top, bottom = (paint(rng.random((4, 5, 3), np.float32), rng.random((4, 5), np.float32)) for _ in "ab")
    both, behind = over(top, bottom), rng.random((4, 5, 3), np.float32)
    step = bottom[..., :3] + (1 - bottom[..., 3:]) * behind
    expected = top[..., :3] + (1 - top[..., 3:]) * step
    np.testing.assert_allclose(both[..., :3] + (1 - both[..., 3:]) * behind, expected, atol=1e-6)


def test_nothing_over_a_layer_is_the_layer():
    layer = paint(np.full((3, 3, 3), 0.25, np.float32), np.full((3, 3), 0.5, np.float32))
    assert (over(empty(3), layer) == layer).all()


def test_extended_colours_are_those_of_the_layer_where_it_is_dense():
    colour = np.random.default_rng(1).random((16, 16, 3), np.float32)
    alpha = np.zeros((16, 16), np.float32)
    alpha[:, :8] = 1
    extended = extend_colours(paint(colour, alpha))
    np.testing.assert_allclose(extended[:, :8], colour[:, :8], atol=0.01)


def test_one_colour_extends_everywhere():
    alpha = np.zeros((20, 20), np.float32)
    alpha[3, 4] = 1
    colour = np.array([0.2, 0.4, 0.6], np.float32)
    np.testing.assert_allclose(
        extend_colours(paint(colour, alpha)), np.broadcast_to(colour, (20, 20, 3)), atol=0.01
    )
