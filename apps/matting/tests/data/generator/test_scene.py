import numpy as np
import pytest

from indexnet_engine.images.sample_photos import photograph_files
from indexnet_matting.data.generator.mattes import MATTES
from indexnet_matting.data.generator.scene import Scene, draw_scene
from indexnet_matting.data.generator.textures import Photographs

SIZE = 96


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    photographs = Photographs(list(photograph_files("train").values()))
    return [
        draw_scene(SIZE, np.random.default_rng([3, number]), photographs, kind)
        for kind in MATTES
        for number in range(2)
    ]


def test_the_image_is_a_composite_also_after_noise_and_jpeg(scenes: list[Scene]) -> None:
    for scene in scenes:
        weight = scene.alpha[..., None].astype(float)
        composed = weight * scene.foreground + (1 - weight) * scene.background
        assert np.abs(composed - scene.image).max() < 1e-5


def test_images_have_8_bits_and_components_leave_the_range_by_little(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert (np.abs(scene.image * 255 - np.rint(scene.image * 255)) < 1e-3).all()
        assert scene.image.min() >= 0
        assert scene.image.max() <= 1
        for part in (scene.foreground, scene.background):
            assert np.isfinite(part).all()
            assert part.min() > -0.5
            assert part.max() < 1.5


def test_known_pixels_are_what_the_trimap_says(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert np.isin(scene.trimap, [0, 128, 255]).all()
        assert (scene.alpha[scene.trimap == 0] == 0).all()
        assert (scene.alpha[scene.trimap == 255] == 1).all()


def test_there_is_something_to_predict(scenes: list[Scene]) -> None:
    unknown = np.array([(scene.trimap == 128).mean() for scene in scenes])
    assert (unknown > 0.003).all()
    assert np.quantile(unknown, 0.25) < 0.6


def test_the_kind_that_was_asked_for(scenes: list[Scene]) -> None:
    assert [scene.kind for scene in scenes[::2]] == list(MATTES)
