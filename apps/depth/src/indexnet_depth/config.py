"""Typed configuration of a training run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from indexnet_core import ChannelRule, parse_operator
from indexnet_depth.data.augment import AugmentConfig
from indexnet_depth.data.crop import SIZE
from indexnet_depth.models import CHANNEL_RULE, OPERATORS
from indexnet_depth.models.encoder_weights import InputScale
from indexnet_engine.errors import OptionError, check_number
from indexnet_engine.models.network_config import NetworkConfig
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.training.train_config import EncoderTrainingConfig

__all__ = ["CONFIGS", "DataConfig", "ModelConfig", "TrainConfig"]

CONFIGS = Path(__file__).parent / "configs"
"""Folder of the configurations that come with the package: paper, small, …"""

ModelName = Literal["fastdepth-nnconv5", "fastdepth-p-nnconv5"]


@dataclass
class ModelConfig(NetworkConfig):
    """Network (Table 7)."""

    name: ModelName = "fastdepth-p-nnconv5"
    """FastDepth with strided convolutions, or P, which pools and takes index networks."""
    resampling: str | None = None
    """Resampling operator instead of the model's own: o2o-unshared, hin-nl-c, m2o, max+bilinear, ..."""
    channel_rule: ChannelRule = CHANNEL_RULE
    """Reduction of a depthwise index map to the decoder's width, half its own."""
    skips: bool = False
    """Add encoder features to the decoder's, as in FastDepth."""
    width: float | None = None
    """Factor on all channel counts."""

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `create_model`, without those that the name sets.

        Raises:
            SpecError: options of index networks were set for another operator.
            OptionError: a channel rule was set for an operator without depthwise maps.
        """
        arguments: dict[str, Any] = {"model": self.name}
        if self.resampling is not None:
            arguments["resampling"] = self.resampling
        if self.width is not None:
            arguments["width"] = self.width
        if self.skips:
            arguments["skips"] = True
        arguments |= self.index_arguments()
        if self.resampling is not None and parse_operator(self.resampling).takes_channel_rule:
            arguments["channel_rule"] = self.channel_rule
        elif self.channel_rule != CHANNEL_RULE:
            raise OptionError(
                "model.channel_rule",
                f"{self.channel_rule} applies to depthwise index networks (o2o, m2o), "
                f"not to {self.operator()}",
            )
        return {**arguments, "init": self.init}

    def operator(self) -> str:
        """Return the operator; by default that of the model."""
        return self.resampling or OPERATORS[self.name]


@dataclass
class DataConfig:
    """Training and validation data (Section 5.4.1)."""

    train: str = "builtin"
    """Folder of HDF5 frames, labelled .mat, SUN RGB-D, folder with rgb/ and depth/, builtin, or generated:
    furnished rooms without end."""
    photographs: str | None = None
    """Folder of images on the walls and other surfaces of generated rooms; builtin by default."""
    rooms: int = 10_000
    """Generated rooms of an epoch."""
    nominal_lens: bool = True
    """Depth of generated rooms as a lens of 58 degrees would see it: multiply predictions by the focal length
    in units of that lens's. Otherwise in metres whatever the lens, which a picture does not show."""
    unit: str | None = None
    """Unit of the depth where the format does not fix it: millimetre, 1/5000 m, metre, ..."""
    test: str | None = None
    """Held-out frames, as for train; by default the validation frames of the training data."""
    test_unit: str | None = None
    """Unit of the held-out depth; that of the training data by default."""
    size: int = SIZE
    """Side of the network's input in pixels; divisible by 32."""


@dataclass
class TrainConfig(EncoderTrainingConfig):
    """Training run; the defaults are those of Section 5.4.1."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(
            name="sgd", lr=0.01, momentum=0.9, weight_decay=1e-4, milestones=[5, 10, 15, 20, 25]
        )
    )
    encoder: Path | None = None
    """ImageNet weights of the encoder: a state dict of FastDepth."""
    encoder_input: InputScale = "imagenet"
    """Colours those weights were trained on: normalised (imagenet), or RGB in 0..1 (unit)."""
    start_depth: float | None = None
    """Initial prediction in metres, the shift of the last batch norm; for short trainings."""
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(epochs=30, batch_size=16))
    out: Path = Path("runs/depth")
    """Folder that holds the runs."""

    def __post_init__(self) -> None:
        check_number("data.size", self.data.size, positive=True)
        if self.start_depth is not None:
            check_number("start_depth", self.start_depth)

    def default_name(self) -> str:
        """Name the network, the operator where one is set, and its skip connections."""
        return super().default_name() + "-skips" * self.model.skips
