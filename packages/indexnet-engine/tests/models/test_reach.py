import pytest
import torch

from indexnet_core import OPERATORS
from indexnet_engine.models.reach import encoder_decoder_reach, resampling_reach


@pytest.mark.parametrize(
    ("operator", "pixels"),
    [
        ("max", 1),
        ("hin-nl", 1),
        ("avg+shuffle", 1),
        ("stride+nearest", 1),
        ("stride+bilinear", 2),
        ("m2o-nl-c", 2),
        ("hin-nl-mp", 2),
        ("o2o-shared-nl-c-mp", 3),
        ("max+carafe", 5),
        ("a2u", 5),
    ],
)
def test_context_is_seen(operator: str, pixels: int) -> None:
    assert resampling_reach(operator) == pixels


def test_levels_count_by_their_resolution() -> None:
    assert encoder_decoder_reach([3], "max+carafe") == 3
    assert encoder_decoder_reach([1, 2, 4], "max") == 1 + 2 * 2 + 4 * 4 + (1 + 2)
    assert encoder_decoder_reach([1, 2, 4], "hin-nl-c") == 21 + 2 * (1 + 2)


def test_measuring_changes_neither_random_numbers_nor_the_device() -> None:
    resampling_reach.cache_clear()
    torch.manual_seed(0)
    with torch.device("meta"):
        assert resampling_reach("m2o-nl-c") == 2
    drawn = torch.rand(3)
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(3))


def test_every_operator_can_be_measured() -> None:
    assert {resampling_reach(name) for name in OPERATORS} == {1, 2, 3, 5}
