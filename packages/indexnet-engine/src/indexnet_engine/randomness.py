"""Random generators: one for each sample, and the saved state of the global ones.

Data draw from a generator that belongs to one sample (`sample_rng`), so they do not depend on worker
processes or on what was drawn before. The model (dropout) draws from PyTorch's global generators, whose
state is in the checkpoint.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypedDict, overload

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class SampleKey(NamedTuple):
    """The key of a training sample; data are a pure function of (seed, epoch, index)."""

    epoch: int
    index: int  # type: ignore[assignment]  # hides tuple.index, which a key does not need


class RngState(TypedDict):
    """The global generators of one process, in types that ``torch.load(weights_only=True)`` accepts."""

    python: tuple[int, tuple[int, ...], float | None]
    numpy: tuple[Tensor, int, int, float]  # keys, position, has_gauss, cached gaussian
    torch: Tensor
    cuda: Tensor | None


def sample_rng(seed: int, key: SampleKey) -> np.random.Generator:
    """Return the generator of one sample of one epoch.

    >>> a, b = (sample_rng(0, SampleKey(epoch=1, index=7)).random() for _ in range(2))
    >>> a == b
    True
    """
    return np.random.default_rng([seed, key.epoch, key.index])


@overload
def log_uniform(rng: np.random.Generator, low: float, high: float) -> float: ...
@overload
def log_uniform(
    rng: np.random.Generator, low: float | Sequence[float], high: float | Sequence[float], size: int
) -> NDArray[np.float64]: ...
@overload
def log_uniform(
    rng: np.random.Generator, low: Sequence[float], high: Sequence[float]
) -> NDArray[np.float64]: ...
def log_uniform(
    rng: np.random.Generator,
    low: float | Sequence[float],
    high: float | Sequence[float],
    size: int | None = None,
) -> float | NDArray[np.float64]:
    """Draw numbers whose logarithms are uniform, so that every factor is as likely everywhere in the range.

    Args:
        rng: the generator.
        low: smallest number, positive; or that of each result.
        high: largest number; or that of each result.
        size: number of results; one, or one for each end of the ranges, by default.

    >>> round(log_uniform(np.random.default_rng(0), 0.1, 10), 3)
    1.879
    """
    numbers = np.exp(rng.uniform(np.log(low), np.log(high), size))
    return numbers if np.ndim(numbers) else float(numbers)


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy's legacy generator and PyTorch on every device.

    Args:
        seed: 0 to 2**32 - 1 (NumPy's range).
    """
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # for libraries that still draw from it
    torch.manual_seed(seed)


def get_rng_state() -> RngState:
    """Read the state of every global generator of this process."""
    numpy = np.random.get_state(legacy=False)  # noqa: NPY002
    keys = torch.from_numpy(numpy["state"]["key"].astype(np.int64))
    return {
        "python": random.getstate(),
        "numpy": (keys, numpy["state"]["pos"], numpy["has_gauss"], numpy["gauss"]),
        "torch": torch.get_rng_state(),
        # Only the current device: reading the others would allocate memory on each of them.
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_initialized() else None,
    }


def set_rng_state(state: RngState) -> None:
    """Restore the state of every global generator."""
    random.setstate(state["python"])
    keys, position, has_gauss, cached = state["numpy"]
    legacy = ("MT19937", keys.numpy().astype(np.uint32), position, has_gauss, cached)
    np.random.set_state(legacy)  # noqa: NPY002
    torch.set_rng_state(state["torch"])
    if state["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


@contextmanager
def preserved_rng() -> Iterator[None]:
    """Restore the state of the global generators after the block.

    >>> _ = torch.manual_seed(0)
    >>> with preserved_rng():
    ...     inside = torch.rand(())
    >>> bool(torch.rand(()) == inside)
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)
