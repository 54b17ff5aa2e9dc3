"""The networks that come with the package."""

import math

import pytest

from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.predictor import DenoisingPredictor, load_model
from indexnet_engine.images.sample_photos import photographs
from indexnet_engine.reports.metric_tables import mean_of


@pytest.mark.slow
@pytest.mark.parametrize(("sigma", "gain"), [(3, 2.0), (5, 3.0), (10, 5.5), (15, 7.0), (25, 9.0), (50, 11.5)])
def test_it_denoises_photographs_that_it_has_not_seen(sigma: float, gain: float) -> None:
    images = {name: image[:200, :200] for name, image in photographs("test").items()}
    noisy = 20 * math.log10(255 / sigma)
    measures, _ = evaluate_images(DenoisingPredictor(load_model()), images, sigma)
    assert mean_of(measures.values())["psnr"] > noisy + gain


@pytest.mark.slow
def test_it_leaves_clean_photographs_almost_as_they_are() -> None:
    images = {name: image[:200, :200] for name, image in photographs("test").items()}
    measures, _ = evaluate_images(DenoisingPredictor(load_model()), images, 0)
    assert min(row["psnr"] for row in measures.values()) > 48
