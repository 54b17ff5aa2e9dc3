"""Index networks with s² columns: k² of them are the paper's; a zero prediction is bilinear."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core import IndexNetwork, create_index_network
from indexnet_core.analysis.complexity import Complexity, measure_complexity
from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.functional.index_functions import bilinear_index
from indexnet_core.functional.multi_point import multi_point_upsample, own_positions
from indexnet_core.networks import Holistic, MultiPointIndexNetwork, OneToOneUnshared
from indexnet_core.networks.block import BlockOptions
from indexnet_core.operators.names import MULTI_POINT_NETWORKS


def create(name: str, channels: int, **options: object) -> MultiPointIndexNetwork:
    network = create_index_network(name, channels, **options)  # type: ignore[arg-type]
    assert isinstance(network, MultiPointIndexNetwork)
    return network


def single_point(network: MultiPointIndexNetwork, name: str, channels: int) -> IndexNetwork:
    """The paper's network of the same family, with the weights of its columns."""
    options, own = network.options, own_positions(network.size, network.options.k)
    single = create_index_network(
        name.removesuffix("-mp"), channels, k=options.k, normalization=network.normalization
    )
    assert isinstance(single, IndexNetwork)

    def pick(value: Tensor, *, every_column: bool) -> Tensor:
        if every_column or value.ndim == 0:
            return value
        if isinstance(network.family, OneToOneUnshared):
            return value.unflatten(0, (channels, network.size**2, -1))[:, own].flatten(0, 2)
        return value.unflatten(0, (network.size**2, -1))[own].flatten(0, 1)

    # A nonlinear holistic network has one hidden layer for all of its columns.
    common = ("block.conv", "block.norm") if network.holistic and options.nonlinear else ()
    weights = {
        key: pick(value, every_column=key.startswith(common) if common else False)
        for key, value in network.state_dict().items()
    }
    single.load_state_dict(weights)
    return single.eval()


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", MULTI_POINT_NETWORKS)
def test_its_own_columns_are_those_of_the_paper(name: str, k: int) -> None:
    network = create(name, 4, k=k).double().eval()
    x = torch.randn(2, 4, 2 * k, 3 * k, dtype=torch.double)
    prediction = network(x)
    encoder, decoder, kernels = prediction.encoder, prediction.decoder, prediction.kernels
    maps = single_point(network, name, 4).double()(x)
    torch.testing.assert_close(encoder, maps.encoder)
    assert kernels.shape == (2, maps.encoder.shape[1], (2 * k - 1) ** 2, 2, 3)
    own = own_positions(network.size, k)
    assert torch.equal(decoder, F.pixel_shuffle(kernels[:, :, own].flatten(1, 2), k))
    tent = bilinear_index(torch.double, k, network.size).flatten()[own].view(k, k) / 2
    wanted = (maps.decoder.logit() + tent.logit().repeat(2, 3)).sigmoid()
    torch.testing.assert_close(decoder, wanted, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("normalization", "part"), [("sigmoid+softmax", 0.5), ("softmax", 0.25)])
def test_a_prediction_of_zero_is_a_part_of_bilinear_interpolation(normalization: str, part: float) -> None:
    network = create("m2o-mp", 3, normalization=normalization)
    y = torch.randn(1, 3, 4, 5)
    up = multi_point_upsample(y, network(torch.zeros(1, 3, 8, 10)).kernels)
    wanted = part * F.interpolate(y, size=(7, 9), mode="bilinear", align_corners=True)
    torch.testing.assert_close(up[..., :7, :9], wanted)


@pytest.mark.parametrize("normalization", ["sigmoid+softmax", "sigmoid", "softmax", "softmax+sigmoid"])
def test_normalisation(normalization: str) -> None:
    network = create("o2o-unshared-nl-mp", 3, normalization=normalization).eval()
    x = torch.randn(2, 3, 6, 4)
    prediction = network(x)
    encoder, kernels = prediction.encoder, prediction.kernels
    torch.testing.assert_close(encoder, single_point(network, "o2o-unshared-nl-mp", 3)(x).encoder)
    assert kernels.min() > 0
    assert kernels.max() < 1
    if normalization.startswith("softmax"):
        torch.testing.assert_close(kernels.sum(2), torch.ones(2, 3, 3, 2))


def formula(name: str, c: int, e: int) -> tuple[int, int]:
    """Weights and hidden channels, as the docstring has them, for k = 2 and s = 3."""
    m2, s2, k2 = (16 if "-c" in name else 4), 9, 4
    family = name.split("-nl")[0].removesuffix("-mp")
    hin, shared, unshared = (
        family == "hin",
        family in ("o2o-shared", "o2o-modelwise"),
        family == "o2o-unshared",
    )
    if "-nl" not in name:
        return k2 * s2 * (c if hin or unshared else 1 if shared else c * c), 0
    if hin:
        return m2 * c * e * c + e * c * s2, e * c
    if shared:
        return (m2 * e + e) * s2, e * s2
    if unshared:
        return (m2 * e * c + e * c) * s2, e * c * s2
    return (m2 * c * e * c + e * c * c) * s2, e * c * s2


@pytest.mark.parametrize("expansion", [1, 2])
@pytest.mark.parametrize("name", MULTI_POINT_NETWORKS)
def test_parameters_and_multiply_accumulates(name: str, expansion: int) -> None:
    weights, hidden = formula(name, 6, expansion)
    cost = measure_complexity(create(name, 6, expansion=expansion), torch.zeros(2, 6, 8, 12))
    assert cost == Complexity(weights + 2 * hidden, weights * 4 * 6)


def test_state_dict_is_frozen() -> None:
    """It holds no constants, and its keys are those of the paper's networks."""
    for name in MULTI_POINT_NETWORKS:
        single = create_index_network(name.removesuffix("-mp"), 4)
        assert list(create(name, 4).state_dict()) == list(single.state_dict())


def test_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match="this index network is for 4 channels, got 6"):
        create("m2o-mp", 4)(torch.zeros(1, 6, 4, 4))
    with pytest.raises(ShapeError, match="divisible by 2, got 5x4"):
        create("hin-mp", 4)(torch.zeros(1, 4, 5, 4))
    with pytest.raises(SpecError, match="unknown index normalization 'tanh'"):
        MultiPointIndexNetwork(Holistic(), 4, BlockOptions(), "tanh")  # type: ignore[arg-type]


def test_a_shared_network_reads_any_width() -> None:
    network = create("o2o-modelwise-mp", 4)
    assert network(torch.rand(1, 7, 4, 4)).kernels.shape == (1, 7, 9, 2, 2)


def test_released_initialisation_makes_grouped_ones_tiny() -> None:
    released, usual = create("o2o-unshared-mp", 64, init="released"), create("o2o-unshared-mp", 64)
    assert released.block.conv.weight.std() < usual.block.conv.weight.std() / 3
