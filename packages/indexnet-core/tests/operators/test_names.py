"""Operator names and their specifications."""

import re

import pytest
import torch

from indexnet_core import Guidance, create_resampling
from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.networks import FAMILIES
from indexnet_core.operators.names import (
    INDEX_NETWORKS,
    MULTI_POINT_NETWORKS,
    OPERATORS,
    CoupledSpec,
    IndexSpec,
    OperatorSpec,
    PairSpec,
    index_options,
    parse_operator,
)
from indexnet_core.registry import named
from indexnet_core.resampling import COUPLED, DOWNS, UPS


def test_the_operators_are_these() -> None:
    """Names are API: configurations and checkpoints hold them."""
    families = ["hin", "o2o-modelwise", "o2o-shared", "o2o-unshared", "m2o"]
    index_networks = [name for f in families for name in (f, f"{f}-nl", f"{f}-nl-c")]
    ups = ["nearest", "bilinear", "deconv", "shuffle", "carafe", "dysample"]
    pairs = ["max", "hmi", *(f"{down}+{up}" for down in ("max", "avg", "stride") for up in ups)]
    multi_point = [f"{name}-mp" for name in index_networks]
    assert list(INDEX_NETWORKS) == index_networks
    assert list(MULTI_POINT_NETWORKS) == multi_point
    assert list(OPERATORS) == [*pairs, "a2u", "a2u-unshared", *index_networks, *multi_point]


@pytest.mark.parametrize("name", OPERATORS)
def test_round_trip(name: str) -> None:
    spec = parse_operator(name)
    assert spec.name == name
    assert parse_operator(spec.name) == spec
    assert hash(spec) == hash(parse_operator(name))


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("hin", IndexSpec("hin")),
        ("o2o-modelwise-nl", IndexSpec("o2o-modelwise", nonlinear=True)),
        ("o2o-unshared-nl-c", IndexSpec("o2o-unshared", nonlinear=True, context=True)),
        ("max", CoupledSpec("max")),
        ("hmi", CoupledSpec("hmi")),
        ("stride+nearest", PairSpec("stride", "nearest")),
        ("max+carafe", PairSpec("max", "carafe")),
        ("avg+dysample", PairSpec("avg", "dysample")),
        ("a2u", CoupledSpec("a2u")),
        ("a2u-unshared", CoupledSpec("a2u-unshared")),
        ("hin-mp", IndexSpec("hin", points="multi")),
        ("o2o-shared-nl-mp", IndexSpec("o2o-shared", nonlinear=True, points="multi")),
        ("m2o-nl-c-mp", IndexSpec("m2o", nonlinear=True, context=True, points="multi")),
    ],
)
def test_parsed(name: str, spec: OperatorSpec) -> None:
    assert parse_operator(name) == spec


