"""Images with trimaps and true mattes, to measure on; read one at a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.images.image_file import read_image, require_same_size
from indexnet_engine.images.sample_photos import is_builtin
from indexnet_matting.data.alpha import read_alpha
from indexnet_matting.data.files import MattingFiles
from indexnet_matting.data.folder import folder_tests
from indexnet_matting.data.synthetic import builtin_scene, builtin_scenes
from indexnet_matting.data.trimap import read_trimap, require_unknown, trimap_from_alpha

__all__ = ["FolderTestSet", "TestImage", "load_test_set", "read_test_image"]

BUILTIN_RADIUS = 10
"""How far the trimaps of the builtin scenes reach beyond the unknown pixels, in pixels."""


@dataclass(frozen=True)
class TestImage:
    """An image to be matted and the truth about it."""

    __test__: ClassVar[bool] = False  # not a test of pytest's, whatever its name

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


class BuiltinTestSet(Mapping[str, TestImage]):
    """The builtin scenes that are held out."""

    def __getitem__(self, name: str) -> TestImage:
        scene = builtin_scene(name)
        trimap = trimap_from_alpha(scene.alpha, BUILTIN_RADIUS, BUILTIN_RADIUS)
        return TestImage(name, scene.image, trimap, scene.alpha)

    def __iter__(self) -> Iterator[str]:
        return iter(builtin_scenes())

    def __len__(self) -> int:
        return len(builtin_scenes())


def load_test_set(data: str | Path) -> Mapping[str, TestImage]:
    """List a test set by name; an image is read when it is asked for.

    Args:
        data: ``"builtin"``, or a folder with ``image/`` (or Composition-1k's ``merged/``), ``alpha/`` and
            ``trimap/``.

    Raises:
        UserError: a folder is missing, or an image lacks its matte or trimap. Bad files are refused when
            they are read.
    """
    return BuiltinTestSet() if is_builtin(data) else FolderTestSet(folder_tests(data))


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
