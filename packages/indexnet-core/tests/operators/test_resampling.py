"""Every operator by name: shapes, widths, odd sizes, skip features."""

import pytest
import torch
import torch.nn.functional as F

from indexnet_core import create_resampling
from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.operators.names import (
    INDEX_NETWORKS,
    MULTI_POINT_NETWORKS,
    OPERATORS,
    CoupledSpec,
    PairSpec,
    parse_operator,
)
from indexnet_core.resampling import (
    AffinityResampling,
    HolisticMaxIndex,
    IndexedResampling,
    MaxUnpool,
    MultiPointResampling,
    PairResampling,
)

SPECS = {name: parse_operator(name) for name in OPERATORS}
STRIDED = [name for name, spec in SPECS.items() if spec.strided]
POOLED = [name for name in OPERATORS if name not in STRIDED]
INDEXED = [*INDEX_NETWORKS, *MULTI_POINT_NETWORKS]
OWN_WIDTH = [name for name, spec in SPECS.items() if spec.needs_equal_widths]
ANY_WIDTH = [name for name in OPERATORS if name not in OWN_WIDTH]
PLAIN_SKIPS = [
    name for name in POOLED if not SPECS[name].leaves_index or name in ("max", "a2u", "a2u-unshared")
]
"""Operators whose skip feature is not index-weighted."""


def test_widths_are_those_of_the_paper() -> None:
    """Section 5.5, point 2: depthwise maps need the stage's own width."""
    assert ["max", *(name for name in INDEXED if not name.startswith("hin"))] == OWN_WIDTH


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", POOLED)
def test_down_and_up(name: str, k: int) -> None:
    resampling = create_resampling(name, 6, k=k)
    x = torch.randn(2, 6, 3 * k, 4 * k)
    pooled, guidance = resampling.down(x)
    assert pooled.shape == (2, 6, 3, 4)
    assert guidance.size == (3 * k, 4 * k)
    assert guidance.skip is None
    assert resampling.up(pooled, guidance).shape == x.shape
    assert resampling.conv_stride == 1


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", STRIDED)
def test_a_strided_convolution_has_gone_down_already(name: str, k: int) -> None:
    resampling = create_resampling(name, 6, k=k)
    assert resampling.conv_stride == k
    x = torch.randn(2, 6, 3, 5)
    passed, guidance = resampling.down(x)
    assert passed is x
    assert guidance.size == (3 * k, 5 * k)
    assert resampling.up(x, guidance).shape == (2, 6, 3 * k, 5 * k)
    with pytest.raises(ShapeError, match=r"no full-size feature for a skip; use max\+"):
        resampling.down(x, skip=True)


@pytest.mark.parametrize("name", OWN_WIDTH)
def test_another_decoder_width_is_refused_with_both_numbers(name: str) -> None:
    with pytest.raises(ShapeError, match=r"of 24 channels cannot guide .* of 16 channels.*holistic"):
        create_resampling(name, 24, 16)
    assert create_resampling(name, 24, 24).up_channels == 24


@pytest.mark.parametrize("name", ANY_WIDTH)
def test_holistic_maps_and_interpolation_take_any_decoder_width(name: str) -> None:
    resampling = create_resampling(name, 6, 10)
    _, guidance = resampling.down(torch.randn(2, 6, 4, 6))
    y = torch.randn(2, 10, 4, 6) if name in STRIDED else torch.randn(2, 10, 2, 3)
    assert resampling.up(y, guidance).shape == (2, 10, *guidance.size)


