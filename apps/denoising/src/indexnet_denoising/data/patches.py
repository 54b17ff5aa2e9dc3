"""Training patches: images at several scales, cut on a grid, kept in one HDF5 file.

The protocol is that of Section 5.2 (after DnCNN): scales 1, 0.9, 0.8, 0.7, patches of 40x40 pixels, one every
10 pixels. Scaling is bicubic with antialiasing (the kernel widens with the factor, a = -0.5, as MATLAB's
``imresize`` and Pillow do), sizes and values are rounded, values to 8 bits. The 400 images of BSD400, 180x180
each, give 238,400 patches.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from tqdm import tqdm

from indexnet_denoising.data.open_data import image_files
from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, naming_write_errors, one_at_a_time
from indexnet_engine.images.folders import cache_folder
from indexnet_engine.images.image_file import read_image, to_array, to_tensor
from indexnet_engine.images.sample_photos import Split, is_builtin
from indexnet_engine.progress import is_main_process

SIZE, STRIDE, SCALES = 40, 10, (1.0, 0.9, 0.8, 0.7)

FORMAT = 1  # version of the file; part of the fingerprint, so that a newer version cuts again


def count_patches(
    height: int, width: int, size: int = SIZE, stride: int = STRIDE, scales: Sequence[float] = SCALES
) -> int:
    """Count the patches that `cut_patches` gives for an image of this size.

    >>> 400 * count_patches(180, 180)
    238400
    """
    count = 0
    for scale in scales:
        rows, columns = ((round(scale * side) - size) // stride + 1 for side in (height, width))
        count += max(rows, 0) * max(columns, 0)
    return count


def cut_patches(
    image: NDArray[np.float32],
    size: int = SIZE,
    stride: int = STRIDE,
    scales: Sequence[float] = SCALES,
) -> NDArray[np.uint8]:
    """Cut one image into patches at every scale; scales at which it is smaller than a patch yield none.

    Args:
        image: (H, W, C) in [0, 1].
        size: side of a patch in pixels.
        stride: distance of neighbouring patches in pixels.
        scales: factors by which the image is resized first.

    Returns:
        uint8 (N, size, size, C): scale by scale, row by row.
    """
    blocks = []
    for scale in scales:
        version = scaled(image, scale)
        if min(version.shape[:2]) >= size:
            windows = sliding_window_view(version, (size, size), axis=(0, 1))[::stride, ::stride]
            blocks.append(np.moveaxis(windows, 2, -1).reshape(-1, size, size, image.shape[2]))
    return np.concatenate(blocks) if blocks else np.empty((0, size, size, image.shape[2]), np.uint8)


def scaled(image: NDArray[np.float32], scale: float) -> NDArray[np.uint8]:
    """Resize an image (H, W, C) in [0, 1] with antialiasing, and round it to 8 bits."""
    return np.rint(255 * _resize(image, scale)).astype(np.uint8)


def check_recipe(size: int, stride: int, scales: Sequence[float]) -> None:
    """Check size, stride and scales of patches.

    Raises:
        UserError: one is out of range, or there are no scales.
    """
    if size < 1 or stride < 1 or not scales or not all(0 < scale <= 4 for scale in scales):
        raise UserError(
            f"patches need size and stride of at least 1 and scales in (0, 4], "
            f"got size {size}, stride {stride}, scales {list(scales)}"
        )


def patch_file(
    data: str | Path,
    *,
    split: Split = "train",
    channels: Literal[1, 3] = 1,
    size: int = SIZE,
    stride: int = STRIDE,
    scales: Sequence[float] = SCALES,
    cache_dir: str | Path | None = None,
) -> Path:
    """Return the HDF5 file with all patches of a data set; it is created if missing or outdated.

    The file is used again as long as recipe and images (names, sizes, dates) stay the same, and replaced
    when anything has changed. It holds ``patches``, uint8 (N, size, size, C), and attributes with the recipe.

    Args:
        data: ``"builtin"`` or a folder, as for `indexnet_denoising.data.open_data.image_files`.
        split: split of the builtin photographs.
        channels: 1 for gray, 3 for colour.
        size: side of a patch in pixels.
        stride: distance of neighbouring patches in pixels.
        scales: factors by which images are resized first.
        cache_dir: folder of the file; by default ``$INDEXNET_CACHE/denoising`` or
            ``~/.cache/indexnet/denoising``.

    Raises:
        UserError: an unreadable image, one smaller than a patch, an invalid recipe, a damaged
            patch file, or a folder that cannot be written.
    """
    check_recipe(size, stride, scales)
    files = image_files(data, split)
    recipe = {"channels": channels, "size": size, "stride": stride, "scales": [float(s) for s in scales]}
    path = _cache_path(data, split, recipe, cache_dir)
    fingerprint = _fingerprint(files.values(), recipe)
    with one_at_a_time(path):
        if path.exists():
            with open_patches(path) as file:
                if file.attrs["fingerprint"] == fingerprint:
                    return path
        count = _count_all(files.values(), channels, size, stride, scales)
        with naming_write_errors(path), atomic_path(path) as temporary, h5py.File(temporary, "w") as file:
            file.attrs.update(fingerprint=fingerprint, recipe=json.dumps(recipe), images=list(files))
            # Not chunked: one block in the file, which a training process can map into its memory.
            patches = file.create_dataset("patches", (count, size, size, channels), dtype=np.uint8)
            start = 0
            for source in _bar(files.values(), "cutting patches"):
                block = cut_patches(read_image(source, channels), size, stride, scales)
                patches[start : start + len(block)] = block
                start += len(block)
    return path


def open_patches(path: str | Path) -> h5py.File:
    """Open a file made by `patch_file` for reading.

    Raises:
        UserError: it is missing, damaged (a truncated copy, say) or something else; the message names it.
    """
    if not Path(path).is_file():
        raise UserError(f"{path}: no such patch file")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise UserError(f"{path}: damaged patch file; delete it to recreate it") from error
    patches = file.get("patches")
    sound = isinstance(patches, h5py.Dataset) and patches.dtype == np.uint8 and patches.ndim == 4
    if not sound or "fingerprint" not in file.attrs or patches.id.get_offset() is None:
        file.close()
        raise UserError(f"{path}: not a patch file of this program; delete it to recreate it")
    return file


def _bar(paths: Iterable[Path], description: str) -> Iterable[Path]:
    """Count images on a terminal, from one process only."""
    return tqdm(list(paths), desc=description, unit="image", disable=None if is_main_process() else True)


def _resize(image: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    size = [max(round(scale * side), 1) for side in image.shape[:2]]
    if size == list(image.shape[:2]):
        return image
    with torch.inference_mode():
        resized = F.interpolate(to_tensor(image), size, mode="bicubic", antialias=True)
        return to_array(resized.clamp(0, 1))  # bicubic interpolation overshoots at edges


def _count_all(
    paths: Iterable[Path], channels: Literal[1, 3], size: int, stride: int, scales: Sequence[float]
) -> int:
    """Count the patches of all images; a bad image is found here, before anything is written."""
    count = 0
    for path in _bar(paths, "reading images"):
        height, width, _ = read_image(path, channels).shape
        if min(height, width) < size:
            raise UserError(f"{path}: {height}x{width} is smaller than a patch of {size}x{size}; remove it")
        count += count_patches(height, width, size, stride, scales)
    if not count:
        raise UserError(f"no patches of {size}x{size} at scales {list(scales)}; add a larger scale")
    return count


def _cache_path(
    data: str | Path, split: Split, recipe: dict[str, object], cache_dir: str | Path | None
) -> Path:
    """Return the path of the patch file, which depends on source and recipe: changed images replace it."""
    source = f"builtin {split}" if is_builtin(data) else str(Path(data).resolve())
    digest = hashlib.sha256(json.dumps([source, recipe]).encode()).hexdigest()
    label = f"builtin-{split}" if is_builtin(data) else Path(data).resolve().name
    return cache_folder("denoising", cache_dir) / f"{label}-{digest[:12]}.h5"


def _fingerprint(paths: Iterable[Path], recipe: dict[str, object]) -> str:
    status = [(path.name, path.stat()) for path in paths]
    sources = [(name, entry.st_size, entry.st_mtime_ns) for name, entry in status]
    return hashlib.sha256(json.dumps([FORMAT, recipe, sources]).encode()).hexdigest()
