from functools import partial

import pytest

from indexnet_core import SpecError
from indexnet_engine.models.create_network import create_network, with_defaults
from indexnet_engine.models.dense_network import DenseNetwork


class Plain(DenseNetwork):
    def __init__(self, width: int = 4, *, deep: bool = False) -> None:
        super().__init__(2**width)


MODELS = {"plain": Plain, "deep": partial(Plain, deep=True)}


def test_name_and_arguments_are_kept() -> None:
    network = create_network(MODELS, "toy", "deep", {"width": 3})
    assert network.stride == 8
    assert network.config == {"model": "deep", "width": 3}
    assert with_defaults(MODELS, network) == {"model": "deep", "width": 3, "deep": True}


@pytest.mark.parametrize(
    ("model", "arguments", "message"),
    [
        ("other", {}, "unknown toy model 'other'; choose one of plain, deep"),
        ("plain", {"kernel": 5}, "plain has no option kernel; it has width, deep"),
        ("plain", {"width": "wide"}, "plain: unsupported operand"),
    ],
)
def test_what_cannot_be_built(model: str, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        create_network(MODELS, "toy", model, arguments)
