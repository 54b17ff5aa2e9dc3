"""A cache of decoded foregrounds, from which a crop reads its own pixels only."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, naming_write_errors, one_at_a_time
from indexnet_engine.images.folders import cache_folder
from indexnet_engine.images.image_file import read_image, require_same_size
from indexnet_engine.progress import progress_bar
from indexnet_matting.data.files import ForegroundFile, read_alpha

__all__ = ["CachedForegrounds", "Foreground", "Foregrounds", "cache_foregrounds", "unknown_pixels"]

FORMAT = 1  # version of the cached files; part of their names, so that a newer version decodes again
MAX_UNKNOWN = 2**16


class Foreground(NamedTuple):
    """A foreground with its matte, ready for cropping."""

    rgba: NDArray[np.uint8]
    """(H, W, 4): colours, not multiplied by alpha, and alpha; read-only."""
    unknown: NDArray[np.int64]
    """Positions, in the flattened image, of pixels on which a crop may be centred."""


class Foregrounds(Protocol):
    """Indexed foregrounds."""

    def __len__(self) -> int:
        """Return the number of foregrounds."""
        ...

    def __getitem__(self, index: int, /) -> Foreground:
        """Return one foreground."""
        ...


def unknown_pixels(alpha: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return flat positions of the pixels that are neither opaque nor transparent, at most 65,536 of them.

    Where there are more, every n-th is taken, in the order of the rows. A matte of only 0 and 255 has
    its edge instead: opaque pixels with a transparent neighbour. A constant matte has none.

    >>> unknown_pixels(np.uint8([[0, 255, 255], [0, 9, 255]])).tolist()
    [4]
    >>> unknown_pixels(np.uint8([[0, 255, 255], [0, 0, 0]])).tolist()
    [1, 2]
    """
    positions = np.flatnonzero((alpha > 0) & (alpha < 255))
    if not len(positions):
        padded = np.pad(alpha, 1, mode="edge")
        neighbours = [padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1]]
        positions = np.flatnonzero((alpha == 255) & (np.minimum.reduce(neighbours) == 0))
    step = -(-len(positions) // MAX_UNKNOWN)
    return positions[:: max(step, 1)].astype(np.int64)


def read_foreground(file: ForegroundFile) -> Foreground:
    """Decode a foreground and its matte; both are kept with 8 bits.

    Raises:
        UserError: a bad file, sizes that differ, or a matte without a single unknown pixel.
    """
    image, alpha = read_image(file.image, 3), read_alpha(file.alpha)
    require_same_size(file.alpha, alpha, file.image, image)
    rgba = np.empty((*alpha.shape, 4), np.uint8)
    rgba[..., :3] = np.rint(image * np.float32(255))
    rgba[..., 3] = np.rint(alpha * np.float32(255))
    unknown = unknown_pixels(rgba[..., 3])
    if not len(unknown):
        raise UserError(f"{file.alpha}: alpha is the same everywhere; there is nothing to learn from it")
    return Foreground(rgba, unknown)


class CachedForegrounds:
    """Decoded foregrounds, mapped into memory from a cache folder.

    Worker processes share the pages that they read; pickling stores the paths only.

    Args:
        paths: for each foreground the files of pixels and of unknown positions, as
            `cache_foregrounds` makes them.
    """

    def __init__(self, paths: Sequence[tuple[Path, Path]]) -> None:
        self.paths = list(paths)
        self._opened: dict[int, Foreground] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> Foreground:
        if index not in self._opened:
            self._opened[index] = _open(*self.paths[index])
        return self._opened[index]

    def __getstate__(self) -> dict[str, object]:
        return {"paths": self.paths, "_opened": {}}


def cache_foregrounds(
    files: Sequence[ForegroundFile], cache_dir: str | Path | None = None
) -> CachedForegrounds:
    """Decode every foreground that is not in the cache yet, with a progress bar.

    Each foreground has two files there: four bytes per pixel, uncompressed, and the positions of its unknown
    pixels. Their names carry a digest of the sources (paths, sizes, dates), so a changed image is decoded
    again, its old files are removed, and an interrupted run continues where it stopped.

    Args:
        files: foregrounds and mattes.
        cache_dir: the cache folder; by default ``$INDEXNET_CACHE/matting`` or ``~/.cache/indexnet/matting``.

    Raises:
        UserError: a bad image, two that differ in size, a full disk.
    """
    folder = cache_folder("matting", cache_dir)
    names = [_cache_names(file) for file in files]
    paths = [(folder / f"{name}.rgba.npy", folder / f"{name}.unknown.npy") for name in names]
    if _missing(paths):
        with one_at_a_time(folder / "foregrounds"):
            missing = _missing(paths)  # another process may have decoded them meanwhile
            with progress_bar(len(missing), "decoding foregrounds", unit="image") as bar:
                for number in missing:
                    _store(read_foreground(files[number]), *paths[number])
                    _remove_older(names[number], folder)
                    bar.update()
    return CachedForegrounds(paths)


def _missing(paths: Sequence[tuple[Path, Path]]) -> list[int]:
    return [number for number, pair in enumerate(paths) if not all(path.is_file() for path in pair)]


def _cache_names(file: ForegroundFile) -> str:
    """Name, digest of the place, digest of the contents: only the last changes when an image does."""
    place = json.dumps([str(path.resolve()) for path in (file.image, file.alpha)])
    status = [path.stat() for path in (file.image, file.alpha)]
    contents = json.dumps([FORMAT, [(entry.st_size, entry.st_mtime_ns) for entry in status]])
    return ".".join(
        [file.name, *(hashlib.sha256(text.encode()).hexdigest()[:12] for text in (place, contents))]
    )


def _store(foreground: Foreground, rgba: Path, unknown: Path) -> None:
    for path, array in ((rgba, foreground.rgba), (unknown, foreground.unknown)):
        with naming_write_errors(path), atomic_path(path) as temporary:
            np.save(temporary, array)


def _remove_older(name: str, folder: Path) -> None:
    """Remove the outdated files of the same image."""
    same_place = name.rpartition(".")[0]
    for path in folder.iterdir():
        if path.name.startswith(f"{same_place}.") and not path.name.startswith(f"{name}."):
            path.unlink(missing_ok=True)


def _open(rgba_path: Path, unknown_path: Path) -> Foreground:
    arrays = []
    for path, mapped in ((rgba_path, True), (unknown_path, False)):
        try:
            arrays.append(np.load(path, mmap_mode="r" if mapped else None))
        except FileNotFoundError as error:
            raise UserError(f"{path}: was removed while in use; start again") from error
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"{path}: damaged cache file; delete it to recreate it") from error
    rgba, unknown = arrays
    sound = rgba.dtype == np.uint8 and rgba.ndim == 3 and rgba.shape[2] == 4
    if not sound or unknown.dtype != np.int64 or unknown.ndim != 1 or not len(unknown):
        raise UserError(f"{rgba_path}: not a cache file of this program; delete it to recreate it")
    return Foreground(rgba.view(np.ndarray), unknown)  # a plain array is quicker to index
