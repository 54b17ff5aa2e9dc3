"""The networks that come with the package."""

import math

import numpy as np
import pytest

from indexnet_denoising.data.camera_noise import CameraNoise
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.metrics import psnr
from indexnet_denoising.packaged import PACKAGED
from indexnet_denoising.predictor import DenoisingPredictor, load_model, model_channels
from indexnet_engine.images.sample_photos import photographs
from indexnet_engine.reports.metric_tables import mean_of


@pytest.mark.slow
@pytest.mark.parametrize(("sigma", "gain"), [(3, 2.0), (5, 3.0), (10, 5.5), (15, 7.0), (25, 9.0), (50, 11.5)])
def test_it_denoises_photographs_that_it_has_not_seen(sigma: float, gain: float) -> None:
    images = {name: image[:200, :200] for name, image in photographs("test").items()}
    noisy = 20 * math.log10(255 / sigma)
    measures, _ = evaluate_images(DenoisingPredictor(load_model("blind-gray")), images, sigma)
    assert mean_of(measures.values())["psnr"] > noisy + gain


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGED.sha256)
def test_they_leave_clean_photographs_almost_as_they_are(name: str) -> None:
    predictor = DenoisingPredictor(load_model(name))
    channels = model_channels(predictor.model)
    images = {image: pixels[:200, :200] for image, pixels in load_images("builtin", "test", channels).items()}
    measures, _ = evaluate_images(predictor, images, 0)
    assert min(row["psnr"] for row in measures.values()) > 48


@pytest.mark.slow
def test_camera_noise_of_a_photograph_that_camera_has_not_seen() -> None:
    image = load_images("builtin", "test", 3)["chelsea"]
    pairs = CameraNoise().held_out({"chelsea": image})["camera"].values()
    predictor = DenoisingPredictor(load_model("camera"))
    gains = [psnr(clean, predictor(noisy)) - psnr(clean, noisy) for noisy, clean in pairs]
    assert min(gains) > 0
    assert np.mean(gains) > 2
