"""A training step waits for nothing on a GPU, so that it can be recorded as a CUDA graph."""

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tools.bench.training import APPLICATIONS


class Waits(TorchDispatchMode):
    """Collect operations that read a value, index by a list or a mask, or copy between devices."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        result = func(*args, **(kwargs or {}))
        tensors = [leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, Tensor)]
        devices = {tensor.device.type for tensor in tensors if tensor.ndim or tensor.device.type != "cpu"}
        reads = ("index.", "index_put", "nonzero", "_local_scalar_dense", "masked_select")
        if len(devices) > 1 or any(name in str(func) for name in reads):
            self.found.add(str(func))
        return result


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
