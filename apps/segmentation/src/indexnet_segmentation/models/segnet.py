"""SegNet (Badrinarayanan et al., the paper's [3]): VGG-16 and its mirror image (Section 5.3, Table 6)."""

from torch import Tensor, nn

from indexnet_core import Init, Normalization, ResamplingStages, initialize
from indexnet_engine.models.layers import check_whole
from indexnet_engine.models.mirror import encode_and_decode
from indexnet_engine.models.reach import encoder_decoder_reach
from indexnet_engine.models.vgg import CONVOLUTIONS, VGGEncoder, convolutions, refuse_strides
from indexnet_segmentation.models.base import SegmentationNetwork

__all__ = ["SegNet"]


class SegNet(SegmentationNetwork):
    """VGG-16 encoder and mirrored decoder with any resampling operator.

    The encoder is VGG-16 with batch norm without its classifier. Each upsampling step is followed by as many
    convolutions as the encoder's stage has; the first of them changes to the width of the next stage. One 3×3
    convolution predicts the classes. With max pooling and unpooling, 37 classes and width 64: 24,964,645
    parameters and 24.763 GFLOPs at 3 × 224 × 224.

    Args:
        resampling: the operator, see `indexnet_core.OPERATORS`.
        classes: number of classes.
        width: channels of the first stage; the others have 2, 4, 8 and 8 times as many.
        expansion: hidden width of index networks (2 in the paper, 1 in the released code).
        normalization: index normalisation, one of the four rows of Table 4.
        init: ``he`` ("improved Xavier" [41]) or ``released``.
        pad: whether sides that are not divisible by 32 are padded by reflection and cropped back.

    Attributes:
        encoder: the part that ImageNet weights are loaded into.
        config: name and arguments from which `create_model` builds the network again.

    Shape: image (B, 3, H, W), with ImageNet's mean and deviation -> scores (B, classes, H, W), no softmax

    Raises:
        SpecError: if an option is unknown or out of range.
        ShapeError: if the sides are not divisible by 32 and ``pad`` is not set.

    >>> import torch
    >>> SegNet("o2o-shared-nl", classes=11, width=4).eval()(torch.rand(1, 3, 32, 64)).shape
    torch.Size([1, 11, 32, 64])
    """

    encoder: VGGEncoder

    def __init__(
        self,
        resampling: str = "max",
        *,
        classes: int = 37,
        width: int = 64,
        expansion: int = 2,
        normalization: Normalization = "sigmoid+softmax",
        init: Init = "he",
        pad: bool = False,
    ) -> None:
        # Encoder and decoder have the same convolutions, and there are none at the lowest resolution.
        levels = [2 * count for count in CONVOLUTIONS] + [0]
        levels[0] += 1  # the prediction
        super().__init__(32, pad=pad, reach=encoder_decoder_reach(levels, resampling))
        check_whole("classes", classes, least=2)
        check_whole("width", width)
        self.encoder = VGGEncoder(3, [width, 2 * width, 4 * width, 8 * width, 8 * width])
        channels = self.encoder.channels
        self.resampling = ResamplingStages(
            resampling, channels, expansion=expansion, normalization=normalization, init=init
        )
        refuse_strides(self.resampling)
        outputs = [channels[0], *channels[:-1]]
        self.decoder = nn.ModuleList(
            convolutions(wide, out, count)
            for wide, out, count in zip(channels, outputs, CONVOLUTIONS, strict=True)
        )
        self.prediction = nn.Conv2d(channels[0], classes, 3, padding=1)
        for part in (self.encoder, self.decoder, self.prediction):
            initialize(part, init)

    def estimate(self, x: Tensor) -> Tensor:
        """Score every class at every pixel."""
        return self.prediction(encode_and_decode(x, self.encoder.layers, self.resampling, self.decoder))
