"""Typed configuration of a training run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from indexnet_engine.errors import OptionError, check_number
from indexnet_engine.models.network_config import NetworkConfig
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.training.train_config import EncoderTrainingConfig, freezes_bn

__all__ = ["CONFIGS", "DataConfig", "ModelConfig", "TrainConfig"]

CONFIGS = Path(__file__).parent / "configs"
"""Folder of the configurations that come with the package: paper, small, …"""


@dataclass
class ModelConfig(NetworkConfig):
    """Network (Table 6), or one of our own."""

    name: Literal["segnet", "index-mobilenet"] = "segnet"
    """segnet, on VGG-16 with batch norm, or index-mobilenet, on MobileNetV2 (not in the paper)."""
    resampling: str = "o2o-shared-nl"
    """Resampling operator: max, o2o-shared-nl, hin-nl, m2o-nl-c, max+bilinear, ..."""
    width: int | None = None
    """Channels of the first stage; by default 64 as in VGG-16, or 32 as in MobileNetV2."""

    def arguments(self, classes: int) -> dict[str, Any]:
        """Return the keyword arguments of `create_model`, without those that the operator does not have.

        Raises:
            SpecError: options of index networks were set for another operator.
        """
        arguments: dict[str, Any] = {
            "model": self.name,
            "resampling": self.resampling,
            "classes": classes,
            **({} if self.width is None else {"width": self.width}),
        }
        arguments |= self.index_arguments()
        return {**arguments, "init": self.init}


@dataclass
class DataConfig:
    """Training and validation data (Section 5.3.1)."""

    train: str = "builtin"
    """SUN RGB-D, CamVid, a folder with image/ and label/ (or train/, val/, test/ with these), or builtin."""
    test: str | None = None
    """Held-out data, as for train; by default the val (else test) split of the training data."""
    labels: str | None = None
    """Numbering of the labels: nyu40-from-1, camvid, ..., or a classes.yaml; see check-data."""
    size: int = 320
    """Side of the crops in pixels; a multiple of 32."""
    scales: list[float] = field(default_factory=lambda: [0.5, 2.0])
    """Smallest and largest factor by which an image is enlarged before it is cropped."""
    scale: float = 1.0
    """Factor on the resolution of all images, in prediction, too."""
    max_side: int | None = None
    """Pixels of the longer side to which prediction reduces larger images; not at all by default."""
    jitter: float = 0.0
    """Maximum random change of brightness, contrast and saturation of a crop, as a fraction."""
    cache: Path | None = None
    """Folder for cached label statistics; $INDEXNET_CACHE or ~/.cache/indexnet by default."""


@dataclass
class TrainConfig(EncoderTrainingConfig):
    """Training run; the defaults are the paper's recipe."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(
            name="sgd",
            lr=0.01,
            momentum=0.9,
            weight_decay=1e-4,
            schedule="multistep",
            milestones=[250, 280],
        )
    )
    balance: Literal["none", "median-frequency", "root-median-frequency"] = "none"
    """Class weights in the loss: none as in the paper, median-frequency balancing as in SegNet, or the square
    root of its weights."""
    encoder: str | None = None
    """ImageNet weights of the encoder: imagenet (downloaded by torchvision), or a file of vgg16_bn or
    mobilenet_v2."""
    encoder_lr_scale: float = 1.0
    """Factor on the learning rate of the encoder, where its weights are trained."""
    freeze_bn: bool | None = None
    """Keep the batch norm statistics of the encoder; by default if its weights are trained."""
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(epochs=300, batch_size=16, evaluate_every=10))
    out: Path = Path("runs/segmentation")
    """Folder that holds the runs."""

    def __post_init__(self) -> None:
        check_number("data.size", self.data.size, positive=True)
        check_number("data.scale", self.data.scale, positive=True)
        if self.data.max_side is not None:
            check_number("data.max_side", self.data.max_side, positive=True)
        check_number("data.jitter", self.data.jitter)
        check_number("encoder_lr_scale", self.encoder_lr_scale)
        if self.data.jitter > 1:
            raise OptionError("data.jitter", f"must be from 0 to 1, got {self.data.jitter:g}")

    def freezes_bn(self) -> bool:
        """Return whether the encoder's batch norm keeps its statistics.

        Raises:
            OptionError: they are to be kept, but the encoder's weights are random.
        """
        return freezes_bn(self.freeze_bn, self.has_trained_encoder(), "--encoder or --pretrained")
