"""How much memory a network needs for an image, and the tiles that a limit leaves room for."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from indexnet_engine.errors import OptionError, check_number
from indexnet_engine.inference.device import device_of, stride_of

__all__ = ["ENTRY", "OVERHEAD", "bytes_per_pixel", "choose_tile", "peak_bytes"]

OVERHEAD = 1.5
"""Memory of a network for each byte of its tensors: work space, copies in other layouts, gaps.

Measured as the peak of the resident memory, on two CPU cores, for B11 with six operators at 1024 × 1024: 1.02
to 1.37 in channels_last, the layout of `MattingPredictor`; the rest is a safety margin.
"""

ENTRY = "bytes_per_pixel"
"""Key of the bytes per pixel in an exported file's metadata."""

SIDES = (128, 512)
"""Side in pixels of the images on which tensors are counted.

Their sizes are proportional to the number of pixels, but a network that is optimised for inference works on
large maps in strips, so that a pixel of a larger image needs less.
"""

_found: WeakKeyDictionary[nn.Module, dict[int, float]] = WeakKeyDictionary()


def choose_tile(model: nn.Module, size: tuple[int, ...], max_memory: float, overlap: int) -> int | None:
    """Choose the side of the tiles in which an image is processed.

    Args:
        model: takes four channels.
        size: height and width of the image in pixels.
        max_memory: limit in GB (10⁹ bytes), beside the weights and the image itself.
        overlap: pixels that tiles will share.

    Returns:
        A multiple of the model's stride, or None if the whole image fits.

    Raises:
        UserError: not even tiles that are a little larger than the overlap would fit, or a number is out of
            range.
    """
    if not max_memory > 0:
        raise OptionError("max_memory", f"must be positive, got {max_memory:g} GB")
    check_number("overlap", overlap)
    stride = stride_of(model)
    wanted = math.prod(math.ceil(side / stride) * stride for side in size)
    smallest = (math.ceil(overlap / stride) + 1) * stride
    tile, needed = SIDES[0], math.inf
    for counted in SIDES:
        if tile < counted:  # the limit leaves no room for it
            break
        needed = bytes_per_pixel(model, counted)
        pixels = 1e9 * max_memory / needed
        if wanted <= pixels:
            return None
        tile = int(math.sqrt(pixels)) // stride * stride
    if tile < smallest:
        raise OptionError(
            "max_memory",
            f"{max_memory:g} GB is too little: tiles that share {overlap} pixels need "
            f"{smallest**2 * needed / 1e9:.2g} GB; raise it, or choose a smaller overlap",
        )
    return tile


def bytes_per_pixel(model: nn.Module, side: int = SIDES[0]) -> float:
    """Return the bytes that inference needs for each pixel: the tensors that are alive at once, times
    `OVERHEAD`.

    The network, which must be in evaluation mode, is run once on a square image; the number is cached with
    the network. It holds for larger images, too. An exported network carries the number in its metadata.
    """
    stored = getattr(model, "entries", {}).get(ENTRY)
    if isinstance(stored, int | float) and 0 < stored < math.inf:
        return float(stored)
    found = _found.setdefault(model, {})
    if side not in found:
        x = torch.zeros(1, 4, side, side, device=device_of(model))
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
