import torch
import torch.nn.functional as F
from torch import nn

from indexnet_core import ResamplingStages
from indexnet_engine.models.mirror import encode_and_decode


def test_the_last_stage_is_decoded_first() -> None:
    encoder = [nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(4, 6, 3, padding=1)]
    decoder = [nn.Conv2d(4, 1, 3, padding=1), nn.Conv2d(6, 4, 3, padding=1)]
    x = torch.rand(1, 2, 8, 12)
    found = encode_and_decode(x, encoder, ResamplingStages("max", [4, 6]), decoder, torch.exp)
    y, first = F.max_pool2d(encoder[0](x), 2, return_indices=True)
    y, second = F.max_pool2d(encoder[1](y), 2, return_indices=True)
    y = decoder[1](F.max_unpool2d(y.exp(), second, 2))
    assert torch.equal(found, decoder[0](F.max_unpool2d(y, first, 2)))
