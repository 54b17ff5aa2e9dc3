"""The generator as a data set by name: training samples without end, and held-out scenes."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from indexnet_engine.images.sample_photos import is_builtin, photograph_files
from indexnet_matting.data.backgrounds import background_files
from indexnet_matting.data.generator.dataset import GeneratedDataset
from indexnet_matting.data.generator.mattes import MATTES
from indexnet_matting.data.generator.scene import draw_scene
from indexnet_matting.data.generator.textures import Photographs
from indexnet_matting.data.trimap_images import TestImage

__all__ = ["GENERATED", "PER_REPEAT", "GeneratedTestSet", "is_generated", "open_generated"]

GENERATED = "generated"

PER_REPEAT = 1000
"""Samples of an epoch for each of the ``repeats``."""

_TEST_SIZE, _TEST_SEED, _TESTS_OF_A_KIND = 320, 2**40, 2  # no training seed is as large


def is_generated(data: str | Path) -> bool:
    """Return whether a data set is the word ``generated``; use ``./generated`` for a folder of that name."""
    return str(data) == GENERATED


def open_generated(
    photographs: str | Path | None = None,
    names: str | Path | None = None,
    *,
    seed: int = 0,
    size: int = 320,
    repeats: int = 100,
) -> GeneratedDataset:
    """Open the generator.

    Args:
        photographs: a folder of images from which textures and backgrounds are cut; those of scikit-image by
            default, or for ``"builtin"``.
        names: a file that lists the images to use, one per line; all of the folder by default.
        seed: seed of all random choices.
        size: side of a sample in pixels.
        repeats: thousands of samples in an epoch.

    Raises:
        UserError: no folder, no images, or a listed one that is missing; a number out of range.
    """
    if photographs is None or is_builtin(photographs):
        files = list(photograph_files("train").values())
    else:
        files = background_files(photographs, names)
    return GeneratedDataset(Photographs(files), seed, size=size, length=PER_REPEAT * repeats)


class GeneratedTestSet(Mapping[str, TestImage]):
    """Two scenes of each kind, made of photographs that training does not use by default."""

    def __init__(self) -> None:
        self._photographs = Photographs(list(photograph_files("test").values()))
        self._names = [f"{kind}-{number}" for kind in MATTES for number in range(1, _TESTS_OF_A_KIND + 1)]

    def __getitem__(self, name: str) -> TestImage:
        index = self._names.index(name) if name in self._names else None
        if index is None:
            raise KeyError(name)
        rng = np.random.default_rng([_TEST_SEED, index])
        scene = draw_scene(_TEST_SIZE, rng, self._photographs, name.rpartition("-")[0])
        return TestImage(name, scene.image, scene.trimap, scene.alpha)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
