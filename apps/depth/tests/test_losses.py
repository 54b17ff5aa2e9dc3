import math

import pytest
import torch

from indexnet_depth.losses import depth_loss, l1_loss

SHAPE = (3, 1, 5, 4)


def make_pair() -> tuple[torch.Tensor, torch.Tensor]:
    """A prediction and a truth with invalid pixels of every kind."""
    depth = 0.5 + 9 * torch.rand(SHAPE)
    for number, value in enumerate((0.0, math.nan, math.inf, -1.0)):
        depth[number % 3, 0, number, : number + 1] = value
    return 10 * torch.rand(SHAPE), depth


def test_definition_pixel_by_pixel() -> None:
    estimate, depth = make_pair()
    errors = [
        abs(d - g)
        for d, g in zip(estimate.flatten().tolist(), depth.flatten().tolist())
        if math.isfinite(g) and g > 0
    ]
    assert len(errors) == 60 - 10
    losses = depth_loss(estimate, depth)
    assert list(losses) == ["loss"]
    assert losses["loss"].item() == pytest.approx(sum(errors) / len(errors), rel=1e-6)


def test_invalid_pixels_get_no_gradient() -> None:
    estimate, depth = make_pair()
    estimate.requires_grad_()
    l1_loss(estimate, depth).backward()
    valid = depth.isfinite() & (depth > 0)
    assert (estimate.grad[~valid] == 0).all()
    assert (estimate.grad[valid] != 0).all()
    assert torch.equal(estimate.grad[valid].abs(), torch.full((50,), 1 / 50))


def test_a_batch_without_valid_pixels_gives_zero() -> None:
    estimate = torch.rand(SHAPE, requires_grad=True)
    loss = l1_loss(estimate, torch.zeros(SHAPE))
    loss.backward()
    assert loss.item() == 0
    assert (estimate.grad == 0).all()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_added_up_in_float32(dtype: torch.dtype) -> None:
    estimate = torch.full((1, 1, 300, 300), 2.0, dtype=dtype)
    loss = l1_loss(estimate, torch.full((1, 1, 300, 300), 5.0))
    assert loss.dtype == torch.float32
    assert loss.item() == 3


def test_shapes_that_would_be_broadcast() -> None:
    with pytest.raises(ValueError, match=r"\(3, 1, 5, 1\) and depth \(3, 1, 5, 4\) do not fit"):
        l1_loss(torch.rand(3, 1, 5, 1), torch.rand(SHAPE))
