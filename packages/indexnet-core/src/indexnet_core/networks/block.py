"""The index block: the small convolutional network that predicts indices (Figs. 6 and 7)."""

from collections import OrderedDict
from dataclasses import dataclass

from torch import nn

from indexnet_core.errors import SpecError

__all__ = ["BlockOptions", "ColumnConv2d", "index_block"]


class ColumnConv2d(nn.Conv2d):
    """A bias-free convolution that computes all ``columns`` of a multi-column network at once (Fig. 7)."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        columns: int,
        stride: int = 1,
        padding: int = 0,
        groups: int = 1,
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, groups=groups, bias=False)
        self.columns = columns


@dataclass(frozen=True)
class BlockOptions:
    """The options of an index network besides its family.

    Attributes:
        nonlinear: whether the block is convolution, batch norm, ReLU6 and 1×1 convolution instead of one
            convolution.
        context: whether the kernel is 2k × 2k instead of k × k ("weak context", Remark 5).
        expansion: hidden width as a multiple of C; 2 in the paper (Table 1), 1 in the released one-to-one
            and many-to-one networks.
        k: side of a local region.
    """

    nonlinear: bool = False
    context: bool = False
    expansion: int = 2
    k: int = 2

    def __post_init__(self) -> None:
        if self.expansion < 1:
            raise SpecError(f"expansion must be at least 1, got {self.expansion}")
        if self.k < 2:
            raise SpecError(f"the side k of a local region must be at least 2, got {self.k}")
        if self.context and not self.nonlinear:
            raise SpecError("context needs a nonlinear index network")


def index_block(
    channels: int,
    hidden: int,
    out_channels: int,
    options: BlockOptions,
    *,
    columns: int = 1,
    groups: int = 1,
    project_groups: int = 1,
) -> nn.Sequential:
    """Build ``conv`` (linear), or ``conv, norm, act, project`` (nonlinear); no convolution has a bias.

    Shape: (B, channels, H, W) -> (B, out_channels, H/k, W/k)
    """
    k = options.k
    size, padding = (2 * k, (k + 1) // 2) if options.context else (k, 0)
    width = hidden if options.nonlinear else out_channels
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv"] = ColumnConv2d(
        channels, width, size, columns=columns, stride=k, padding=padding, groups=groups
    )
    if options.nonlinear:
        layers["norm"] = nn.BatchNorm2d(hidden)
        layers["act"] = nn.ReLU6(inplace=True)
        layers["project"] = ColumnConv2d(hidden, out_channels, 1, columns=columns, groups=project_groups)
    return nn.Sequential(layers)
