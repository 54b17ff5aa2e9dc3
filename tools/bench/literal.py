"""The paper's index networks, IP and IU, implemented step by step as Section 4 describes them.

Every column of Fig. 7 has separate convolutions, shared networks fold the slices of a feature into the batch,
both index maps are built at full resolution, and IP and IU are as in Fig. 2: multiply, average pooling, times
k²; nearest upsampling, multiply. The core is compared with this form, so it is not optimised.
"""

import copy
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core import Guidance, IndexNetwork, Resampling
from indexnet_core.networks import Holistic, ManyToOne, OneToOneShared, OneToOneUnshared
from indexnet_core.resampling import IndexedResampling, fit_channels, required_index

__all__ = ["LiteralIndexNetwork", "LiteralIndexedResampling", "cut_columns", "literal_copy", "make_literal"]


class LiteralIndexNetwork(nn.Module):
    """Four columns (Fig. 7), or the one column of a holistic network (Fig. 6), and the two maps they predict.

    Args:
        network: an index network of the core; the columns get copies of its weights.

    Shape: x (B, C, H, W) -> encoder and decoder map, each (B, C, H, W) or (B, 1, H, W), values in (0, 1)
    """

    def __init__(self, network: IndexNetwork) -> None:
        super().__init__()
        self.k = network.options.k
        self.normalization = network.normalization
        self.holistic = network.holistic
        self.shared = isinstance(network.family, OneToOneShared)
        tensors = {name: cut_columns(network, name) for name in network.state_dict()}
        count = 1 if self.holistic else self.k**2
        self.columns = nn.ModuleList(
            _column(network, {name: columns[place] for name, columns in tensors.items()})
            for place in range(count)
        )
        self.train(network.training)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Predict every position's indices, normalise them, and shuffle both maps to full resolution."""
        if self.holistic:
            logits = self.columns[0](x)  # (B, k², h, w)
        else:
            columns = [self._predict(column, x) for column in self.columns]
            logits = torch.stack(columns, 2).flatten(1, 2)  # (B, k²·C, h, w), maps of a channel adjacent
        first, _, second = self.normalization.partition("+")
        decoder = self._normalize(first, logits)
        encoder = self._normalize(second, decoder) if second else decoder
        encoder, decoder = (F.pixel_shuffle(maps, self.k) for maps in (encoder, decoder))
        return encoder.to(x.dtype), decoder.to(x.dtype)

    def _predict(self, column: nn.Module, x: Tensor) -> Tensor:
        if not self.shared:
            return column(x)
        batch, channels, height, width = x.shape
        slices = column(x.reshape(batch * channels, 1, height, width))
        return slices.reshape(batch, channels, height // self.k, width // self.k)

    def _normalize(self, how: str, maps: Tensor) -> Tensor:
        if how == "sigmoid":
            return maps.sigmoid()
        return maps.unflatten(1, (-1, self.k**2)).softmax(2).flatten(1, 2)


class LiteralIndexedResampling(Resampling):
    """Fig. 2 step by step; see the docstring of this file.

    Args:
        resampling: of the core; its options and copies of its weights are used.
    """

    def __init__(self, resampling: IndexedResampling) -> None:
        super().__init__(resampling.channels, resampling.up_channels, k=resampling.k, pad=resampling.pad)
        self.channel_rule = resampling.channel_rule
        self.network = LiteralIndexNetwork(resampling.network)
        self.training = resampling.training

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        encoder, decoder = self.network(x)
        weighted = x * encoder
        return self.k**2 * F.avg_pool2d(weighted, self.k), decoder, weighted if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        index = required_index(guidance, Tensor)
        if self.channel_rule is not None:
            # The paper does not specify how a map guides a narrower decoder; this part is the core's.
            index = fit_channels(index, y.shape[1], self.channel_rule)
        return F.interpolate(y, scale_factor=float(self.k), mode="nearest") * index


def literal_copy(resampling: IndexedResampling) -> LiteralIndexedResampling:
    """The literal form of one stage, with copies of its weights."""
    return LiteralIndexedResampling(resampling)


def make_literal(model: nn.Module) -> nn.Module:
    """Copy a network, with the literal form in place of every index network; its results are the same.

    >>> from indexnet_denoising.models import create_model
    >>> literal = make_literal(create_model("dncnn-segnet", resampling="m2o", width=4))
    >>> [type(stage).__name__ for stage in literal.resampling.stages]
    ['LiteralIndexedResampling', 'LiteralIndexedResampling', 'LiteralIndexedResampling']
    """
    made: dict[int, nn.Module] = {}

    def replaced(module: nn.Module) -> nn.Module:
        if isinstance(module, IndexedResampling):
            # A module that is registered twice stays one module.
            return made.setdefault(id(module), literal_copy(module))
        for name, child in module.named_children():
            setattr(module, name, replaced(child))
        return module

    return replaced(copy.deepcopy(model))


def cut_columns(network: IndexNetwork, name: str, tensor: Tensor | None = None) -> list[Tensor]:
    """The parts of a weight that belong to each column, in the order of the positions of a region.

    The core computes all columns as one convolution. In many-to-one and shared networks its output channels
    are ordered by column; in unshared ones by slice, and within a slice by column.

    Args:
        network: the network that has the weight.
        name: its name in the network's state dict.
        tensor: the tensor to cut instead, of the weight's shape: its gradient, for example.

    Returns:
        k² views, or one for a holistic network; batch norm's number of batches belongs to each.

    >>> from indexnet_core import create_index_network
    >>> [tuple(part.shape) for part in cut_columns(create_index_network("m2o", 8), "block.conv.weight")]
    [(8, 8, 2, 2), (8, 8, 2, 2), (8, 8, 2, 2), (8, 8, 2, 2)]
    """
    weight = network.state_dict(keep_vars=True)[name].detach() if tensor is None else tensor
    positions = network.options.k**2
    if network.holistic:
        return [weight]
    if weight.ndim == 0:
        return [weight] * positions
    if isinstance(network.family, OneToOneUnshared):
        slices = weight.unflatten(0, (network.channels, positions, -1))
        return [slices[:, place].flatten(0, 1) for place in range(positions)]
    return list(weight.chunk(positions))


def _column(network: IndexNetwork, tensors: dict[str, Tensor]) -> nn.Sequential:
    """One column, built from its parts of the network's weights."""
    options = network.options
    k, weight = options.k, tensors["block.conv.weight"]
    size, padding = (2 * k, (k + 1) // 2) if options.context else (k, 0)
    channels, groups, out = _widths(network)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["conv"] = nn.Conv2d(channels, len(weight), size, k, padding, groups=groups, bias=False)
    if options.nonlinear:
        layers["norm"] = nn.BatchNorm2d(len(weight))
        layers["act"] = nn.ReLU6()
        layers["project"] = nn.Conv2d(len(weight), out, 1, groups=groups, bias=False)
    column = nn.Sequential(layers).to(weight)
    column.load_state_dict({name.removeprefix("block."): part for name, part in tensors.items()})
    return column


def _widths(network: IndexNetwork) -> tuple[int, int, int]:
    """Number of channels that a column reads, of its groups, and of channels that it predicts."""
    if isinstance(network.family, OneToOneShared):
        return 1, 1, 1
    channels = network.channels
    if channels is None:
        raise TypeError(f"{network.family} does not know its width")
    if isinstance(network.family, Holistic):
        return channels, 1, network.options.k**2
    if isinstance(network.family, OneToOneUnshared):
        return channels, channels, channels
    if isinstance(network.family, ManyToOne):
        return channels, 1, channels
    raise TypeError(f"no literal form of {network.family} is known")
