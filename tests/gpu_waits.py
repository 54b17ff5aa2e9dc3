"""Finding operations that wait for a GPU, without a GPU: on tensors of the meta device."""

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

__all__ = ["Waits"]


class Waits(TorchDispatchMode):
    """Collect the operations that wait for a GPU, which a CUDA graph cannot capture: values that Python
    reads, indexing by lists and masks, copies between devices."""

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
