"""The five families of index networks (Fig. 4)."""

from indexnet_core.errors import SpecError
from indexnet_core.functional.indexed import Normalization
from indexnet_core.initialization import Init
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.block import BlockOptions
from indexnet_core.networks.holistic import HolisticIndexNetwork
from indexnet_core.networks.many_to_one import ManyToOneIndexNetwork
from indexnet_core.networks.multi_point import MultiPointIndexNetwork
from indexnet_core.networks.one_to_one import SharedIndexNetwork, UnsharedIndexNetwork
from indexnet_core.operators import IndexSpec, parse_operator

__all__ = [
    "BlockOptions",
    "HolisticIndexNetwork",
    "IndexNetwork",
    "ManyToOneIndexNetwork",
    "MultiPointIndexNetwork",
    "SharedIndexNetwork",
    "UnsharedIndexNetwork",
    "create_index_network",
]


def create_index_network(
    operator: str | IndexSpec,
    channels: int,
    *,
    k: int = 2,
    expansion: int = 2,
    normalization: Normalization = "sigmoid+softmax",
    init: Init = "he",
) -> IndexNetwork | MultiPointIndexNetwork:
    """Build one of the 15 index networks by name, or its multi-point form.

    Args:
        operator: ``hin``, ``o2o-modelwise``, ``o2o-shared``, ``o2o-unshared`` or ``m2o``, alone (linear) or
            with ``-nl`` (nonlinear) or ``-nl-c`` (nonlinear with weak context); ``-mp`` after all of these
            gives kernels of indices for multi-point upsampling.
        channels: width of the feature map that it reads.
        k: side of a local region.
        expansion: hidden width as a multiple of the channels (2 in the paper, 1 in the released code).
        normalization: one of the four rows of Table 4.
        init: ``he`` (the paper's "improved Xavier") or ``released``.

    Raises:
        SpecError: if a name is unknown.

    >>> import torch
    >>> network = create_index_network("m2o-nl-c", 16)
    >>> encoder, decoder = network(torch.rand(1, 16, 8, 8))
    >>> encoder.shape, decoder.shape
    (torch.Size([1, 16, 8, 8]), torch.Size([1, 16, 8, 8]))
    """
    spec = parse_operator(operator) if isinstance(operator, str) else operator
    if not isinstance(spec, IndexSpec):
        raise SpecError(f"{spec.name!r} is not an index network")
    options = BlockOptions(spec.nonlinear, spec.context, expansion, k)
    network: IndexNetwork | MultiPointIndexNetwork
    if spec.points == "multi":
        network = MultiPointIndexNetwork(spec.family, channels, options, normalization)
    elif spec.family == "hin":
        network = HolisticIndexNetwork(channels, options, normalization)
    elif spec.family == "o2o-unshared":
        network = UnsharedIndexNetwork(channels, options, normalization)
    elif spec.family == "m2o":
        network = ManyToOneIndexNetwork(channels, options, normalization)
    else:
        network = SharedIndexNetwork(options, normalization)
    if init != "he":
        network.reset_parameters(init)
    return network
