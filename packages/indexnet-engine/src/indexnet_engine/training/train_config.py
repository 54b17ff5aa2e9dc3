"""Options of every training."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from indexnet_engine.errors import OptionError
from indexnet_engine.models.network_config import NetworkConfig
from indexnet_engine.training.loop_config import LoopConfig
from indexnet_engine.training.optim import OptimConfig

__all__ = ["EncoderTrainingConfig", "TrainingConfig", "freezes_bn"]


@dataclass
class TrainingConfig:
    """A training run; applications set the defaults and add their own options."""

    model: NetworkConfig = field(default_factory=NetworkConfig)
    data: Any = None
    optim: OptimConfig = field(default_factory=OptimConfig)
    loop: LoopConfig = field(default_factory=LoopConfig)
    out: Path = Path("runs")
    """Folder that holds the runs."""
    name: str | None = None
    """Name of this run; model and operator by default. Existing runs are never overwritten."""
    pretrained: Path | None = None
    """Initial weights of the whole network: the folder of a run, or RUN/last.ckpt."""
    resume: Path | None = None
    """Continue the run in this folder with the configuration that it was started with."""

    def run_name(self) -> str:
        """The name of the run's folder."""
        return self.default_name() if self.name is None else self.name

    def default_name(self) -> str:
        """Default name of the run: the network, and the operator if one is set."""
        return "-".join(filter(None, (self.model.name, self.model.resampling)))


@dataclass
class EncoderTrainingConfig(TrainingConfig):
    """A training whose encoder may start from ImageNet weights."""

    encoder: str | Path | None = None
    """ImageNet weights of the encoder."""

    def has_trained_encoder(self) -> bool:
        """Whether the encoder starts from trained weights."""
        return self.encoder is not None or self.pretrained is not None

    def encoder_note(self) -> str:
        """Describe the initial weights of the encoder."""
        source = self.pretrained or self.encoder
        return "random encoder weights" if source is None else f"encoder weights from {source}"


def freezes_bn(freeze_bn: bool | None, has_trained_weights: bool, options: str) -> bool:
    """Whether batch norm keeps its statistics: by default if they come from trained weights.

    Args:
        freeze_bn: the option of that name, None for the default.
        has_trained_weights: whether the training starts from trained weights.
        options: the options that name trained weights, for the message.

    Raises:
        OptionError: it is set, but the statistics would be those of random weights.
    """
    if freeze_bn and not has_trained_weights:
        raise OptionError("freeze_bn", f"keeps the statistics of trained weights; name them with {options}")
    return has_trained_weights if freeze_bn is None else freeze_bn
