"""Names of operators and what they mean."""

import pytest

from indexnet_core.errors import SpecError
from indexnet_core.operators import (
    INDEX_NETWORKS,
    MULTI_POINT_NETWORKS,
    OPERATORS,
    AffinitySpec,
    IndexSpec,
    OperatorSpec,
    PairSpec,
    index_options,
    parse_operator,
)


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
        ("max", PairSpec("max", "unpool")),
        ("hmi", PairSpec("holistic-max", "unpool")),
        ("stride+nearest", PairSpec("stride", "nearest")),
        ("max+carafe", PairSpec("max", "carafe")),
        ("avg+dysample", PairSpec("avg", "dysample")),
        ("a2u", AffinitySpec()),
        ("a2u-unshared", AffinitySpec("unshared")),
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
    with pytest.raises(SpecError, match=r"unknown family of index networks 'm3o'; choose one of .*'m2o'"):
        IndexSpec("m3o")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"no operator 'stride\+unpool'; choose one of .*'stride\+nearest'"):
        PairSpec("stride", "unpool")
    with pytest.raises(SpecError, match=r"no operator 'holistic-max\+nearest'"):
        PairSpec("holistic-max", "nearest")
    with pytest.raises(SpecError, match=r"a2u: sharing must be one of \('shared', 'unshared'\), got 'some'"):
        AffinitySpec("some")  # type: ignore[arg-type]
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