def test_what_a_family_is() -> None:
    specs = [spec for name in INDEX_NETWORKS if isinstance(spec := parse_operator(name), IndexSpec)]
    assert {spec.family for spec in specs if spec.holistic} == {"hin"}
    assert {spec.family for spec in specs if spec.modelwise} == {"o2o-modelwise"}


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("m2o-nlc", "m2o-nl-c"),
        ("o2o-share", "o2o-shared"),
        ("max+bilinar", "max+bilinear"),
        ("hmm", "hmi"),
        ("max+caraffe", "max+carafe"),
        ("a2u-unshare", "a2u-unshared"),
        ("m2o-nl-c-mp3", "m2o-nl-c-mp"),
    ],
)
def test_a_misspelt_name_gets_a_suggestion(wrong: str, near: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse_operator(wrong)
    message = str(caught.value)
    assert message.startswith(f"unknown resampling operator {wrong!r}; did you mean {near!r}?")
    assert all(name in message for name in OPERATORS)
    assert "\n" not in message


@pytest.mark.parametrize(
    "wrong", ["", "zzz", "hin-c", "m2o-c-nl", "max+", "stride", "max+unpool", "mp", "m2o-mp-nl", "a2u-shared"]
)
def test_what_is_no_operator_is_refused(wrong: str) -> None:
    with pytest.raises(SpecError, match=r"unknown resampling operator .*known: max, hmi, max\+nearest"):
        parse_operator(wrong)


def test_impossible_specifications_are_refused() -> None:
    with pytest.raises(SpecError, match="hin: context needs a nonlinear index network"):
        IndexSpec("hin", context=True)
    with pytest.raises(SpecError, match=r"unknown family of index networks 'm3o'; choose one of hin, .*m2o"):
        IndexSpec("m3o")
    with pytest.raises(SpecError, match=r"unknown upsampling 'unpool'; choose one of nearest, bilinear"):
        PairSpec("stride", "unpool")
    with pytest.raises(SpecError, match=r"unknown downsampling 'holistic-max'; choose one of max, avg"):
        PairSpec("holistic-max", "nearest")
    with pytest.raises(SpecError, match=r"unknown coupled operator 'a3u'; choose one of max, hmi, a2u, a2u-"):
        CoupledSpec("a3u")
    with pytest.raises(SpecError, match=r"m2o: points must be one of \('single', 'multi'\), got 'many'"):
        IndexSpec("m2o", points="many")  # type: ignore[arg-type]


def test_options_of_index_networks_are_those_of_their_multi_point_form_too() -> None:
    wanted = {"expansion": 1, "normalization": "softmax"}
    for name in ("hin-nl", "hin-nl-mp"):
        assert index_options(name, expansion=1, normalization="softmax") == wanted
    for name in ("a2u", "max+carafe"):
        assert index_options(name) == {}
        with pytest.raises(SpecError, match="options of index networks, not of"):
            index_options(name, expansion=1)


@pytest.mark.parametrize("name", OPERATORS)
def test_properties_are_those_of_the_resampling(name: str) -> None:
    """Guidance and other decoder widths of each operator are as its registry entry states."""
    spec = parse_operator(name)
    resampling = create_resampling(name, 4)
    assert spec.strided == (resampling.conv_stride > 1)
    _, guidance = resampling.down(torch.randn(1, 4, 4, 4))
    assert spec.leaves_index == (guidance.index is not None) == (spec.holistic or spec.depthwise)
    if isinstance(spec, IndexSpec):
        assert isinstance(guidance, Guidance)
        assert guidance.index.decoder.shape[1] == (1 if spec.holistic else 4)  # type: ignore[union-attr]
    try:
        create_resampling(name, 4, 2)
    except ShapeError:
        assert spec.needs_equal_widths
    else:
        assert not spec.needs_equal_widths
    try:
        create_resampling(name, 4, 2, channel_rule="mean")
    except ShapeError:
        assert spec.needs_equal_widths
        assert not spec.takes_channel_rule
    else:
        assert spec.takes_channel_rule == spec.needs_equal_widths


@pytest.mark.parametrize("registry", [FAMILIES, DOWNS, UPS, COUPLED], ids=["family", "down", "up", "coupled"])
def test_a_word_that_is_not_registered_is_an_error(
    registry: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A removed word is an error also for a specification that was made before: nothing replaces it."""
    for word in list(registry):
        specs = [parse_operator(name) for name in OPERATORS]
        with monkeypatch.context() as patch:
            patch.delitem(registry, word)
            wrong = [spec for spec in specs if _has(spec, registry, word)]
            assert wrong
            for spec in wrong:
                with pytest.raises(SpecError, match=f"'{re.escape(word)}'; choose one of"):
                    create_resampling(spec, 4)


def _has(spec: OperatorSpec, registry: dict[str, object], word: str) -> bool:
    words = {
        id(FAMILIES): getattr(spec, "family", None),
        id(DOWNS): getattr(spec, "down", None),
        id(UPS): getattr(spec, "up", None),
        id(COUPLED): spec.name if isinstance(spec, CoupledSpec) else None,
    }
    return words[id(registry)] == word


def test_two_operators_of_one_name_are_refused() -> None:
    with pytest.raises(SpecError, match="two operators are named 'max'"):
        named([CoupledSpec("max"), CoupledSpec("hmi"), CoupledSpec("max")])
