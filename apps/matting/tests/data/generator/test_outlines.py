import numpy as np
import pytest

from indexnet_matting.data.generator.outlines import OUTLINES, coverage, depth, normals, place, random_outline

SQUARE = np.array([[4.0, 4], [12, 4], [12, 12], [4, 12]])


def test_coverage_is_the_area():
    cover = coverage(16, [SQUARE + 0.5])
    assert abs(float(cover.sum()) - 64) < 6
    assert cover[8, 8] == 1
    assert coverage(16, [SQUARE], holes=[SQUARE / 2 + 4])[8, 8] == 0


def test_depth_and_normals_of_a_square():
    distance = depth(coverage(32, [2 * SQUARE]))
    assert distance[16, 16] > 6
    assert distance[0, 16] < -6
    outward = normals(distance, 1.0)
    assert abs(outward[16, 22]) < 0.3  # on the right-hand side: to the right
    assert abs(outward[22, 16] - np.pi / 2) < 0.3  # y points down


def test_depth_of_all_and_of_nothing():
    assert (depth(np.ones((4, 4), np.float32)) > 100).all()
    assert (depth(np.zeros((4, 4), np.float32)) < -100).all()


@pytest.mark.parametrize("name", OUTLINES)
def test_shapes_are_polygons_of_about_unit_radius(name):
    for seed in range(5):
        polygons = OUTLINES[name](np.random.default_rng(seed))
        corners = np.concatenate(polygons)
        assert corners.shape[1] == 2
        assert 0.2 < np.abs(corners).max() < 4


def test_small_shapes_lie_inside_and_large_ones_across_the_middle():
    circle = OUTLINES["blob"](np.random.default_rng(0))
    for seed in range(10):
        inside = np.concatenate(place(circle, 100, 20, np.random.default_rng(seed)))
        assert inside.min() >= 0
        assert inside.max() <= 100
        across = np.concatenate(place(circle, 100, 200, np.random.default_rng(seed)))
        assert np.hypot(*(across - 50).T).min() < 40


def test_the_edge_is_visible():
    shares = [random_outline(64, np.random.default_rng(seed)).mean() for seed in range(40)]
    assert np.mean([0.01 < share < 0.99 for share in shares]) > 0.9
