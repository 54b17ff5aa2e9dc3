"""Notes that are printed when a training starts."""

from indexnet_engine.training.loop_config import LoopConfig

__all__ = ["long_schedule"]


def long_schedule(loop: LoopConfig, samples: int, most_steps: int) -> list[str]:
    """Return a note that the training needs a GPU, if it has too many steps for a CPU.

    Args:
        loop: the options with the length of the training.
        samples: number of samples of an epoch.
        most_steps: largest number of steps without a note.
    """
    if loop.total_steps(samples // loop.batch_size) <= most_steps:
        return []
    return ["this is the full schedule, which needs a GPU; for a first try: --config small"]