@pytest.mark.parametrize("size", [(7, 8), (8, 5), (7, 5)])
@pytest.mark.parametrize("name", POOLED)
def test_odd_sizes_need_padding(name: str, size: tuple[int, int]) -> None:
    x = torch.randn(2, 4, *size)
    with pytest.raises(ShapeError, match=f"divisible by 2, got {size[0]}x{size[1]}; pass pad=True"):
        create_resampling(name, 4).down(x)
    padding = create_resampling(name, 4, pad=True).eval()
    pooled, guidance = padding.down(x, skip=True)
    assert pooled.shape == (2, 4, -(-size[0] // 2), -(-size[1] // 2))
    assert guidance.size == size
    assert guidance.skip is not None
    assert guidance.skip.shape == x.shape
    up = padding.up(pooled, guidance)
    assert up.shape == x.shape
    # The same as padding by hand, without the option: by the lowest value where the maximum is taken.
    padding.pad = False
    mode, value = ("constant", -1e9) if name in ("max", "hmi") else ("reflect", None)
    by_hand, whole = padding.down(F.pad(x, (0, size[1] % 2, 0, size[0] % 2), mode=mode, value=value))
    assert torch.equal(pooled, by_hand)
    assert torch.equal(up, padding.up(by_hand, whole)[..., : size[0], : size[1]])


@pytest.mark.parametrize("name", POOLED)
def test_padding_changes_nothing_where_none_is_needed(name: str) -> None:
    resampling = create_resampling(name, 4).eval()
    x = torch.randn(2, 4, 8, 6)
    plain, guidance = resampling.down(x)
    up = resampling.up(plain, guidance)
    resampling.pad = True
    padded, guidance = resampling.down(x)
    assert torch.equal(plain, padded)
    assert torch.equal(up, resampling.up(padded, guidance))


@pytest.mark.parametrize("name", PLAIN_SKIPS)
def test_the_skip_feature_is_the_feature_itself(name: str) -> None:
    x = torch.randn(2, 4, 8, 6)
    _, guidance = create_resampling(name, 4).down(x, skip=True)
    assert guidance.skip is not None
    assert torch.equal(guidance.skip, x)


@pytest.mark.parametrize("name", INDEXED)
def test_the_skip_feature_of_an_index_network_is_index_weighted(name: str) -> None:
    resampling = create_resampling(name, 4).eval()
    assert isinstance(resampling, IndexedResampling | MultiPointResampling)
    x = torch.randn(2, 4, 8, 6)
    pooled, guidance = resampling.down(x, skip=True)
    assert guidance.skip is not None
    torch.testing.assert_close(guidance.skip, x * resampling.network(x).encoder)
    torch.testing.assert_close(F.avg_pool2d(guidance.skip, 2) * 4, pooled)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("max", MaxUnpool),
        ("hmi", HolisticMaxIndex),
        ("avg+shuffle", PairResampling),
        ("max+carafe", PairResampling),
        ("a2u", AffinityResampling),
        ("o2o-modelwise", IndexedResampling),
        ("o2o-modelwise-mp", MultiPointResampling),
    ],
)
def test_class_of_a_name(name: str, kind: type) -> None:
    assert type(create_resampling(name, 4)) is kind


def test_a_specification_replaces_its_name() -> None:
    for spec in (PairSpec("avg", "deconv"), CoupledSpec("a2u-unshared")):
        assert repr(create_resampling(spec, 4)) == repr(create_resampling(spec.name, 4))


@pytest.mark.parametrize("name", ["m2o-nl", "m2o-nl-mp"])
def test_options_reach_the_index_network(name: str) -> None:
    resampling = create_resampling(name, 4, k=3, expansion=1, normalization="softmax", pad=True)
    assert isinstance(resampling, IndexedResampling | MultiPointResampling)
    assert (resampling.k, resampling.pad) == (3, True)
    assert resampling.network.options.k == 3
    assert resampling.network.options.expansion == 1
    assert resampling.network.normalization == "softmax"


def test_what_is_unknown_is_refused() -> None:
    with pytest.raises(SpecError, match=r"did you mean 'max\+bilinear'"):
        create_resampling("max+billinear", 4)
    with pytest.raises(ShapeError, match="resampling factor must be at least 2, got 1"):
        create_resampling("max", 4, k=1)
