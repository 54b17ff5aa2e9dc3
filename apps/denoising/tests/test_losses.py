import pytest
import torch

from indexnet_denoising.losses import l2_loss


def test_is_the_mean_of_squares():
    estimate, clean = torch.randn(2, 3, 5, 4), torch.randn(2, 3, 5, 4)
    torch.testing.assert_close(l2_loss(estimate, clean), ((estimate - clean) ** 2).sum() / 120)


def test_refuses_to_broadcast():
    with pytest.raises(ValueError, match="differ in shape"):
        l2_loss(torch.zeros(2, 3, 4, 4), torch.zeros(2, 1, 4, 4))
