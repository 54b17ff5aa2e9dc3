"""Which steps of a training log, evaluate and save."""

from dataclasses import dataclass

from indexnet_engine.training.loop_config import LoopConfig


@dataclass(frozen=True)
class Schedule:
    """The steps of a training and the actions after each; a pure function of the options and the data size.

    Steps are counted from 1: step s is the state after s updates.

    Args:
        loop: The options.
        samples: Size of the training data.

    >>> schedule = Schedule(LoopConfig(epochs=3, batch_size=4, stop_after=5), samples=9)
    >>> schedule.steps_per_epoch, schedule.total_steps, schedule.stop_step
    (2, 6, 5)
    >>> [step for step in range(1, 7) if schedule.evaluates(step)]
    [2, 4, 6]
    """

    loop: LoopConfig
    samples: int

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in one pass over the data."""
        return self.samples // self.loop.batch_size

    @property
    def total_steps(self) -> int:
        """Steps of the whole training."""
        return self.loop.total_steps(self.steps_per_epoch)

    @property
    def stop_step(self) -> int:
        """The step after which this process stops; the last one, unless ``stop_after`` is less."""
        return min(self.total_steps, self.loop.stop_after or self.total_steps)

    @property
    def frozen_from(self) -> int | None:
        """The number of updates after which batch norm keeps its statistics; None if it never does."""
        fraction = self.loop.freeze_bn_from
        return None if fraction is None else round(fraction * self.total_steps)

    def logs(self, step: int) -> bool:
        """Return whether the losses since the last logged step are written."""
        return step % self.loop.log_every == 0

    def evaluates(self, step: int) -> bool:
        """Return whether the network is evaluated; always after the last step."""
        return step % self.loop.evaluation_interval(self.steps_per_epoch) == 0 or step == self.total_steps

    def saves(self, step: int) -> bool:
        """Return whether a checkpoint is due; always where the process stops."""
        return step % self.loop.checkpoint_every == 0 or step == self.stop_step
