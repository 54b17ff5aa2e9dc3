"""How much memory a network needs for an image, and the tiles that a limit leaves room for."""

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from indexnet_engine.errors import OptionError, check_number
from indexnet_engine.inference.device import device_of, stride_of
from indexnet_engine.inference.tiles import Tiles, tiles_within

__all__ = [
    "ENTRY",
    "OVERHEAD",
    "affordable_tiles",
    "available_memory",
    "bytes_per_pixel",
    "check_memory",
    "default_memory",
    "peak_bytes",
]

OVERHEAD = 1.5
"""Memory of a network for each byte of its tensors: work space, copies in other layouts, gaps.

Measured as the peak of the resident memory, on two CPU cores, for B11 with six operators at 1024 × 1024: 1.02
to 1.37 in channels_last, the layout of predictors; the rest is a safety margin.
"""

ENTRY = "bytes_per_pixel"
"""Key of the bytes per pixel in an exported file's metadata."""

SIDES = (128, 512)
"""Side in pixels of the images on which tensors are counted.

Their sizes are proportional to the number of pixels, but a network that is optimised for inference works on
large maps in strips, so that a pixel of a larger image needs less.
"""

UNKNOWN = 4000.0
"""Bytes per pixel of an exported network whose file does not state them; more than any network of the
applications needs at its default width, except those of matting and segmentation."""

_MOST_PIXELS = 2**25
"""Largest tile: with 64 channels, its features have as many values as 32 bits can count."""

_SHARE_OF_DEVICE, _SHARE_OF_HOST = 0.8, 0.5

_found: WeakKeyDictionary[nn.Module, dict[int, float]] = WeakKeyDictionary()


def default_memory(device: torch.device, usual: float) -> float:
    """Return the memory limit in GB that follows from a device.

    On a CUDA device 4/5 of the memory that is free; elsewhere the usual limit, but no more than half of the
    available memory.

    Args:
        device: the device of the network.
        usual: limit for processors, beyond which larger tiles gain little.
    """
    available = available_memory(device)
    if device.type == "cuda":
        return usual if available is None else _SHARE_OF_DEVICE * available
    return usual if available is None else min(usual, _SHARE_OF_HOST * available)


def available_memory(device: torch.device) -> float | None:
    """Return the memory in GB (10⁹ bytes) that a device has left, None if the system does not tell.

    For devices other than CUDA that of the computer, or of the control group that limits the process.
    """
    if device.type == "cuda":
        free, _total = torch.cuda.mem_get_info(device)
        # PyTorch keeps blocks that it can use again.
        kept = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return (free + kept) / 1e9
    sizes = [size for size in (_meminfo(Path("/proc/meminfo")), _control_group()) if size is not None]
    return min(sizes) / 1e9 if sizes else None


def check_memory(max_memory: float) -> None:
    """Refuse a limit that is not positive.

    Raises:
        UserError: it is not.
    """
    if not max_memory > 0:
        raise OptionError("max_memory", f"must be positive, got {max_memory:g} GB")


def affordable_tiles(
    model: nn.Module,
    channels: int,
    size: tuple[int, int],
    max_memory: float,
    overlap: int,
    blend: int | None = None,
) -> Tiles:
    """Choose the tiles in which an image is processed, as large as a limit allows.

    Args:
        model: the network.
        channels: channels of its input.
        size: height and width of the image in pixels.
        max_memory: limit in GB (10⁹ bytes), beside the weights and the image itself.
        overlap: pixels that tiles share.
        blend: see `Tiles`.

    Returns:
        Tiles whose sides are multiples of the model's stride, a single one if the whole image fits.

    Raises:
        UserError: not even tiles that are a little larger than the overlap would fit, or a number is out of
            range.
    """
    check_memory(max_memory)
    check_number("overlap", overlap)
    stride = stride_of(model)
    wanted = math.prod(math.ceil(side / stride) * stride for side in size)
    pixels, needed = float(SIDES[0] ** 2), math.inf
    for counted in SIDES:
        if pixels < counted**2:  # the limit leaves no room for it
            break
        needed = bytes_per_pixel(model, counted, channels)
        pixels = min(1e9 * max_memory / needed, _MOST_PIXELS)
        if wanted <= pixels:
            break
    tiles = tiles_within(size, pixels, overlap, stride, blend)
    if tiles is None:
        smallest = (math.ceil(overlap / stride) + 1) * stride
        raise OptionError(
            "max_memory",
            f"{max_memory:g} GB is too little: tiles that share {overlap} pixels need "
            f"{smallest**2 * needed / 1e9:.2g} GB; raise it, or choose a smaller overlap",
        )
    return tiles


def bytes_per_pixel(model: nn.Module, side: int = SIDES[0], channels: int = 3) -> float:
    """Return the bytes that inference needs for each pixel: the tensors that are alive at once, times
    `OVERHEAD`.

    The network, which must be in evaluation mode, is run once on a square image; the number is cached with
    the network. It holds for larger images, too. An exported network has an attribute ``entries``, the
    metadata of its file, with this number.

    Args:
        model: the network.
        side: side of the square image in pixels.
        channels: channels of the network's input.
    """
    entries = getattr(model, "entries", None)
    if entries is not None:
        stored = entries.get(ENTRY)
        return float(stored) if isinstance(stored, int | float) and 0 < stored < math.inf else UNKNOWN
    found = _found.setdefault(model, {})
    if side not in found:
        x = torch.zeros(1, channels, side, side, device=device_of(model))
        found[side] = OVERHEAD * peak_bytes(model, x) / side**2
    return found[side]


def peak_bytes(run: Callable[[Tensor], object], x: Tensor) -> int:
    """Count the bytes of all tensors that are alive at the peak, while ``run(x)`` is computed.

    >>> peak_bytes(lambda x: (x + 1) * 2, torch.zeros(1000))  # x + 1 and the product
    8000
    """
    with torch.inference_mode(), _LiveTensors() as tensors:
        run(x)
    return tensors.peak


class _LiveTensors(TorchDispatchMode):
    """Tracks the tensors that operations return and that are still alive."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._alive: dict[int, tuple[StorageWeakRef, int]] = {}

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        self._alive = {key: entry for key, entry in self._alive.items() if not entry[0].expired()}
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor):
                storage = leaf.untyped_storage()
                self._alive.setdefault(storage._cdata, (StorageWeakRef(storage), storage.nbytes()))
        self.peak = max(self.peak, sum(size for _, size in self._alive.values()))
        return result


def _meminfo(file: Path) -> int | None:
    """Read the bytes that Linux could give to a process without swapping."""
    try:
        for line in file.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return None


def _control_group(folder: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Read the bytes that a container has left."""
    try:
        limit, used = ((folder / name).read_text() for name in ("memory.max", "memory.current"))
        return max(0, int(limit) - int(used))
    except (OSError, ValueError):  # no control group, or "max": no limit
        return None
