"""Notes that are printed when a training starts."""

from indexnet_engine.training.loop_config import LoopConfig

__all__ = ["long_schedule"]


def long_schedule(loop: LoopConfig, samples: int, most_steps: int) -> list[str]:
    """Say that a training takes a GPU, where it has more steps than a CPU manages.

    Args:
        loop: the length of the training.
        samples: of an epoch.
        most_steps: that need no note.
    """
    if loop.total_steps(samples // loop.batch_size) <= most_steps:
        return []
    return ["this is the full schedule, which takes a GPU; for a first try: --config small"]
