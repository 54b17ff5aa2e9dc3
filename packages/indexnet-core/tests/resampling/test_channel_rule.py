from typing import get_args

import pytest
import torch

from indexnet_core import (
    INDEX_NETWORKS,
    OPERATORS,
    ResamplingStages,
    ShapeError,
    SpecError,
    create_resampling,
)
from indexnet_core.resampling.channel_rule import CHANNEL_RULES, ChannelRule, fit_channels

RULES = get_args(ChannelRule)


def slow_rule(index: torch.Tensor, channels: int, rule: str) -> torch.Tensor:
    """Channel by channel."""
    wide = index.shape[1]
    ratio = wide // channels
    planes = []
    for channel in range(channels):
        group = [index[:, channel * ratio + offset] for offset in range(ratio)]
        if rule == "mean":
            planes.append(sum(group) / ratio)
        elif rule == "max":
            planes.append(torch.stack(group).max(0).values)
        elif rule == "first":
            planes.append(index[:, channel])
        else:
            planes.append(sum(index[:, other] for other in range(wide)) / wide)
    return torch.stack(planes, 1)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("channels", [1, 2, 4, 12])
def test_definition_channel_by_channel(rule: ChannelRule, channels: int) -> None:
    index = torch.rand(2, 12, 3, 5)
    fitted = fit_channels(index, channels, rule)
    expected = index if channels == 12 else slow_rule(index, channels, rule)
    torch.testing.assert_close(fitted.expand_as(expected), expected)
    assert fitted.min() >= index.min()
    assert fitted.max() <= index.max()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("operator", INDEX_NETWORKS)
def test_narrower_decoders_are_guided(operator: str, rule: ChannelRule) -> None:
    resampling = create_resampling(operator, 8, 4, channel_rule=rule).eval()
    x, y = torch.rand(2, 8, 6, 4), torch.rand(2, 4, 3, 2)
    pooled, guidance = resampling.down(x, skip=True)
    decoder = resampling.network(x).decoder
    holistic = operator.startswith("hin")
    wanted = decoder if holistic else slow_rule(decoder, 4, rule)
    expected = y.repeat_interleave(2, 2).repeat_interleave(2, 3) * wanted
    torch.testing.assert_close(resampling.up(y, guidance), expected)
    assert pooled.shape == (2, 8, 3, 2)
    assert guidance.skip.shape == x.shape


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_rule_changes_nothing_where_the_widths_agree(operator: str) -> None:
    plain, ruled = create_resampling(operator, 4), create_resampling(operator, 4, channel_rule="squeeze")
    ruled.load_state_dict(plain.state_dict())
    x = torch.rand(1, 4, 4, 4)
    for resampling in (plain, ruled):
        resampling.eval()
    first, second = (resampling.up(*resampling.down(x)) for resampling in (plain, ruled))
    assert torch.equal(first, second)
    assert ruled.state_dict().keys() == plain.state_dict().keys()


def test_stages_of_different_ratios() -> None:
    stages = ResamplingStages("o2o-modelwise", [4, 8], [4, 2], channel_rule="mean")
    for stage, (wide, up) in enumerate([(4, 4), (8, 2)]):
        x, y = torch.rand(1, wide, 4, 4), torch.rand(1, up, 2, 2)
        assert stages[stage].up(y, stages[stage].down(x)[1]).shape == (1, up, 4, 4)
    assert stages[0].network is stages[1].network
    assert sum(parameter.numel() for parameter in stages.parameters()) == 16
    assert len(list(stages.state_dict())) == 1


def test_what_does_not_fit() -> None:
    with pytest.raises(
        ShapeError, match=r"of 8 channels cannot guide .* of 3 channels .*3 does not divide 8"
    ):
        create_resampling("m2o", 8, 3, channel_rule="mean")
    with pytest.raises(ShapeError, match=r"of 8 channels cannot guide .* of 4 channels; .*channel_rule"):
        create_resampling("m2o", 8, 4)
    with pytest.raises(ShapeError, match="max indices of 8 channels cannot guide"):
        create_resampling("max", 8, 4, channel_rule="mean")
    with pytest.raises(SpecError, match="unknown channel rule 'median'"):
        create_resampling("m2o", 8, 4, channel_rule="median")
    with pytest.raises(SpecError, match="unknown channel rule 'median'"):
        fit_channels(torch.rand(1, 4, 2, 2), 2, "median")


def test_every_rule_has_a_function() -> None:
    assert tuple(CHANNEL_RULES) == RULES
