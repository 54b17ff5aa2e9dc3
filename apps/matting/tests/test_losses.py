import math

import pytest
import torch
from torch import Tensor

from indexnet_matting.losses import alpha_loss, composition_loss, matting_loss

SHAPE = (3, 1, 5, 4)


def make_batch(shape: tuple[int, int, int, int] = SHAPE) -> dict[str, Tensor]:
    """Random images; each has another number of unknown pixels."""
    batch, _, height, width = shape
    alpha = torch.rand(shape)
    foreground, background = torch.rand(2, batch, 3, height, width)
    trimap = torch.ones(shape)
    for number, plane in enumerate(trimap.flatten(1)):
        plane[: 3 + 5 * number] = 128 / 255
        plane[-2:] = 0
    image = alpha * foreground + (1 - alpha) * background
    return {
        "image": image,
        "trimap": trimap,
        "alpha": alpha,
        "foreground": foreground,
        "background": background,
    }


def slow_losses(estimate: Tensor, batch: dict[str, Tensor]) -> tuple[float, float]:
    """Both losses pixel by pixel."""
    alpha_losses, composition_losses = [], []
    for b in range(len(estimate)):
        alpha_sum = composition_sum = count = 0.0
        for y in range(estimate.shape[2]):
            for x in range(estimate.shape[3]):
                if 0 < batch["trimap"][b, 0, y, x] < 1:
                    a = estimate[b, 0, y, x].item()
                    count += 1
                    alpha_sum += math.sqrt((a - batch["alpha"][b, 0, y, x].item()) ** 2 + 1e-12)
                    for c in range(3):
                        f, g, i = (
                            batch[key][b, c, y, x].item() for key in ("foreground", "background", "image")
                        )
                        composition_sum += math.sqrt((a * f + (1 - a) * g - i) ** 2 + 1e-12)
        alpha_losses.append(alpha_sum / count)
        composition_losses.append(composition_sum / count)
    return sum(alpha_losses) / len(estimate), sum(composition_losses) / len(estimate)


def test_definitions_pixel_by_pixel() -> None:
    batch, estimate = make_batch(), 1.5 * torch.rand(SHAPE) - 0.2
    losses = matting_loss(estimate, batch)
    alpha, composition = slow_losses(estimate, batch)
    assert losses["alpha"].item() == pytest.approx(alpha, rel=1e-5)
    assert losses["composition"].item() == pytest.approx(composition, rel=1e-5)
    assert losses["loss"].item() == pytest.approx((alpha + composition) / 2, rel=1e-5)


def test_each_image_is_divided_by_its_own_count() -> None:
    """One unknown pixel off by 0.4 and twelve off by 0.2 make 0.3, whatever their numbers."""
    unknown = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    unknown[0, 0, 1, 1] = True
    unknown[1, 0, :3] = True
    alpha = torch.full((2, 1, 4, 4), 0.5)
    estimate = alpha + torch.tensor([0.4, -0.2]).view(2, 1, 1, 1)
    assert alpha_loss(estimate, alpha, unknown).item() == pytest.approx(0.3)


def test_channels_are_summed() -> None:
    foreground, background = torch.ones(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    unknown = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    estimate = torch.full((1, 1, 4, 4), 0.7)
    loss = composition_loss(estimate, 0.5 * foreground, foreground, background, unknown)
    assert loss.item() == pytest.approx(3 * 0.2)


def test_known_pixels_get_no_gradient() -> None:
    batch = make_batch()
    estimate = torch.rand(SHAPE, requires_grad=True)
    matting_loss(estimate, batch)["loss"].backward()
    assert estimate.grad is not None
    unknown = (batch["trimap"] > 0) & (batch["trimap"] < 1)
    assert (estimate.grad[~unknown] == 0).all()
    assert (estimate.grad[unknown] != 0).all()


@pytest.mark.parametrize("unknown", [127 / 255, 128 / 255, 1 / 255])
def test_any_value_between_is_unknown(unknown: float) -> None:
    batch, estimate = make_batch(), torch.rand(SHAPE)
    other = batch | {"trimap": batch["trimap"].where((batch["trimap"] - 128 / 255).abs() > 1e-3, unknown)}
    assert torch.equal(matting_loss(estimate, other)["loss"], matting_loss(estimate, batch)["loss"])


def test_an_image_without_unknown_pixels_adds_no_loss() -> None:
    batch = make_batch()
    estimate = torch.rand(SHAPE, requires_grad=True)
    alone = matting_loss(estimate[1:], {key: value[1:] for key, value in batch.items()})
    batch["trimap"][0] = 1
    losses = matting_loss(estimate, batch)
    assert losses["loss"].item() == pytest.approx(alone["loss"].item() * 2 / 3, rel=1e-6)
    batch["trimap"][:] = 0
    losses = matting_loss(estimate, batch)
    losses["loss"].backward()
    assert losses["loss"].item() == 0
    assert estimate.grad is not None
    assert (estimate.grad == 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_gradients_are_finite_where_the_prediction_is_perfect(dtype: torch.dtype) -> None:
    batch = make_batch()
    batch["alpha"] = batch["alpha"].to(dtype).float()
    batch["image"] = batch["alpha"] * batch["foreground"] + (1 - batch["alpha"]) * batch["background"]
    estimate = batch["alpha"].to(dtype).requires_grad_()
    losses = matting_loss(estimate, batch)
    losses["loss"].backward()
    assert losses["loss"].dtype == torch.float32
    assert losses["loss"].item() == pytest.approx(2e-6, rel=0.1)  # (1 + 3) / 2 times the root of ε
    assert estimate.grad is not None
    assert estimate.grad.isfinite().all()


def test_half_precision_throughout_keeps_its_gradients_finite() -> None:
    alpha, unknown = torch.rand(SHAPE).half(), torch.ones(SHAPE, dtype=torch.bool)
    estimate = alpha.clone().requires_grad_()
    alpha_loss(estimate, alpha, unknown).backward()
    assert estimate.grad is not None
    assert (estimate.grad == 0).all()


def test_gradient_descent_finds_alpha() -> None:
    batch, estimate = make_batch(), torch.zeros(SHAPE, requires_grad=True)
    for step in range(120):
        (gradient,) = torch.autograd.grad(matting_loss(estimate, batch)["loss"], estimate)
        estimate = (estimate - 0.1 * 0.95**step * gradient.sign()).detach().requires_grad_()
    unknown = (batch["trimap"] > 0) & (batch["trimap"] < 1)
    torch.testing.assert_close(estimate[unknown], batch["alpha"][unknown], atol=5e-3, rtol=0)


def test_shapes_that_would_be_broadcast() -> None:
    batch = make_batch()
    with pytest.raises(ValueError, match=r"different shapes: \(3, 1, 5, 1\), \(3, 1, 5, 4\)"):
        matting_loss(torch.rand(3, 1, 5, 1), batch)
    unknown = batch["trimap"] == 0
    with pytest.raises(ValueError, match="do not fit"):
        composition_loss(torch.rand(SHAPE), *torch.rand(3, 1, 3, 5, 4), unknown)
