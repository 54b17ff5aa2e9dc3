"""Typed configuration of a training run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from indexnet_denoising.data.camera_noise import CameraNoise
from indexnet_denoising.data.noise import as_sigma
from indexnet_denoising.data.noise_models import NoiseModel, WhiteNoise
from indexnet_denoising.losses import LossName
from indexnet_engine.errors import OptionError
from indexnet_engine.models.network_config import NetworkConfig
from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.training.train_config import TrainingConfig, freezes_bn

__all__ = ["CONFIGS", "DataConfig", "ModelConfig", "TrainConfig"]

CONFIGS = Path(__file__).parent / "configs"
"""Folder of the configurations that come with the package: small, sigma25, …"""


@dataclass
class ModelConfig(NetworkConfig):
    """Network (Table 5, or ours)."""

    name: Literal["dncnn", "dncnn-segnet", "index-unet"] = "dncnn-segnet"
    """dncnn (full resolution), dncnn-segnet (three down- and upsampling stages), or our own index-unet."""
    resampling: str = "o2o-shared"
    """Resampling operator of networks that have one: max, max+nearest, hin-nl, o2o-shared, m2o-nl-c, ..."""
    width: int = 64
    """Channels of the first stage."""
    channels: Literal[1, 3] = 1
    """Channels of the images: 1 for gray, 3 for colour."""
    zero_prediction: bool = False
    """Start as the identity, unlike the paper; for short trainings."""

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments of `create_model`, without those that the network does not have.

        Raises:
            SpecError: options of index networks were set for another operator.
        """
        common: dict[str, Any] = {
            "model": self.name,
            "channels": self.channels,
            "width": self.width,
            "init": self.init,
            "zero_prediction": self.zero_prediction,
        }
        if self.name == "dncnn":
            return common
        common["resampling"] = self.resampling
        return common | self.index_arguments()


@dataclass
class DataConfig:
    """Training and validation data (Section 5.2)."""

    train: str = "builtin"
    """Folder of images to train on, or builtin."""
    test: str = "builtin"
    """Folder of held-out images, or builtin."""
    noise: Literal["white", "camera"] = "white"
    """white of level sigma, or that of photographs' files: of sensor, processing and JPEG, in colour."""
    sigma: float | list[float] = 25.0
    """Level of white noise on the 0-255 scale, or the ends of a range for blind training."""
    test_sigma: float | list[float] | None = None
    """Noise levels of the held-out images; sigma, or the middle of its range, by default."""
    patch_size: int = 40
    """Side of a patch in pixels; a multiple of 8 for dncnn-segnet and index-unet."""
    crops: Literal["grid", "random"] = "grid"
    """grid: all patches at a stride, kept in a file; random: cut anywhere from large images in memory."""
    stride: int = 10
    """Distance of neighbouring patches of a grid in pixels."""
    scales: list[float] = field(default_factory=lambda: [1.0, 0.9, 0.8, 0.7])
    """Scales at which patches are cut."""
    vary_tones: bool = False
    """Draw contrast and brightness of each patch, and invert half of them; for training on few images."""
    tone_share: float = 1.0
    """Share of the patches (0-1) for which vary_tones draws."""
    flat_share: float = 0.0
    """Share of the samples (0-1) that are replaced by one of the flattest fifth of the patches of a grid."""
    clip_noise: bool = False
    """Clip images with white noise to [0, 1] and round them to 8 bits, as a file does, in training and
    evaluation."""
    cache: Path | None = None
    """Folder for the patch files; $INDEXNET_CACHE or ~/.cache/indexnet by default."""
    in_memory: bool = False
    """Read all patches into memory instead of mapping the file."""

    def __post_init__(self) -> None:
        for name in ("flat_share", "tone_share"):
            if not 0 <= (share := getattr(self, name)) <= 1:
                raise OptionError(name, f"must be between 0 and 1, got {share:g}")
        if self.flat_share and self.crops == "random":
            raise OptionError("flat_share", "needs --data.crops grid: flat patches are sought in its file")

    def noise_model(self) -> NoiseModel:
        """Return the noise of training patches and held-out images.

        Raises:
            UserError: a noise level is out of range, or an option of white noise is set for another.
        """
        if self.noise == "camera":
            for name in ("sigma", "test_sigma", "clip_noise"):
                if getattr(self, name) != getattr(DataConfig, name):
                    raise OptionError(f"data.{name}", "is for white noise, not for --data.noise camera")
            return CameraNoise()
        return WhiteNoise(as_sigma(self.sigma), self.clip_noise, tuple(self.test_levels()))

    def test_levels(self) -> list[float]:
        """Return the noise levels of the held-out images.

        Raises:
            UserError: a noise level, for training or held-out images, is out of range.

        >>> DataConfig(sigma=[0, 55]).test_levels(), DataConfig(sigma=50).test_levels()
        ([27.5], [50.0])
        """
        sigma = as_sigma(self.sigma)
        if self.test_sigma is None:
            return [sum(sigma) / 2 if isinstance(sigma, tuple) else sigma]
        levels = self.test_sigma if isinstance(self.test_sigma, list) else [self.test_sigma]
        for level in levels:
            as_sigma(level, "test_sigma")
        return [float(level) for level in levels]


@dataclass
class TrainConfig(TrainingConfig):
    """Training run."""

    model: ModelConfig = field(default_factory=ModelConfig)
    data: DataConfig = field(default_factory=DataConfig)
    optim: OptimConfig = field(
        default_factory=lambda: OptimConfig(name="adam", lr=1e-3, schedule="multistep", milestones=[45, 55])
    )
    loss: LossName = "l2"
    """l2 as in the paper, or psnr, which weights all noise levels equally in blind training."""
    freeze_bn: bool = False
    """Keep the batch norm statistics of --pretrained; for the end of a training."""
    loop: LoopConfig = field(default_factory=lambda: LoopConfig(epochs=60, batch_size=128))
    out: Path = Path("runs/denoising")
    """Folder that holds the runs."""
    pretrained: Path | None = None
    """Initial weights of the whole network: the folder of a run, RUN/last.ckpt, camera or blind-gray."""

    def default_name(self) -> str:
        """Return the operator, ``dncnn``, which has none, or ``index-unet`` and the operator."""
        name, operator = self.model.name, self.model.resampling
        return {"dncnn": name, "dncnn-segnet": operator}.get(name, f"{name}-{operator}")

    def freezes_bn(self) -> bool:
        """Return whether batch norm keeps its statistics.

        Raises:
            OptionError: they are to be kept, but the weights are random.
        """
        return freezes_bn(self.freeze_bn, self.pretrained is not None, "--pretrained")
