"""Typed configuration of a training run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from indexnet_engine.errors import check_number
from indexnet_engine.models.network_config import NetworkConfig
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.training.train_config import EncoderTrainingConfig, freezes_bn
from indexnet_matting.data.backgrounds import BackgroundScale
from indexnet_matting.models.mobilenet_matting import Context, Fusion

__all__ = ["CONFIGS", "DataConfig", "ModelConfig", "TrainConfig"]

CONFIGS = Path(__file__).parent / "configs"
"""Folder of the configurations that come with the package: released, paper, small, …"""


ModelName = Literal[
    "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "b10", "b11", "b11-1.4", "hmi"
]  # fmt: skip


@dataclass
class ModelConfig(NetworkConfig):
    """Network (Tables 2 to 4)."""

    name: ModelName = "b11"
    """Row of Table 2, or hmi; b11 is the network of Fig. 8."""
    resampling: str | None = None
    """Resampling operator instead of the row's own: hin-nl-c, o2o-shared, m2o-nl-c, max+bilinear, ..."""
    fusion: Fusion | None = None
    """Fusion of encoder features in b5 to b11 and hmi, instead of the row's own."""
    context: Context | None = None
    """Context module between encoder and decoder of b5 to b11 and hmi, instead of the row's own."""
    output_stride: Literal[16, 32] | None = None
    """Output stride of the encoder of b5 to b11 and hmi: 32 by default; 16 dilates its last stage."""
    refinement: bool = False
    """Add the refinement stage of Deep Matting to b3 or b4 (Table 3, last row)."""
    width: float | None = None
    """Factor on all channel counts."""

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `create_model`, without those that the row sets.

        Raises:
            SpecError: options of index networks were set for another operator.
        """
        arguments: dict[str, Any] = {"model": self.name}
        for name in ("resampling", "fusion", "context", "output_stride", "width"):
            if (value := getattr(self, name)) is not None:
                arguments[name] = value
        if self.refinement:
            arguments["refinement"] = True
        arguments |= self.index_arguments()
        return {**arguments, "init": self.init}


@dataclass
class DataConfig:
    """Training and validation data (Section 5.1)."""

    train: str = "builtin"
    """Folder with fg/ and alpha/, the Adobe data set, builtin, or generated: scenes without end."""
    backgrounds: str | None = None
    """Folder of backgrounds, COCO or VOC; by default that of the training folder, or builtin. Generated
    scenes take their textures from it, too."""
    background_names: Path | None = None
    """Text file with the names of the backgrounds to use, one per line; the Adobe data set has its own."""
    background_scale: BackgroundScale = "foreground"
    """Resize backgrounds to cover the whole foreground, or the crop only."""
    test: str = "builtin"
    """Folder of held-out images with image/, alpha/ and trimap/, builtin or generated."""
    crops: list[int] = field(default_factory=lambda: [320, 480, 640])
    """Sides of the crops in pixels, equally likely; generated scenes are drawn at data.size."""
    size: int = 320
    """Side to which crops are resized; a multiple of the network's stride."""
    repeats: int = 100
    """Samples of each foreground per epoch; thousands of generated scenes."""
    cache: Path | None = None
    """Folder for decoded foregrounds; $INDEXNET_CACHE or ~/.cache/indexnet by default."""


@dataclass
class TrainConfig(EncoderTrainingConfig):
    """Training run; the defaults are the released recipe."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(name="adam", lr=0.01, schedule="multistep", milestones=[20, 26])
    )
    encoder: Path | None = None
    """ImageNet weights of the encoder: a state dict of torchvision or timm."""
    encoder_lr_scale: float = 0.01
    """Factor on the learning rate of an encoder with trained weights."""
    freeze_bn: bool | None = None
    """Keep the batch norm statistics of the encoder; by default if its weights are trained."""
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(epochs=30, batch_size=16))
    out: Path = Path("runs/matting")
    """Folder that holds the runs."""

    def __post_init__(self) -> None:
        check_number("encoder_lr_scale", self.encoder_lr_scale)

    def freezes_bn(self) -> bool:
        """Return whether the encoder's batch norm keeps its statistics.

        Raises:
            OptionError: they are to be kept, but the encoder's weights are random.
        """
        return freezes_bn(self.freeze_bn, self.has_trained_encoder(), "--encoder or --pretrained")
