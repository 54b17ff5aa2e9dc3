"""The options of the training loop."""

from dataclasses import dataclass
from typing import Literal

from indexnet_engine.errors import OptionError, check_number

PrecisionName = Literal["32", "bf16-mixed", "16-mixed"]


@dataclass
class LoopConfig:
    """Training loop."""

    epochs: float = 1
    """Number of passes over the training data."""
    steps: int | None = None
    """Number of steps; overrides epochs."""
    batch_size: int = 16
    """Samples of one step, over all devices and pieces (accumulate)."""
    accumulate: int = 1
    """Number of pieces in which each batch is computed, one after another, to save memory. The loss is that
    of the whole batch; batch norm sees one piece at a time."""
    clip_norm: float | None = None
    """Maximum norm to which the gradient is clipped; not clipped by default."""
    precision: PrecisionName = "32"
    """Floating-point precision; 16-mixed needs a GPU."""
    tf32: bool | None = None
    """Whether NVIDIA GPUs may round the factors of float32 convolutions and matrix products to TF32
    (10 bits); by default PyTorch's choice: of convolutions alone."""
    accelerator: str = "auto"
    """cpu, gpu, or auto: the GPU if there is one."""
    devices: int | str = "auto"
    """Number of devices of this machine; torchrun starts more than one."""
    workers: int = 0
    """Number of processes that load data; the samples do not depend on it."""
    seed: int = 0
    """Seed of the order of the data, their augmentation and the initial parameters."""
    evaluate_every: float = 1
    """Epochs between evaluations; 0 evaluates at the end only."""
    evaluate_every_steps: int | None = None
    """Steps between evaluations; overrides evaluate_every."""
    checkpoint_every: int = 500
    """Steps between checkpoints; a crash loses the steps since the last one."""
    log_every: int = 20
    """Steps between rows of the log."""
    sync_bn: bool = False
    """Batch norm computes its statistics over the batches of all processes, one piece at a time.
    Without effect in one process."""
    freeze_bn_from: float | None = None
    """Fraction of the training after which batch norm keeps its statistics, so that the rest trains the
    function that prediction runs; 0 keeps those of the initial weights. None by default."""
    ema: float | None = None
    """Decay of a moving average of the weights, for example 0.999; the average is evaluated and saved instead
    of the last weights. None by default."""
    stop_after: int | None = None
    """Write a checkpoint and stop after this step; continue with --resume. Schedules do not change."""
    channels_last: bool = True
    """Store the channels of a pixel together: faster convolutions, except those of a single channel."""
    compile: bool = False
    """Compile the network with torch.compile: faster steps after about a minute of compilation. On the CPU it
    needs a C++ compiler."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                may_be_zero = name in ("workers", "evaluate_every", "seed", "freeze_bn_from", "ema")
                check_number(f"loop.{name}", value, positive=not may_be_zero)
        if self.freeze_bn_from is not None and self.freeze_bn_from > 1:
            raise OptionError("loop.freeze_bn_from", f"must be from 0 to 1, got {self.freeze_bn_from:g}")
        if self.ema is not None and self.ema >= 1:
            raise OptionError("loop.ema", f"must be at least 0 and less than 1, got {self.ema:g}")
        if self.seed >= 2**32:
            raise OptionError("loop.seed", f"must be below 2**32, got {self.seed}")

    def total_steps(self, steps_per_epoch: int) -> int:
        """Length of the whole training in steps, at least one."""
        return self.steps or max(1, round(self.epochs * steps_per_epoch))

    def evaluation_interval(self, steps_per_epoch: int) -> int:
        """Steps between evaluations."""
        if self.evaluate_every_steps:
            return self.evaluate_every_steps
        if self.evaluate_every == 0:
            return self.total_steps(steps_per_epoch)
        return max(1, round(self.evaluate_every * steps_per_epoch))
