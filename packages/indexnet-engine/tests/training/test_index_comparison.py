import numpy as np
import torch
from torch import Tensor

from indexnet_core import ResamplingStages
from indexnet_engine.models.dense_network import DenseNetwork
from indexnet_engine.training.index_comparison import IndexComparison, decoder_index_maps


class OneStage(DenseNetwork):
    def __init__(self, resampling: str) -> None:
        super().__init__(2)
        self.stages = ResamplingStages(resampling, [3])

    def estimate(self, x: Tensor) -> Tensor:
        y, guidance = self.stages[0].down(x)
        return self.stages[0].up(y, guidance)


def test_a_map_for_each_stage_of_any_size() -> None:
    (picture,) = decoder_index_maps(OneStage("hin"), torch.rand(1, 3, 5, 8))
    assert picture.shape == (6, 8)
    assert 0 <= picture.min() <= picture.max() <= 1


def test_the_maps_before_training_stand_above_those_of_now() -> None:
    model = OneStage("hin")
    x = torch.rand(1, 3, 8, 8)
    comparison = IndexComparison(model, lambda model: decoder_index_maps(model, x), height=16)
    before = comparison.pictures(model)["index"]
    torch.nn.init.normal_(next(model.parameters()))
    now = comparison.pictures(model)["index"]
    middle = len(now) // 2
    assert np.array_equal(now[:middle], before[:middle])
    assert not np.array_equal(now[middle:], before[middle:])


def test_no_picture_without_index_networks() -> None:
    model = OneStage("max")
    comparison = IndexComparison(model, lambda model: decoder_index_maps(model, torch.rand(1, 3, 8, 8)), 16)
    assert comparison.pictures(model) == {}
