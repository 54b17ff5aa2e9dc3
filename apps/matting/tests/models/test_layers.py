import torch

from indexnet_matting.models.layers import resize_like


def test_resizing_keeps_corners() -> None:
    x = torch.arange(6.0).reshape(1, 1, 2, 3)
    y = resize_like(x, torch.zeros(1, 5, 3, 5))
    torch.testing.assert_close(y[..., ::2, ::2], x)
    torch.testing.assert_close(y[0, 0, 0], torch.tensor([0, 0.5, 1, 1.5, 2]))
