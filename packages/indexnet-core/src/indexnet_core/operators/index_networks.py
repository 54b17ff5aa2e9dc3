"""Build an index network by name."""

from indexnet_core.errors import SpecError
from indexnet_core.functional.indexed import Normalization
from indexnet_core.initialization import Init
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.block import BlockOptions
from indexnet_core.networks.families import FAMILIES
from indexnet_core.networks.index_kernels import MultiPointIndexNetwork
from indexnet_core.operators.names import IndexSpec, Points, parse_operator
from indexnet_core.registry import look_up

__all__ = ["create_index_network"]

_NETWORKS: dict[Points, type[IndexNetwork]] = {"single": IndexNetwork, "multi": MultiPointIndexNetwork}


def create_index_network(
    operator: str | IndexSpec,
    channels: int,
    *,
    k: int = 2,
    expansion: int = 2,
    normalization: Normalization = "sigmoid+softmax",
    init: Init = "he",
) -> IndexNetwork:
    """Build one of the 15 index networks by name, or its multi-point form.

    Args:
        operator: ``hin``, ``o2o-modelwise``, ``o2o-shared``, ``o2o-unshared`` or ``m2o``, alone (linear) or
            with ``-nl`` (nonlinear) or ``-nl-c`` (nonlinear with weak context); ``-mp`` after all of these
            for kernels of indices (multi-point upsampling).
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
    family = look_up(FAMILIES, spec.family, "family of index networks")
    network = _NETWORKS[spec.points](family, channels, options, normalization)
    if init != "he":
        network.reset_parameters(init)
    return network
