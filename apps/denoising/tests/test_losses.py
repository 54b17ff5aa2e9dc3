import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from indexnet_denoising.losses import LOSSES, l2_loss, psnr_loss


def test_is_the_mean_of_squares():
    estimate, clean = torch.randn(2, 3, 5, 4), torch.randn(2, 3, 5, 4)
    torch.testing.assert_close(l2_loss(estimate, clean), ((estimate - clean) ** 2).sum() / 120)


def test_psnr_loss_is_the_negative_mean_psnr():
    clean = torch.rand(3, 1, 16, 16)
    estimate = clean + torch.tensor([0.01, 0.1, 0.3]).view(3, 1, 1, 1) * torch.randn(3, 1, 16, 16)
    expected = [peak_signal_noise_ratio(c.numpy(), e.numpy(), data_range=1) for c, e in zip(clean, estimate)]
    assert psnr_loss(estimate, clean, floor=0).item() == pytest.approx(-sum(expected) / 3, abs=1e-4)


def test_psnr_loss_weighs_all_noise_levels_alike():
    clean = torch.rand(1, 1, 16, 16)
    noise = torch.randn(1, 1, 16, 16)
    scales = torch.tensor([0.02, 0.2], requires_grad=True)
    for scale in scales:
        psnr_loss(clean + scale * noise, clean, floor=0).backward(retain_graph=True)
    relative = scales.grad * scales.detach()  # decibels for a relative change of the error
    torch.testing.assert_close(relative[0], relative[1])


def test_psnr_loss_has_a_finite_gradient_at_a_perfect_prediction():
    clean = torch.rand(2, 1, 8, 8)
    estimate = clean.clone().requires_grad_()
    loss = psnr_loss(estimate, clean)
    loss.backward()
    assert loss.item() == pytest.approx(-50)
    assert estimate.grad.abs().max() == 0


@pytest.mark.parametrize("loss", LOSSES.values())
def test_refuses_to_broadcast(loss):
    with pytest.raises(ValueError, match="differ in shape"):
        loss(torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 4, 4))
