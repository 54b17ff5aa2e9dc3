"""The Triton kernels compared with normalisation, IP and IU with autograd.

When Triton is imported, it decides for the whole process whether kernels are interpreted. So this file is
also a program: ``python test_triton_kernels.py cpu|cuda SHARD`` runs a share of the checks and prints
failures.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import cycle, product
from pathlib import Path
from types import ModuleType
from typing import Literal, NamedTuple, get_args

import pytest
import torch
from torch import Tensor

from indexnet_core.functional.indexed import Normalization, indexed_pool, indexed_upsample, normalize_index

needs_triton = pytest.mark.skipif(find_spec("triton") is None, reason="needs Triton, which comes with CUDA")
NORMALIZATIONS: tuple[Normalization, ...] = get_args(Normalization)
SHARDS = 8
"""Processes that share the checks: each kernel is compiled for each kind of input."""
TOLERANCES = {torch.float64: 1e-10, torch.float32: 1e-5, torch.float16: 1e-3, torch.bfloat16: 6e-3}
"""The arithmetic is at least float32, so half precision only adds the rounding of the result."""

Layout = Literal["contiguous", "channels_last", "strided", "expanded", "cropped", "gaps"]
Gradients = Literal["both", "pooled", "weighted"]


class Case(NamedTuple):
    """One set of inputs."""

    normalization: Normalization = "sigmoid+softmax"
    k: int = 2
    holistic: bool = False
    layout: Layout = "contiguous"
    dtype: torch.dtype = torch.float32
    logits_dtype: torch.dtype | None = None
    size: tuple[int, int, int, int] = (1, 3, 2, 3)
    gradients: Gradients = "both"
    scale: float = 1.0


def cases() -> Iterator[Case]:
    """All of Table 4, both kinds of maps and the layouts in float64; some in other types and sizes."""
    gradients, layouts = cycle(get_args(Gradients)), cycle(get_args(Layout)[:4])
    for normalization, holistic in product(NORMALIZATIONS, (False, True)):
        for layout in ("contiguous", "channels_last", "strided"):
            yield Case(normalization, 2, holistic, layout, torch.float64, gradients=next(gradients))
        yield Case(normalization, 3, holistic, next(layouts), torch.float64, gradients=next(gradients))
    for normalization, k, holistic in product(NORMALIZATIONS, (2, 3), (False, True)):
        yield Case(normalization, k, holistic, next(layouts), torch.float32, gradients=next(gradients))
    for dtype in (torch.float16, torch.bfloat16):
        yield Case(layout="contiguous", dtype=dtype)
        yield Case("softmax", 3, True, "channels_last", dtype)
    yield Case("sigmoid", logits_dtype=torch.bfloat16)  # as under autocast
    yield Case("softmax", 2, True, "channels_last", torch.bfloat16, torch.float32)
    yield Case(k=4, layout="channels_last")
    yield Case("softmax", 4, True)
    yield Case(layout="expanded", dtype=torch.float64)
    yield Case("softmax", scale=300.0)
    yield Case("sigmoid+softmax", scale=300.0)
    # More than one block: of regions, of channels, of both; sides that no block divides.
    yield Case(size=(2, 2, 17, 19), dtype=torch.float64)
    yield Case(size=(1, 33, 3, 5), dtype=torch.float64)
    yield Case(size=(1, 136, 1, 5), layout="channels_last")
    yield Case(size=(1, 40, 2, 4), layout="channels_last", holistic=True, dtype=torch.float64)
    yield Case(size=(1, 24, 2, 4), layout="channels_last", dtype=torch.bfloat16)
    # Widths that 16 does not divide: aligned to 2, 4 and 8 columns, of maps with and without gaps.
    for layout in ("contiguous", "strided", "cropped", "gaps"):
        yield Case(size=(2, 3, 4, 20), layout=layout)
        yield Case("softmax", size=(2, 3, 4, 6), layout=layout, holistic=True)
        yield Case("softmax", 4, size=(1, 2, 3, 8), layout=layout)
    yield Case(size=(2, 35, 1, 9), holistic=True)


def check(case: Case, device: str) -> None:
    """Compare all four functions with autograd in float64; check type and strides of their results."""
    kernels = load()
    batch, channels, height, width = case.size
    k, dtype, tolerance = case.k, case.dtype, TOLERANCES[case.dtype]
    normalization = case.normalization
    generator = torch.Generator(device).manual_seed(0)

    def draw(*shape: int, dtype: torch.dtype = dtype) -> Tensor:
        return lay_out(torch.randn(shape, generator=generator, device=device, dtype=dtype), case.layout)

    x, y = draw(batch, channels, k * height, k * width), draw(batch, channels, height, width)
    width_of_map = 1 if case.holistic else channels
    logits_dtype = case.logits_dtype or dtype
    logits = draw(batch, k * k * width_of_map, height, width, dtype=logits_dtype) * case.scale
    logits = logits.unflatten(1, (k * k, width_of_map))

    x64, y64, logits64 = (t.detach().double().requires_grad_() for t in (x, y, logits))
    encoder, decoder = normalize_index(logits64.transpose(1, 2).flatten(1, 2), normalization, k)

    def compare(name: str, found: Tensor, wanted: Tensor, like: Tensor, dtype: torch.dtype = dtype) -> None:
        assert found.dtype == dtype, name
        if like.is_contiguous() or like.is_contiguous(memory_format=torch.channels_last):
            assert same_order(found, like), f"{name}: strides {found.stride()}, expected as {like.stride()}"
        bound = max(tolerance, TOLERANCES[dtype])
        torch.testing.assert_close(
            found.double(), wanted, rtol=bound, atol=bound, msg=lambda m: f"{name}: {m}"
        )

    product64 = x64 * encoder
    pooled, weighted = kernels.pool(x, logits, normalization, k, case.gradients != "pooled")
    wanted = indexed_pool(x64, encoder, k)
    compare("pooled", pooled, wanted, x)
    if weighted is not None:
        compare("weighted", weighted, product64, x)
    assert (weighted is None) == (case.gradients == "pooled")

    upper = [None if case.gradients == "weighted" else draw(*y.shape)]
    upper.append(None if case.gradients == "pooled" else draw(*x.shape))
    loss = sum((g.double() * t).sum() for g, t in zip(upper, (wanted, product64)) if g is not None)
    wanted_x, wanted_logits = torch.autograd.grad(loss, (x64, logits64), retain_graph=True)
    grad_x, grad_logits = kernels.pool_backward(*upper, x, logits, normalization, k)
    compare("pool's gradient of x", grad_x, wanted_x, x)
    compare("pool's gradient of the logits", grad_logits, wanted_logits, logits, logits_dtype)

    wanted = indexed_upsample(y64, decoder, k)
    compare("upsampled", kernels.upsample(y, logits, normalization, k), wanted, y)
    grad = draw(*x.shape)
    wanted_y, wanted_logits = torch.autograd.grad(wanted, (y64, logits64), grad.double())
    grad_y, grad_logits = kernels.upsample_backward(grad, y, logits, normalization, k)
    compare("upsample's gradient of y", grad_y, wanted_y, y)
    compare("upsample's gradient of the logits", grad_logits, wanted_logits, logits, logits_dtype)


def lay_out(x: Tensor, layout: Layout) -> Tensor:
    """The same shape in another order of memory; an expanded map's values repeat along the width."""
    if layout == "channels_last":
        return x.to(memory_format=torch.channels_last)
    if layout == "strided":
        larger = x.new_full((x.shape[0], x.shape[3], x.shape[2] + 1, 2 * x.shape[1]), torch.nan)
        view = larger[:, :, 1:, ::2].transpose(1, 3)
        return view.copy_(x)
    if layout in ("cropped", "gaps"):  # rows of another length; rows that 16 divides
        longer = x.shape[-1] + 1 if layout == "cropped" else -(-x.shape[-1] // 16) * 16
        return x.new_full((*x.shape[:-1], longer), torch.nan)[..., : x.shape[-1]].copy_(x)
    return x[..., :1].expand_as(x) if layout == "expanded" else x


def same_order(a: Tensor, b: Tensor) -> bool:
    """Whether the dimensions longer than 1 of two maps have the same order in memory."""
    long = [d for d in range(a.ndim) if a.shape[d] > 1 and b.shape[d] > 1]
    return sorted(long, key=lambda d: a.stride(d)) == sorted(long, key=lambda d: b.stride(d))


def check_empty(device: str) -> None:
    """Empty maps are no error; a map that no channel uses has the gradient 0."""
    kernels = load()
    for shape in ((0, 3, 2, 2), (2, 0, 2, 2), (2, 3, 0, 2), (2, 3, 2, 0)):
        batch, channels, height, width = shape
        x = torch.ones(batch, channels, 2 * height, 2 * width, device=device)
        y = torch.ones(shape, device=device)
        for width_of_map in (1, channels):
            logits = torch.ones(batch, 4, width_of_map, height, width, device=device)
            pooled, weighted = kernels.pool(x, logits, "softmax", 2, True)
            assert (pooled.shape, weighted.shape) == (y.shape, x.shape)
            assert kernels.upsample(y, logits, "softmax", 2).shape == x.shape
            for grads in (
                kernels.pool_backward(y, x, x, logits, "softmax", 2),
                kernels.upsample_backward(x, y, logits, "softmax", 2),
            ):
                assert all((grad == 0).all() for grad in grads)


def check_far(device: str) -> None:
    """Offsets beyond 32 bits in channels, rows and images; most of the memory is never accessed."""
    kernels = load()
    far = 5 * 2**29
    storage = torch.empty(far, dtype=torch.float16, device=device)
    x = torch.randn(3, 3, 16, 4, device=device)
    logits = torch.randn(3, 4, 3, 8, 2, device=device)
    wanted = kernels.pool(x.half(), logits, "softmax", 2, True)
    for dimension in (0, 1, 2):
        stride = [192, 64, 4, 1]
        stride[dimension] = (far - 1024) // (x.shape[dimension] - 1)
        view = storage.as_strided(x.shape, stride)
        view.copy_(x)
        found = kernels.pool(view, logits, "softmax", 2, True)
        assert all(torch.equal(a, b) for a, b in zip(found, wanted)), f"dimension {dimension}"


def load() -> ModuleType:
    """Import the kernels on demand."""
    from indexnet_core.fused import triton_kernels as kernels

    return kernels


def main(what: str, shard: int) -> int:
    """Run a share of the checks and print each failure."""
    checks = {str(case): lambda case=case: check(case, what) for case in cases()}
    checks |= {"empty": lambda: check_empty(what), "far": lambda: check_far(what)}
    failures, mine = 0, list(checks.items())[shard::SHARDS]
    for name, run in mine:
        try:
            run()
        except Exception as error:
            failures += 1
            print(f"{name}\n  {type(error).__name__}: {error}")
    print(f"{len(mine)} checked, {failures} failed")
    return min(failures, 1)


def run_this_file(what: str, shard: int, tmp_path: Path, **environment: str) -> None:
    """Run this file in a fresh process, which prints a line for each failure."""
    variables = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, __file__, what, str(shard)],
        env={**variables, "TRITON_CACHE_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@needs_triton
@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_kernels_in_the_interpreter(shard: int, tmp_path: Path) -> None:
    run_this_file("cpu", shard, tmp_path, TRITON_INTERPRET="1")


@needs_triton
@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("shard", range(SHARDS))
def test_kernels_on_a_gpu(shard: int, tmp_path: Path) -> None:
    run_this_file("cuda", shard, tmp_path)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2])))
