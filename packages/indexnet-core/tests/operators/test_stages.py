"""All stages of a model: shared and separate networks, and the state dict."""

import pytest
import torch

from indexnet_core import ResamplingStages, create_index_network
from indexnet_core.analysis.complexity import count_parameters
from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.operators.names import OPERATORS
from indexnet_core.resampling import IndexedResampling, MultiPointResampling

WIDTHS = [4, 6, 8]
MODELWISE = [name for name in OPERATORS if name.startswith("o2o-modelwise")]
STAGEWISE = [name for name in OPERATORS if name not in MODELWISE]


@pytest.mark.parametrize("name", MODELWISE)
def test_modelwise_is_one_network_registered_once(name: str) -> None:
    stages = ResamplingStages(name, WIDTHS)
    assert stages[0] is stages[1] is stages[2]
    network = create_index_network(name, 4)
    assert list(stages.state_dict()) == [f"stages.0.network.{key}" for key in network.state_dict()]
    assert count_parameters(stages) == count_parameters(network)
    kinds = (IndexedResampling, MultiPointResampling)
    assert sum(isinstance(module, kinds) for module in stages.modules()) == 1


@pytest.mark.parametrize("name", STAGEWISE)
def test_stagewise_has_one_operator_a_stage(name: str) -> None:
    stages = ResamplingStages(name, WIDTHS)
    assert len({id(stage) for stage in stages}) == 3
    assert [stage.channels for stage in stages] == WIDTHS
    keys = list(stages.state_dict())
    of_first = [key.removeprefix("stages.0.") for key in keys if key.startswith("stages.0.")]
    assert keys == [f"stages.{stage}.{key}" for stage in range(3) for key in of_first]
    pointers = [parameter.data_ptr() for parameter in stages.parameters()]
    assert len(set(pointers)) == len(pointers)


@pytest.mark.parametrize("name", OPERATORS)
def test_every_stage_works_at_its_width(name: str) -> None:
    stages = ResamplingStages(name, WIDTHS)
    for stage, width in zip(stages, WIDTHS, strict=True):
        x = torch.randn(2, width, 4, 6)
        pooled, guidance = stage.down(x)
        assert stage.up(pooled, guidance).shape == (2, width, *guidance.size)


def test_a_modelwise_network_learns_from_all_stages() -> None:
    stages = ResamplingStages("o2o-modelwise", WIDTHS)
    weight = next(stages.parameters())
    gradients = []
    for stage, width in zip(stages, WIDTHS):
        pooled, _ = stage.down(torch.randn(1, width, 4, 4))
        gradients.append(torch.autograd.grad(pooled.square().sum(), weight)[0])
    assert all(gradient.abs().sum() > 0 for gradient in gradients)


@pytest.mark.parametrize("name", OPERATORS)
def test_conv_stride(name: str) -> None:
    for k in (2, 3):
        wanted = k if name.startswith("stride") else 1
        assert ResamplingStages(name, WIDTHS, k=k).conv_stride == wanted


@pytest.mark.parametrize("name", ["max", "m2o", *MODELWISE])
def test_a_stage_that_does_not_fit_is_refused_with_both_numbers(name: str) -> None:
    with pytest.raises(ShapeError, match=r"of 8 channels cannot guide .* of 5 channels"):
        ResamplingStages(name, WIDTHS, [4, 6, 5])


@pytest.mark.parametrize("name", ["hin", "hmi", "max+deconv"])
def test_up_widths_go_to_their_stages(name: str) -> None:
    stages = ResamplingStages(name, WIDTHS, [3, 4, 5])
    assert [stage.up_channels for stage in stages] == [3, 4, 5]


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ShapeError, match="3 stages go down and 2 come up"):
        ResamplingStages("max", WIDTHS, [4, 6])


def test_unknown_operators_are_refused() -> None:
    with pytest.raises(SpecError, match="did you mean 'hin-nl'"):
        ResamplingStages("hin-ml", WIDTHS)


@pytest.mark.parametrize("stage", [-1, 3])
@pytest.mark.parametrize("name", ["max", "o2o-modelwise"])
def test_a_stage_beyond_the_last_is_an_error(name: str, stage: int) -> None:
    stages = ResamplingStages(name, WIDTHS)
    assert len(stages) == len(list(stages)) == 3
    with pytest.raises(IndexError, match=f"stage {stage} of 3"):
        stages[stage]


def test_options_reach_every_stage() -> None:
    stages = ResamplingStages("hin-nl", WIDTHS, k=3, expansion=1, normalization="softmax", pad=True)
    for stage in stages:
        assert isinstance(stage, IndexedResampling)
        assert (stage.k, stage.pad, stage.network.options.expansion) == (3, True, 1)
        assert stage.network.normalization == "softmax"


def test_no_stages_at_all() -> None:
    stages = ResamplingStages("o2o-modelwise", [])
    assert len(stages) == 0
    assert stages.conv_stride == 1
