"""Steps of one stage are paired; ambiguous pairs are errors."""

import pytest
import torch
from torch import nn

from indexnet_core.errors import RetrofitError, SpecError
from indexnet_core.retrofitting.pairing import pair_steps
from indexnet_core.retrofitting.steps import Step, find_steps
from indexnet_core.retrofitting.trace import observe

from .nets import Functional, Hourglass, Pyramid, Shared, Strided, TwoEncoders


def steps_of(network: nn.Module) -> list[Step]:
    return find_steps(observe(network, (torch.rand(1, 3, 16, 16),)))


def names(network: nn.Module, *args: object) -> list[tuple[str, ...]]:
    pairs = pair_steps(steps_of(network), *args)  # type: ignore[arg-type]
    return [(pair.down.name, *(up.name for up in pair.ups)) for pair in pairs]


def test_innermost_first() -> None:
    assert names(Shared()) == [("pool[0]", "upsample[1]"), ("pool[1]", "upsample[0]")]
    assert names(Strided()) == [("stem.0", "up.2"), ("separable.0", "up.1.1"), ("block", "up.0")]


def test_a_second_hourglass_is_paired_by_itself() -> None:
    assert names(Hourglass()) == [("1", "2"), ("4", "5")]


def test_several_steps_up() -> None:
    with pytest.raises(
        RetrofitError, match=r"which step undoes pool .*Candidates: left .*, right .*2 channels"
    ):
        names(Pyramid())
    assert names(Pyramid(), None, "first") == [("pool", "left")]
    assert names(Pyramid(), None, "all") == [("pool", "left", "right")]
    with pytest.raises(SpecError, match="several must be one of"):
        names(Pyramid(), None, "some")


def test_several_steps_down() -> None:
    with pytest.raises(RetrofitError, match=r"which step up .*undoes.*Candidates: colour .*, depth"):
        names(TwoEncoders())
    assert names(TwoEncoders(), [("depth", "up")]) == [("depth", "up")]


def test_by_name() -> None:
    assert names(Functional(), [("forward[0]", "forward[1]")]) == [("forward[0]", "forward[1]")]
    # A module that takes part, and modules around.
    assert names(Strided(), [("block.conv1", "up.0"), ("stem", "up.2")]) == [
        ("stem.0", "up.2"),
        ("block", "up.0"),
    ]
    twice = [("pool", "left"), ("pool", "right")]
    assert names(Pyramid(), twice) == [("pool", "left", "right")]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("first", "left"), r"nothing at 'first' goes down by two. Candidates: pool "),
        (("pool", "pool"), r"nothing at 'pool' goes up by two. Candidates: left .*, right "),
        (("pool", ""), r"'' goes up more than once. Candidates: left .*, right "),
    ],
)
def test_unknown_and_ambiguous_names(wanted: tuple[str, str], message: str) -> None:
    with pytest.raises(RetrofitError, match=message):
        names(Pyramid(), [wanted])


def test_steps_that_do_not_belong_together() -> None:
    with pytest.raises(RetrofitError, match=r"up.0 .*does not undo stem.0 .*Candidates: up.2 "):
        names(Strided(), [("stem", "up.0")])
    with pytest.raises(RetrofitError, match="cannot be guided by two"):
        names(TwoEncoders(), [("depth", "up"), ("colour", "up")])
