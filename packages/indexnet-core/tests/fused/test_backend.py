"""A kernel that fails is replaced by eager PyTorch, with one warning."""

import sys
import warnings
from types import ModuleType
from typing import NoReturn

import pytest
import torch
from torch import Tensor

from indexnet_core.fused import backend, eager, pool_by_logits
from indexnet_core.fused.backend import LARGEST_K, run_fused


class OnGpu(Tensor):
    """A tensor on the CPU that says that it is on a GPU."""

    @property
    def device(self) -> torch.device:  # type: ignore[override]
        return torch.device("cuda")


def kernels(error: Exception | None) -> ModuleType:
    """Stand-ins for the kernels, which count their calls and raise an error."""
    module = ModuleType("indexnet_core.fused.triton_kernels")
    module.calls = 0

    def upsample(*arguments: object) -> Tensor:
        module.calls += 1
        if error is not None:
            raise error
        return torch.zeros(())

    module.upsample = upsample
    return module


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    def install(error: Exception | None) -> ModuleType:
        module = kernels(error)
        monkeypatch.setattr(backend, "_broken", False)
        monkeypatch.setattr(backend, "_triton_kernels", lambda: module)
        return module

    return install


def upsample(k: int = 2) -> tuple[Tensor, Tensor]:
    y, logits = torch.rand(1, 3, 2, 2), torch.randn(1, k * k, 3, 2, 2)
    found = run_fused("upsample", y.as_subclass(OnGpu), y, logits, "sigmoid", k, k=k)
    return found, eager.upsample(y, logits, "sigmoid", k)


@pytest.mark.parametrize(
    "error", [RuntimeError("no C compiler\nfound"), OSError("libcuda.so"), ImportError("triton")], ids=repr
)
def test_a_kernel_that_fails_is_replaced_with_one_warning(use, error: Exception) -> None:
    module = use(error)
    with pytest.warns(RuntimeWarning, match=str(error).splitlines()[0]) as caught:
        found, wanted = upsample()
    assert len(caught) == 1
    assert "\n" not in str(caught[0].message)
    assert torch.equal(found, wanted)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found, wanted = upsample()
    assert torch.equal(found, wanted)
    assert module.calls == 1


def test_kernels_that_work_are_used(use) -> None:
    module = use(None)
    assert upsample()[0].ndim == 0
    assert module.calls == 1


def test_large_regions_use_eager_pytorch(use) -> None:
    module = use(None)
    found, wanted = upsample(LARGEST_K + 1)
    assert torch.equal(found, wanted)
    assert module.calls == 0


def test_memory_that_runs_out_is_no_broken_kernel(use) -> None:
    use(torch.OutOfMemoryError("4 GB"))
    with pytest.raises(torch.OutOfMemoryError, match="4 GB"):
        upsample()
    assert not backend._broken


def test_without_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.utils._triton.has_triton", lambda: False)
    assert backend._triton_kernels() is None


def test_the_cpu_never_asks_for_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(backend, "_triton_kernels", fail)
    pool_by_logits(torch.rand(1, 3, 4, 4), torch.randn(1, 4, 3, 2, 2))
    assert "triton" not in vars(sys.modules["indexnet_core.fused.backend"])
