"""A training step waits for nothing on a GPU, so that it can be recorded as a CUDA graph."""

import pytest
import torch

from tests.gpu_waits import Waits
from tools.bench.training import APPLICATIONS


@pytest.mark.parametrize("name", APPLICATIONS)
def test_loss_and_gradients_wait_for_nothing(name: str) -> None:
    application = APPLICATIONS[name]
    with torch.device("meta"):
        model, batch = application.build(application.operator, 0.1), application.draw(2, 64)
    with Waits() as waits:
        application.loss(model, batch).backward()
    assert waits.found == set()


def test_a_list_as_an_index_is_found() -> None:
    with Waits() as waits:
        torch.zeros(2, 9, device="meta")[:, [4, 5]]
    assert waits.found == {"aten.index.Tensor"}
