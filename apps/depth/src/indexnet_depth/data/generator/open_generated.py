"""The generator as a data set by name."""

from pathlib import Path

from indexnet_depth.data.frame import Split
from indexnet_depth.data.generator.dataset import GeneratedDataset, GeneratedFrames
from indexnet_depth.data.generator.textures import TextureBank
from indexnet_engine.images.image_file import list_images
from indexnet_engine.images.sample_photos import is_builtin, photograph_files

__all__ = ["GENERATED", "generated_frames", "is_generated", "open_generated"]

GENERATED = "generated"


def is_generated(data: str | Path) -> bool:
    """Return whether a data set is the word ``generated``; use ``./generated`` for a folder of that name."""
    return str(data) == GENERATED


def open_generated(
    photographs: str | Path | None, *, seed: int, size: int, length: int, nominal: bool
) -> GeneratedDataset:
    """Open rooms without end.

    Args:
        photographs: a folder of images that are hung on walls and cover surfaces; those of scikit-image by
            default, or for ``"builtin"``.
        seed: seed of all random choices.
        size: side of a sample in pixels.
        length: samples of an epoch.
        nominal: whether depth is that of the nominal lens.

    Raises:
        UserError: no folder or no images; a number out of range.
    """
    if photographs is None or is_builtin(photographs):
        files = list(photograph_files("train").values())
    else:
        files = list_images(photographs)
    return GeneratedDataset(TextureBank(files), seed, size=size, length=length, nominal=nominal)


def generated_frames(split: Split, nominal: bool = True) -> GeneratedFrames:
    """Return rooms as frames; those of ``val`` have photographs that training does not use by default."""
    files = photograph_files("train" if split == "train" else "test")
    return GeneratedFrames(split, TextureBank(list(files.values())), nominal)
