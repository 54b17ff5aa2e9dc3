"""MobileNetV2 as an encoder (Fig. 8): its layers 0 to 7, without the classifier, and names of its weights."""

from itertools import accumulate
from typing import Literal, NamedTuple, get_args

import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core import SpecError, in_strips, rows_of_strips
from indexnet_engine.models.encoder_weights import WeightLayout
from indexnet_engine.models.layers import conv_norm, conv_norm_relu6, scaled

__all__ = [
    "CHANNELS",
    "DOWN",
    "LAYERS",
    "MOBILENET_LAYOUTS",
    "InvertedResidual",
    "MobileNetEncoder",
    "OutputStride",
]

OutputStride = Literal[16, 32]

LAYERS = ((1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1))
"""Expansion, channels and number of blocks of layers 1 to 7."""

CHANNELS = (32, *(channels for _, channels, _ in LAYERS))
"""Widths of layers 0 to 7."""

DOWN = (0, 2, 3, 4, 6)
"""The layers after which the feature map is halved."""


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand, filter each channel, project.

    The block's input is padded before the expansion, instead of that of the depthwise convolution, which
    therefore sees expanded zeros at the border. The released networks do this, and the GFLOPs of Table 3
    require it.

    Args:
        channels: width of the input.
        out_channels: width of the output.
        expansion: hidden width as a multiple of ``channels``; 1 has no expanding convolution.
        stride: stride of the depthwise convolution.
        dilation: dilation of the depthwise convolution.

    Shape: (B, channels, H, W) -> (B, out_channels, ⌈H/stride⌉, ⌈W/stride⌉)
    """

    def __init__(
        self, channels: int, out_channels: int, expansion: int, *, stride: int = 1, dilation: int = 1
    ) -> None:
        super().__init__()
        hidden = channels * expansion
        self.border, self.stride, self.hidden = dilation, stride, hidden
        self.residual = stride == 1 and channels == out_channels
        self.expand = conv_norm_relu6(channels, hidden, 1) if expansion > 1 else nn.Identity()
        self.depthwise = conv_norm_relu6(
            hidden, hidden, 3, stride=stride, padding=0, dilation=dilation, groups=hidden
        )
        self.project = conv_norm(hidden, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Add the block's result to its input where the shapes agree."""
        height, width = x.shape[2:]
        rows = rows_of_strips(self.hidden, height, width) if self.stride == 1 else height
        y = in_strips(lambda top, bottom: self._run(x[:, :, top:bottom]), height, rows=rows, halo=self.border)
        return x + y if self.residual else y

    def _run(self, x: Tensor) -> Tensor:
        return self.project(self.depthwise(self.expand(F.pad(x, [self.border] * 4))))


class MobileNetEncoder(nn.Module):
    """The layers of MobileNetV2; the caller runs them and downsamples after those in ``down``.

    With ``conv_stride=1`` all convolutions have stride 1 and a resampling downsamples between the layers.
    With ``conv_stride=2`` the strides are MobileNetV2's own, in the same layers.

    Args:
        channels: channels of the input.
        width: multiplier of all channels.
        conv_stride: stride of the layers in ``down``.
        output_stride: 32, or 16, which does not downsample at layer 6 and dilates its last two blocks and
            layer 7 by 2 instead.

    Attributes:
        layers: layer 0, a 3×3 convolution of the input, and layers 1 to 7 of inverted residuals.
        channels: their widths.
        down: the layers that end a stage.

    Raises:
        SpecError: if an option is out of range.
    """

    def __init__(
        self, channels: int, width: float = 1.0, *, conv_stride: int = 1, output_stride: OutputStride = 32
    ) -> None:
        super().__init__()
        if output_stride not in get_args(OutputStride):
            raise SpecError(f"output_stride must be one of {get_args(OutputStride)}, got {output_stride!r}")
        self.down = DOWN if output_stride == 32 else DOWN[:-1]
        self.channels = [scaled(wide, width) for wide in CHANNELS]
        layers: list[nn.Module] = [conv_norm_relu6(channels, self.channels[0], 3, stride=conv_stride)]
        for layer, (expansion, _, blocks) in enumerate(LAYERS, 1):
            wide, out = self.channels[layer - 1 : layer + 1]
            stride = conv_stride if layer in self.down else 1
            dilated = output_stride == 16 and layer >= 6
            first = InvertedResidual(
                wide, out, expansion, stride=stride, dilation=2 if dilated and layer == 7 else 1
            )
            others = [
                InvertedResidual(out, out, expansion, dilation=2 if dilated else 1) for _ in range(blocks - 1)
            ]
            layers.append(nn.Sequential(first, *others))
        self.layers = nn.ModuleList(layers)


# Where in torchvision's flat list `features` a layer of MobileNetV2 begins.
_FIRST_BLOCK = (0, *accumulate([1, *(blocks for *_, blocks in LAYERS[:-1])]))


class _Place(NamedTuple):
    """The position of a tensor of our MobileNetV2: ``layers.2.0.expand.conv.weight``.

    Attributes:
        layer: number of the layer; 0 is a convolution without blocks.
        block: number of the block in the layer.
        part: ``expand``, ``depthwise`` or ``project``; empty in layer 0.
        kind: ``conv`` or ``norm``.
        what: name of the tensor in its module.
    """

    layer: int
    block: int
    part: str
    kind: str
    what: str

    @classmethod
    def of(cls, key: str) -> "_Place":
        """Split a key of the encoder's state dict."""
        _, layer, *inner, kind, what = key.split(".")
        block, part = inner or ("0", "")
        return cls(int(layer), int(block), part, kind, what)


def _torchvision_mobilenet(key: str) -> str:
    """``layers.2.0.expand.conv.weight`` -> ``features.2.conv.0.0.weight``."""
    layer, block, part, kind, what = _Place.of(key)
    if layer == 0:
        return f"features.0.{0 if kind == 'conv' else 1}.{what}"
    features = f"features.{_FIRST_BLOCK[layer] + block}.conv"
    before = 0 if layer == 1 else 1  # layer 1 has no expansion
    if part == "project":  # not wrapped with an activation there
        return f"{features}.{before + 1 + (kind == 'norm')}.{what}"
    return f"{features}.{0 if part == 'expand' else before}.{0 if kind == 'conv' else 1}.{what}"


def _timm_mobilenet(key: str) -> str:
    """``layers.2.0.expand.conv.weight`` -> ``blocks.1.0.conv_pw.weight``."""
    layer, block, part, kind, what = _Place.of(key)
    if layer == 0:
        return f"{'conv_stem' if kind == 'conv' else 'bn1'}.{what}"
    parts = ("depthwise", "project") if layer == 1 else ("expand", "depthwise", "project")
    convolutions = ("conv_dw", "conv_pw") if layer == 1 else ("conv_pw", "conv_dw", "conv_pwl")
    place = parts.index(part)
    module = convolutions[place] if kind == "conv" else f"bn{place + 1}"
    return f"blocks.{layer - 1}.{block}.{module}.{what}"


MOBILENET_LAYOUTS = [
    WeightLayout("torchvision's mobilenet_v2", "features.0.0.weight", _torchvision_mobilenet),
    WeightLayout("timm's mobilenetv2_100", "conv_stem.weight", _timm_mobilenet),
]
"""Names of these weights in other packages."""
