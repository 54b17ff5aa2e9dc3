import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import PHOTOGRAPHS
from indexnet_matting.data.synthetic import (
    NAMES,
    SyntheticForegrounds,
    draw_foreground,
    synthetic_scene,
    synthetic_scenes,
)

KINDS = ("hair", "veil", "glass", "net")


@pytest.mark.parametrize("kind", KINDS)
def test_a_foreground_is_a_function_of_its_name(kind):
    one = draw_foreground(f"{kind}-1", 96)
    assert one.shape == (96, 96, 4)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, draw_foreground(f"{kind}-1", 96))
    assert (one != draw_foreground(f"{kind}-2", 96)).mean() > 0.1


@pytest.mark.parametrize("name", [*NAMES["train"], *NAMES["test"]])
def test_each_foreground_has_transparent_and_many_mixed_pixels(name):
    alpha = draw_foreground(name, 256)[..., 3]
    assert (alpha == 0).mean() > 0.2
    assert ((alpha > 0) & (alpha < 255)).mean() > 0.03
    assert len(np.unique(alpha)) > 30


def test_hair_is_thin_and_veils_are_smooth():
    hair, veil = (draw_foreground(f"{kind}-1", 256)[..., 3].astype(int) for kind in ("hair", "veil"))
    assert (np.abs(np.diff(hair, axis=1)) > 60).mean() > 0.05
    assert np.abs(np.diff(veil, axis=1)).max() < 140
    assert (np.abs(np.diff(veil, axis=1)) > 60).mean() < 0.01


def test_every_covered_pixel_has_its_strands_colour():
    """Where alpha is small the colour is the strand's or the ground's of the same tone, never black."""
    rgba = draw_foreground("hair-1", 256).astype(int)
    thin = (rgba[..., 3] > 0) & (rgba[..., 3] < 60)
    assert thin.sum() > 500
    assert rgba[thin][:, :3].max(1).min() > 20


def test_the_splits_share_neither_foregrounds_nor_photographs():
    assert not set(NAMES["train"]) & set(NAMES["test"])
    for name in NAMES["test"]:
        kind = name.partition("-")[0]
        held_out = draw_foreground(name, 64)
        for other in (train for train in NAMES["train"] if train.startswith(kind)):
            assert (held_out != draw_foreground(other, 64)).mean() > 0.1
    photographs = {name.rpartition("-")[2] for name in synthetic_scenes()}
    assert photographs <= set(PHOTOGRAPHS["test"])
    assert not photographs & set(PHOTOGRAPHS["train"])


def test_scenes_are_named_by_what_they_show():
    scenes = synthetic_scenes()
    assert len(scenes) == len(set(scenes)) == 8
    one, other = synthetic_scene("net-11-gravel"), synthetic_scene("net-11-camera")
    np.testing.assert_array_equal(one.alpha, other.alpha)
    opaque = one.alpha == 1
    np.testing.assert_array_equal(one.image[opaque], other.image[opaque])
    assert np.abs(one.image - other.image)[one.alpha == 0].mean() > 0.05
    assert one.image.shape == (384, 384, 3)
    assert one.image.dtype == one.alpha.dtype == np.float32
    with pytest.raises(KeyError):
        synthetic_scene("net-11-moon")


def test_foregrounds_by_number():
    foregrounds = SyntheticForegrounds("train")
    assert len(foregrounds) == 16
    rgba, unknown = foregrounds[3]
    assert rgba.shape == (640, 640, 4)
    values = rgba[..., 3].ravel()[unknown]
    assert ((values > 0) & (values < 255)).all()
    assert not rgba.flags.writeable


def test_other_kinds_are_refused():
    with pytest.raises(UserError, match="no builtin foreground 'fur-1'; kinds are hair, veil, glass, net"):
        draw_foreground("fur-1", 32)
