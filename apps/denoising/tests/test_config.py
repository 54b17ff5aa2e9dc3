import pytest

from indexnet_core import SpecError
from indexnet_denoising.config import CONFIGS, DataConfig, ModelConfig, TrainConfig
from indexnet_denoising.data.camera_noise import CameraNoise
from indexnet_denoising.data.noise_models import WhiteNoise
from indexnet_denoising.models import create_model
from indexnet_engine.cli.commands import parse_config
from indexnet_engine.errors import UserError


@pytest.mark.parametrize("name", ["dncnn", "dncnn-segnet", "index-unet"])
def test_arguments_build_the_model(name: str) -> None:
    config = ModelConfig(name=name, width=4, channels=3, zero_prediction=True)
    assert create_model(**config.arguments()).config == config.arguments()


def test_dncnn_has_no_resampling() -> None:
    assert "resampling" not in ModelConfig(name="dncnn").arguments()
    assert "normalization" not in ModelConfig(resampling="max").arguments()
    assert ModelConfig(resampling="hin").arguments()["resampling"] == "hin"


def test_options_of_index_networks_need_one() -> None:
    with pytest.raises(SpecError, match="are options of index networks, not of max"):
        ModelConfig(resampling="max", expansion=1).arguments()


def test_the_run_name_describes_the_model() -> None:
    assert TrainConfig().run_name() == "o2o-shared"
    assert TrainConfig(model=ModelConfig(name="dncnn")).run_name() == "dncnn"
    assert TrainConfig(model=ModelConfig(name="index-unet", resampling="hin")).run_name() == "index-unet-hin"
    assert TrainConfig(name="mine").run_name() == "mine"


def test_defaults_are_the_papers() -> None:
    config = TrainConfig()
    assert (config.optim.name, config.optim.lr, config.optim.milestones) == ("adam", 1e-3, [45, 55])
    assert (config.loop.epochs, config.loop.batch_size) == (60, 128)
    assert (config.data.vary_tones, config.data.flat_share, config.data.clip_noise) == (False, 0, False)
    assert (config.data.noise, config.data.crops, config.data.tone_share) == ("white", "grid", 1)
    assert (config.data.patch_size, config.data.stride, config.data.scales) == (40, 10, [1.0, 0.9, 0.8, 0.7])
    assert config.model == ModelConfig(width=64, expansion=2, normalization="sigmoid+softmax", init="he")


def test_held_out_images_get_the_level_of_the_training() -> None:
    assert DataConfig(sigma=50).test_levels() == [50]
    assert DataConfig(sigma=[0, 55]).test_levels() == [27.5]
    assert DataConfig(sigma=50, test_sigma=[5, 25]).test_levels() == [5, 25]
    with pytest.raises(UserError, match="cannot be -5"):
        DataConfig(test_sigma=[25, -5]).test_levels()


def test_shipped_configurations_are_read() -> None:
    files = sorted(CONFIGS.glob("*.yaml"))
    configs = {file.stem: parse_config(TrainConfig, ["--config", str(file)]) for file in files}
    paper = TrainConfig()
    for sigma in (15, 25, 50):
        config = configs[f"sigma{sigma}"]
        assert (config.data.sigma, config.data.test_sigma) == (sigma, sigma)
        assert (config.model, config.optim, config.loop) == (paper.model, paper.optim, paper.loop)
    assert configs["blind"].data.sigma == [0, 55]
    assert configs["small"].model.width < 64
    for name, channels, noise in (("gray", 1, "white"), ("color", 3, "white"), ("camera", 3, "camera")):
        config = configs[name]
        assert (config.model.channels, config.data.noise, config.data.crops) == (channels, noise, "random")
    papers = {"sigma15", "sigma25", "sigma50"}
    assert {name for name, config in configs.items() if not config.data.vary_tones} == papers


@pytest.mark.parametrize("name", ["flat_share", "tone_share"])
@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_a_share_is_between_0_and_1(name: str, share: float) -> None:
    with pytest.raises(UserError, match=f"{name} must be between 0 and 1, got {share}"):
        DataConfig(**{name: share})


def test_flat_patches_are_those_of_a_grid() -> None:
    with pytest.raises(UserError, match=r"flat_share needs --data\.crops grid"):
        DataConfig(crops="random", flat_share=0.3)


def test_the_noise_of_the_options() -> None:
    white = DataConfig(sigma=[0, 55], test_sigma=[15, 50], clip_noise=True).noise_model()
    assert white == WhiteNoise((0, 55), clip_noise=True, test_levels=(15, 50))
    assert DataConfig(noise="camera").noise_model() == CameraNoise()
    for name, value in (("sigma", 15), ("test_sigma", 15), ("clip_noise", True)):
        with pytest.raises(UserError, match=rf"data\.{name} is for white noise, not for --data"):
            DataConfig(noise="camera", **{name: value}).noise_model()
