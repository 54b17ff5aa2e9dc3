"""Images with trimaps and true mattes, to measure on; read one at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.image_file import read_image, require_same_size
from indexnet_matting.data.files import MattingFiles, read_alpha
from indexnet_matting.data.synthetic import synthetic_scene, synthetic_scenes
from indexnet_matting.data.trimap import read_trimap, require_unknown, trimap_from_alpha

__all__ = ["FolderTestSet", "SyntheticTestSet", "TestImage", "read_test_image"]

SYNTHETIC_RADIUS = 10
"""Radius in pixels by which the trimaps of the builtin scenes dilate the unknown region."""


@dataclass(frozen=True)
class TestImage:
    """An image with its trimap and true matte."""

    __test__: ClassVar[bool] = False  # pytest would collect it for its name

    name: str
    image: NDArray[np.float32]
    """(H, W, 3) in [0, 1]"""
    trimap: NDArray[np.uint8]
    """(H, W): 0, 128 or 255"""
    alpha: NDArray[np.float32]
    """(H, W) in [0, 1]"""


class FolderTestSet(Mapping[str, TestImage]):
    """Test images in files."""

    def __init__(self, files: Mapping[str, MattingFiles]) -> None:
        self.files = dict(files)

    def __getitem__(self, name: str) -> TestImage:
        return read_test_image(name, self.files[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


class SyntheticTestSet(Mapping[str, TestImage]):
    """The builtin scenes that are held out."""

    def __getitem__(self, name: str) -> TestImage:
        scene = synthetic_scene(name)
        trimap = trimap_from_alpha(scene.alpha, SYNTHETIC_RADIUS, SYNTHETIC_RADIUS)
        return TestImage(name, scene.image, trimap, scene.alpha)

    def __iter__(self) -> Iterator[str]:
        return iter(synthetic_scenes())

    def __len__(self) -> int:
        return len(synthetic_scenes())


def read_test_image(name: str, files: MattingFiles) -> TestImage:
    """Read one test image.

    Raises:
        UserError: a bad file, sizes that differ, a matte in colour, a trimap without unknown pixels.
    """
    image, alpha = read_image(files.image, 3), read_alpha(files.alpha)
    trimap = read_trimap(files.trimap, tell=True)
    require_same_size(files.alpha, alpha, files.image, image)
    require_same_size(files.trimap, trimap, files.image, image)
    require_unknown(trimap, files.trimap)
    return TestImage(name, image, trimap, alpha)
