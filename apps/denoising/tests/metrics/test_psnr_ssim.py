import math

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from skimage.data import camera, coffee
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torchmetrics.functional.image import peak_signal_noise_ratio as torchmetrics_psnr
from torchmetrics.functional.image import structural_similarity_index_measure as torchmetrics_ssim

from indexnet_denoising.metrics import METRICS, measure, psnr, ssim, ssim_paper
from indexnet_engine.errors import UserError

RNG = np.random.default_rng(0)


def pair(image):
    clean = image[100:164, 120:200] / 255
    return clean, (clean + RNG.normal(0, 25 / 255, clean.shape)).clip(0, 1)


PAIRS = [pytest.param(*pair(camera()), id="gray"), pytest.param(*pair(coffee()), id="colour")]


def channels_first(image):
    tensor = torch.from_numpy(image)
    return tensor[None] if tensor.ndim == 2 else tensor.permute(2, 0, 1)


def ssim_by_definition(x, y, data_range):
    """SSIM of one channel (Wang et al. 2004), by its definition: uniform 7x7 windows inside the image."""
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    values = []
    for a, b in zip(*(sliding_window_view(image, (7, 7)).reshape(-1, 49) for image in (x, y))):
        (var_a, cov), (_, var_b) = np.cov(a, b)  # divided by 48
        mean_a, mean_b = a.mean(), b.mean()
        luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
        values.append(luminance * (2 * cov + c2) / (var_a + var_b + c2))
    return np.mean(values)


@pytest.mark.parametrize(("clean", "estimate"), PAIRS)
class TestAgainstOthers:
    def test_psnr(self, clean, estimate):
        expected = 10 * math.log10(1 / np.mean((clean - estimate) ** 2))
        assert psnr(clean, estimate) == pytest.approx(expected)
        assert psnr(clean, estimate) == pytest.approx(peak_signal_noise_ratio(clean, estimate, data_range=1))
        theirs = torchmetrics_psnr(torch.from_numpy(estimate), torch.from_numpy(clean), data_range=1.0)
        assert psnr(clean, estimate) == pytest.approx(theirs.item())

    @pytest.mark.parametrize(("ours", "data_range"), [(ssim, 1), (ssim_paper, 2)])
    def test_ssim_by_definition(self, clean, estimate, ours, data_range):
        planes = [(clean, estimate)] if clean.ndim == 2 else zip(clean.T, estimate.T)
        expected = np.mean([ssim_by_definition(a, b, data_range) for a, b in planes])
        assert ours(clean, estimate) == pytest.approx(expected, rel=1e-9)

    @pytest.mark.parametrize(("ours", "data_range"), [(ssim, 1), (ssim_paper, 2)])
    def test_ssim_of_scikit_image(self, clean, estimate, ours, data_range):
        axis = 2 if clean.ndim == 3 else None
        expected = structural_similarity(clean, estimate, data_range=data_range, channel_axis=axis)
        assert ours(clean, estimate) == pytest.approx(expected)

    @pytest.mark.parametrize(("ours", "data_range"), [(ssim, 1.0), (ssim_paper, 2.0)])
    def test_ssim_of_torchmetrics(self, clean, estimate, ours, data_range):
        # torchmetrics divides variances by 49 where the sample covariance divides by 48; the ratio of the
        # two can be moved into the constant next to them. It also counts windows that reach over
        # the border, here cut off.
        _, similarities = torchmetrics_ssim(
            channels_first(estimate)[None],
            channels_first(clean)[None],
            gaussian_kernel=False,
            kernel_size=7,
            data_range=data_range,
            k2=0.03 * math.sqrt(48 / 49),
            return_full_image=True,
        )
        theirs = similarities[..., 3:-3, 3:-3].mean()
        assert ours(clean, estimate) == pytest.approx(theirs.item(), rel=1e-6)

    def test_tensors_with_channels_first_give_the_same(self, clean, estimate):
        tensors = channels_first(clean), channels_first(estimate)
        assert measure(*tensors) == pytest.approx(measure(clean, estimate))


def test_data_range_two_gives_higher_figures():
    clean, estimate = pair(camera())
    assert ssim(clean, estimate) < ssim_paper(clean, estimate)


def test_nothing_is_clipped():
    assert psnr(np.zeros((8, 8)), np.full((8, 8), -0.1)) == pytest.approx(20)


def test_equal_images():
    image = camera()[:20, :20] / 255
    assert list(METRICS)[:3] == ["psnr", "ssim", "ssim_paper"]
    assert list(measure(image, image)) == list(METRICS)
    assert measure(image, image).items() >= {("psnr", math.inf), ("ssim", 1.0), ("ssim_paper", 1.0)}


def test_float32_is_measured_in_double_precision():
    clean, estimate = (image.astype(np.float32) for image in pair(camera()))
    exact = psnr(clean.astype(np.float64), estimate.astype(np.float64))
    assert psnr(clean, estimate) == exact


def test_a_single_channel_axis_makes_no_difference():
    clean, estimate = pair(camera())
    assert measure(clean[..., None], estimate) == measure(clean, estimate)


class TestErrors:
    @pytest.mark.parametrize("measure_one", [psnr, ssim, ssim_paper, measure])
    def test_shapes_that_differ(self, measure_one):
        with pytest.raises(UserError, match=r"\(8, 9\) and \(8, 8\)"):
            measure_one(np.zeros((8, 9)), np.zeros((8, 8)))

    def test_images_smaller_than_the_window(self):
        with pytest.raises(UserError, match="at least 7x7 pixels, got 6x20"):
            ssim(np.zeros((6, 20, 3)), np.zeros((6, 20, 3)))

    def test_batches(self):
        with pytest.raises(UserError, match="expected one image"):
            psnr(torch.zeros(2, 3, 8, 8), torch.zeros(2, 3, 8, 8))
