import pytest
import torch
from torch import nn

from indexnet_core.hooks import observing


def network() -> nn.Sequential:
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout())
    model[1].eval()  # a frozen part stays frozen
    return model


def test_the_hook_sees_calls_and_no_gradient_is_kept() -> None:
    model, seen = network(), []
    with observing(
        model, [model[0]], lambda layer, args, output: seen.append((layer, args[0].shape, output))
    ):
        assert not any(module.training for module in model.modules())
        model(torch.rand(1, 1, 5, 5))
    assert [(layer, shape) for layer, shape, _ in seen] == [(model[0], (1, 1, 5, 5))]
    assert not seen[0][2].requires_grad


@pytest.mark.parametrize("fails", [False, True])
def test_modes_statistics_and_hooks_are_as_before(fails: bool) -> None:
    model, calls = network(), []
    before = {name: value.clone() for name, value in model.state_dict().items()}
    try:
        with observing(model, [model[0]], lambda *_: calls.append(1)):
            model(torch.rand(1, 1, 5, 5))
            if fails:
                raise RuntimeError
    except RuntimeError:
        pass
    assert [module.training for module in model.modules()] == [True, True, False, True]
    model.eval()(torch.rand(1, 1, 5, 5))
    assert len(calls) == 1
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
