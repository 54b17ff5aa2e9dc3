"""Which patches are flat: sky, walls, shadows."""

import numpy as np
from numpy.typing import NDArray

_PARTS = 5  # a fifth of the patches counts as flat
_CHUNK = 1024  # patches at a time, so that a mapped file is not read into memory


def flattest(patches: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the indices of the flattest fifth of the patches, at least of one, in ascending order.

    A patch is the flatter, the smaller the variance of its pixels, which is averaged over the channels.
    The sums are integers, so that every machine finds the same patches; of equally flat ones the first count.

    Shape:
        patches (N, H, W, C) -> (max(1, N // 5),)

    >>> flattest(np.stack([np.eye(8, dtype=np.uint8)[..., None], np.ones((8, 8, 1), np.uint8)])).tolist()
    [1]
    """
    variances = [_variances(patches[start : start + _CHUNK]) for start in range(0, len(patches), _CHUNK)]
    order = np.concatenate(variances).argsort(kind="stable")
    return np.sort(order[: max(1, len(patches) // _PARTS)])


def _variances(patches: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the variances (N,), times C·(H·W)²."""
    pixels = patches.reshape(len(patches), -1, patches.shape[3])
    sums = pixels.sum(1, dtype=np.int64)
    squares = np.square(pixels, dtype=np.uint16).sum(1, dtype=np.int64)
    return (pixels.shape[1] * squares - sums**2).sum(1)
