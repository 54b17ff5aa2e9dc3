"""The samples of each training step."""

from collections.abc import Iterator

import numpy as np
from torch.utils.data import Sampler

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey


class StepSampler(Sampler[list[SampleKey]]):
    """Batch sampler whose batches are a pure function of the seed and of the global training step.

    Step s belongs to epoch ``s // steps_per_epoch``; each epoch is one permutation drawn from (seed, epoch),
    and its last incomplete batch is dropped. A batch is split into equal contiguous shares, one per process,
    so the data of a step do not depend on the number of processes. One iteration runs from ``start_step``
    to ``stop_step`` across all epochs, so worker processes never wait at the end of an epoch.

    Args:
        length: Number of samples in the data set.
        batch_size: Samples of one step over all processes.
        seed: 0 to 2**32 - 1.
        start_step: First step.
        stop_step: One past the last step.
        rank: Number of this process.
        world_size: Number of processes.
        shuffle: Permute each epoch; otherwise the samples come in order.
        pieces: Number of equal parts in which each step's share is yielded (gradient accumulation).

    Raises:
        UserError: The data set is smaller than a batch, or the batch does not split evenly.

    >>> list(StepSampler(5, 2, seed=0, start_step=1, stop_step=3, shuffle=False))
    [[SampleKey(epoch=0, index=2), SampleKey(epoch=0, index=3)],
     [SampleKey(epoch=1, index=0), SampleKey(epoch=1, index=1)]]
    """

    def __init__(
        self,
        length: int,
        batch_size: int,
        seed: int,
        *,
        start_step: int = 0,
        stop_step: int,
        rank: int = 0,
        world_size: int = 1,
        shuffle: bool = True,
        pieces: int = 1,
    ) -> None:
        if length < batch_size:
            raise UserError(
                f"the training data hold {length} samples, fewer than one batch of {batch_size}; "
                "lower batch_size or add data"
            )
        if batch_size % (world_size * pieces):
            raise UserError(
                f"batch_size must be divisible by processes x accumulate = {world_size} x {pieces}, "
                f"got {batch_size}"
            )
        self.length = length
        self.batch_size = batch_size
        self.seed = seed
        self.start_step = start_step
        self.stop_step = stop_step
        self.rank = rank
        self.world_size = world_size
        self.shuffle = shuffle
        self.pieces = pieces

    @property
    def steps_per_epoch(self) -> int:
        """Number of whole batches in one pass over the data."""
        return self.length // self.batch_size

    def __len__(self) -> int:
        return (self.stop_step - self.start_step) * self.pieces

    def __iter__(self) -> Iterator[list[SampleKey]]:
        share = self.batch_size // self.world_size
        part = share // self.pieces
        order, order_epoch = np.empty(0, dtype=np.int64), -1
        for step in range(self.start_step, self.stop_step):
            epoch, position = divmod(step, self.steps_per_epoch)
            if epoch != order_epoch:
                order, order_epoch = self._order(epoch), epoch
            first = position * self.batch_size + self.rank * share
            for start in range(first, first + share, part):
                yield [SampleKey(epoch, int(index)) for index in order[start : start + part]]

    def _order(self, epoch: int) -> np.ndarray:
        if not self.shuffle:
            return np.arange(self.length)
        # The spawn key keeps this stream apart from the one of sample (seed, epoch, 0).
        sequence = np.random.SeedSequence([self.seed, epoch], spawn_key=(1,))
        return np.random.default_rng(sequence).permutation(self.length)
