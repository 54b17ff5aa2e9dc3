"""DnCNN-SegNet (Fig. 11): DnCNN with three coupled down- and upsampling stages."""

from torch import Tensor, nn

from indexnet_core import Init, Normalization, ResamplingStages, initialize
from indexnet_engine.models.dense_network import DenseNetwork
from indexnet_engine.models.mirror import encode_and_decode
from indexnet_engine.models.reach import encoder_decoder_reach

__all__ = ["DnCNNSegNet"]


class DnCNNSegNet(DenseNetwork):
    """The encoder-decoder of Table 5 with any resampling operator.

    The first nine convolutions follow VGG-16, seven decode, one predicts the noise; with max pooling and
    unpooling 7,087,873 parameters and 18.142 GFLOPs at 1 × 224 × 224.

    Args:
        channels: 1 for gray, 3 for colour.
        width: channels of the first stage; the others have 2, 4 and 8 times as many.
        resampling: the operator, see `indexnet_core.OPERATORS`.
        expansion: hidden width of index networks (2 in the paper, 1 in the released code).
        normalization: index normalisation, one of the four rows of Table 4.
        init: ``he`` ("improved Xavier" [41]) or ``released``.
        zero_prediction: whether the last convolution starts at zero, so that training starts from the
            identity; helps short trainings much; not in the paper.
        pad: whether sides that are not divisible by 8 are padded by reflection and cropped back.

    Shape: noisy (B, channels, H, W), values about [0, 1] -> denoised image of that shape, not clipped

    Raises:
        ShapeError: if the sides are not divisible by 8 and ``pad`` is not set.

    >>> import torch
    >>> DnCNNSegNet(width=4, resampling="hin-nl")(torch.rand(1, 1, 40, 40)).shape
    torch.Size([1, 1, 40, 40])
    """

    def __init__(
        self,
        channels: int = 1,
        width: int = 64,
        resampling: str = "max",
        *,
        expansion: int = 2,
        normalization: Normalization = "sigmoid+softmax",
        init: Init = "he",
        zero_prediction: bool = False,
        pad: bool = False,
    ) -> None:
        super().__init__(8, pad=pad, reach=encoder_decoder_reach([5, 4, 5, 3], resampling))
        w1, w2, w3, w4 = (width * 2**stage for stage in range(4))
        self.resampling = ResamplingStages(
            resampling, [w1, w2, w3], expansion=expansion, normalization=normalization, init=init
        )
        step = self.resampling.conv_stride
        self.encoder = nn.ModuleList(
            [
                _convolutions(channels, w1, w1, stride=step),
                _convolutions(w1, w2, w2, stride=step),
                _convolutions(w2, w3, w3, w3, stride=step),
            ]
        )
        self.bottom = _convolutions(w3, w4, w4, w3)
        self.decoder = nn.ModuleList(
            [_convolutions(w1, w1, w1), _convolutions(w2, w1, w1), _convolutions(w3, w2, w2)]
        )
        self.prediction = nn.Conv2d(w1, channels, 3, padding=1)
        for part in (self.encoder, self.bottom, self.decoder, self.prediction):
            initialize(part, init)
        if zero_prediction:
            nn.init.zeros_(self.prediction.weight)

    def estimate(self, x: Tensor) -> Tensor:
        """Subtract the predicted noise."""
        return x - self._noise(x)

    def _noise(self, x: Tensor) -> Tensor:
        return self.prediction(encode_and_decode(x, self.encoder, self.resampling, self.decoder, self.bottom))


def _convolutions(*widths: int, stride: int = 1) -> nn.Sequential:
    """Build 3×3 convolutions from width to width, each with batch norm and ReLU; the last one may be
    strided."""
    layers: list[nn.Module] = []
    steps = [1] * (len(widths) - 2) + [stride]
    for wide, out, step in zip(widths, widths[1:], steps):
        layers += [nn.Conv2d(wide, out, 3, step, padding=1), nn.BatchNorm2d(out), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
