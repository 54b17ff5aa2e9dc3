"""What a training run is made of, as typed configuration."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from indexnet_core import index_options
from indexnet_core.functional.indexed import Normalization
from indexnet_core.initialization import Init
from indexnet_engine.errors import OptionError
from indexnet_engine.limits import check_number
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig

__all__ = ["CONFIGS", "DataConfig", "ModelConfig", "TrainConfig"]

CONFIGS = Path(__file__).parent / "configs"
"""Folder of the configurations that come along: paper, small, …"""


@dataclass
class ModelConfig:
    """Network (Table 6)."""

    name: Literal["segnet"] = "segnet"
    """segnet, on VGG-16 with batch norm."""
    resampling: str = "o2o-shared-nl"
    """Resampling operator: max, o2o-shared-nl, hin-nl, m2o-nl-c, max+bilinear, ..."""
    width: int = 64
    """Channels of the first stage; 64 in VGG-16."""
    expansion: int = 2
    """Hidden width of index networks: 2 in the paper, 1 in the released code."""
    normalization: Normalization = "sigmoid+softmax"
    """Index normalisation, a row of Table 4."""
    init: Init = "he"
    """Initialization: he (the paper's "improved Xavier") or released (the authors' code)."""

    def arguments(self, classes: int) -> dict[str, Any]:
        """The keyword arguments of `create_model`, without those that the operator does not have.

        Raises:
            SpecError: options of index networks without one.
        """
        arguments: dict[str, Any] = {
            "model": self.name,
            "resampling": self.resampling,
            "classes": classes,
            "width": self.width,
        }
        arguments |= index_options(
            self.resampling, expansion=self.expansion, normalization=self.normalization
        )
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
    cache: Path | None = None
    """Folder for cached label statistics; $INDEXNET_CACHE or ~/.cache/indexnet by default."""


@dataclass
class TrainConfig:
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
    balance: Literal["none", "median-frequency"] = "none"
    """Class weights in the loss: none as in the paper, or median-frequency balancing as in SegNet."""
    encoder: str | None = None
    """ImageNet weights of the encoder: imagenet (downloaded by torchvision), or a file of vgg16_bn."""
    freeze_bn: bool | None = None
    """Keep the batch norm statistics of the encoder; by default if its weights are trained."""
    loop: LoopConfig = field(
        default_factory=lambda: LoopConfig(epochs=300, batch_size=16, evaluate_every=10, channels_last=True)
    )
    out: Path = Path("runs/segmentation")
    """Folder that holds the runs."""
    name: str | None = None
    """Name of this run; model and operator by default. Existing runs are never overwritten."""
    pretrained: Path | None = None
    """Initial weights of the whole network: the folder of a run, or RUN/last.ckpt."""
    resume: Path | None = None
    """Continue the run in this folder with the configuration that it was started with."""

    def __post_init__(self) -> None:
        check_number("data.size", self.data.size, positive=True)
        check_number("data.scale", self.data.scale, positive=True)

    def run_name(self) -> str:
        """The name given, or one that says what is trained."""
        return f"{self.model.name}-{self.model.resampling}" if self.name is None else self.name

    def freezes_bn(self) -> bool:
        """Whether the encoder's batch norm keeps its statistics: where they are those of trained weights.

        Raises:
            OptionError: it should, but they would be those of random weights.
        """
        has_trained_encoder = self.encoder is not None or self.pretrained is not None
        if self.freeze_bn and not has_trained_encoder:
            raise OptionError(
                "freeze_bn",
                "keeps the statistics of trained weights; give them with --encoder or --pretrained",
            )
        return has_trained_encoder if self.freeze_bn is None else self.freeze_bn
