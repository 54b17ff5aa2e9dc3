"""The eight flips and rotations of a square."""

from numpy.typing import NDArray


def dihedral(patch: NDArray, k: int) -> NDArray:
    """Return one of the eight flips and rotations of a patch, as a view.

    The three bits of ``k`` mean: flip top to bottom (1), flip left to right (2), swap rows and columns (4).
    Together they generate the whole group: 0 is the identity, 3 half a turn, 5 and 6 the quarter turns.

    Shape:
        (H, W, ...) -> the same, or (W, H, ...) for k >= 4.

    Raises:
        ValueError: ``k`` is outside 0..7.

    >>> import numpy as np
    >>> dihedral(np.array([[1, 2], [3, 4]]), 3).tolist()
    [[4, 3], [2, 1]]
    """
    if not 0 <= k <= 7:
        raise ValueError(f"k must be one of 0..7, got {k}")
    if k & 1:
        patch = patch[::-1]
    if k & 2:
        patch = patch[:, ::-1]
    if k & 4:
        patch = patch.swapaxes(0, 1)
    return patch
