import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.inference.out_of_memory import SmallerTiles, is_out_of_memory


class Limited:
    """A mean over 5×5 pixels that has the memory for so many pixels."""

    def __init__(self, pixels: int, error: Exception) -> None:
        self.pixels, self.error = pixels, error
        self.tried: list[int] = []

    def __call__(self, x: Tensor) -> Tensor:
        self.tried.append(x.shape[-1] * x.shape[-2])
        if self.tried[-1] > self.pixels:
            raise self.error
        return F.avg_pool2d(x, 5, 1, 2, count_include_pad=False)


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried"),
    RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=["cuda", "cpu", "mps", "numpy"])
def test_smaller_tiles_give_the_same_result(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    x, limited = torch.rand(1, 1, 96, 128), Limited(3000, error)
    run = SmallerTiles(limited, 4, 2, 1)
    torch.testing.assert_close(run(x), F.avg_pool2d(x, 5, 1, 2, count_include_pad=False))
    assert sum(pixels > 3000 for pixels in limited.tried) <= 3  # halved until it fits
    assert "note: the device ran out of memory with 128x96 pixels; continuing with" in capsys.readouterr().err
    limited.tried.clear()
    run(x)
    assert max(limited.tried) <= 3000  # sizes that did not fit are not tried again


def test_a_memory_that_is_too_small_ends_in_one_line() -> None:
    run = SmallerTiles(Limited(10, ERRORS[0]), 16, 8)
    with pytest.raises(
        UserError, match="ran out of memory with 32x32 pixels, and tiles that share 16 pixels"
    ):
        run(torch.rand(1, 1, 96, 96))


def test_other_errors_are_not_caught() -> None:
    with pytest.raises(RuntimeError, match="shape"):
        SmallerTiles(Limited(10, RuntimeError("shape")), 16, 8)(torch.rand(1, 1, 96, 96))
    assert not is_out_of_memory(ValueError("out of memory"))
