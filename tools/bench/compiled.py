"""The fused kernels, compiled for a GPU that need not be there: registers, spills, widths of accesses.

A kernel reads and writes every value once, so it is as fast as its accesses are wide: 16 bytes of a thread at
once, or 8, and directly from registers, not through shared memory.
"""

import argparse
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import torch

from indexnet_engine.errors import UserError
from indexnet_engine.progress import progress_bar
from tools.bench.options import parse_sizes
from tools.bench.roofline import Indices
from tools.bench.rows import table
from tools.bench.variants import Variant

__all__ = ["CompiledKernel", "access_widths", "bench_kernels", "compile_kernels", "format_kernels"]

_NAMES = ("pool", "pool_backward", "upsample", "upsample_backward")


@dataclass(frozen=True)
class CompiledKernel:
    """One kernel, compiled for one kind of feature.

    Attributes:
        kernel: name of the function; pooling returns the feature for a skip connection, too.
        feature: batch, channels, height and width of the encoder feature.
        indices: depthwise or holistic.
        variant: precision and memory format.
        k: side of a region.
        registers: of a thread; a multiprocessor of sm_90 has 65,536.
        spilled: bytes of a thread that do not fit into registers.
        shared: bytes of shared memory.
        widths: bytes of a thread's access -> number of such accesses to global memory.
    """

    kernel: str
    feature: str
    indices: str
    variant: str
    k: int
    registers: int
    spilled: int
    shared: int
    widths: dict[int, int]


def bench_kernels(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Compile the fused kernels for a GPU that need not be there: registers, spills, widths of accesses."""
    sizes = parse_sizes(options.size)
    for (height, width), k in product(sizes, options.k):
        if height % k or width % k:
            raise UserError(f"--size must be divisible by --k {k}, got {width}x{height}")
    if find_spec("triton") is None:
        raise UserError("the fused kernels need Triton, which comes with PyTorch for CUDA")
    cases = list(
        product(options.channels, sizes, options.indices, options.precision, options.layout, options.k)
    )
    rows: list[CompiledKernel] = []
    with progress_bar(len(cases), "compiling", unit="feature") as bar:
        for channels, size, indices, precision, layout, k in cases:
            shape = (options.batch, channels, *size)
            rows += compile_kernels(shape, indices, Variant(precision, layout), k, options.target)
            bar.update()
    print(format_kernels(rows))
    return [asdict(row) for row in rows]


def compile_kernels(
    shape: tuple[int, int, int, int], indices: Indices, variant: Variant, k: int = 2, target: int = 90
) -> list[CompiledKernel]:
    """Compile the four kernels. Afterwards this process cannot use a GPU.

    Args:
        shape: of the encoder feature.
        indices: one map for each channel, or one for all.
        variant: precision and memory format, also of the logits.
        k: side of a region.
        target: compute capability times ten.
    """
    _replace_gpu(target)
    from indexnet_core.fused.triton_kernels import pooling, upsampling
    from indexnet_core.fused.triton_kernels.launch import launch_arguments
    from indexnet_core.fused.triton_tiles import WARPS

    batch, channels, height, width = shape
    x = variant.tensor(torch.empty(shape), "cpu")
    y = variant.tensor(torch.empty(batch, channels, height // k, width // k), "cpu")
    maps = channels if indices == "depthwise" else 1
    flat = variant.tensor(torch.empty(batch, k * k * maps, height // k, width // k), "cpu")
    logits = flat.unflatten(1, (k * k, maps))
    kernels = [
        (pooling.pool_kernel, [x, logits, y, x]),
        (pooling.pool_backward_kernel, [y, x, x, logits, x, logits]),
        (upsampling.upsample_kernel, [y, logits, x]),
        (upsampling.upsample_backward_kernel, [x, y, logits, y, logits]),
    ]
    rows = []
    for name, (kernel, tensors) in zip(_NAMES, kernels, strict=True):
        programs, arguments, constants = launch_arguments(tensors, tensors[0], logits, "sigmoid+softmax", k)
        compiled = kernel.warmup(*arguments, **constants, num_warps=WARPS, grid=(programs,))
        registers, spilled = _assemble(compiled.asm["ptx"], target)
        rows.append(
            CompiledKernel(
                name,
                "x".join(map(str, shape)),
                indices,
                str(variant),
                k,
                registers,
                spilled,
                compiled.metadata.shared,
                access_widths(compiled.asm["ptx"]),
            )
        )
    return rows


def access_widths(ptx: str) -> dict[int, int]:
    """Bytes of each access to global memory -> number of such accesses, widest first.

    >>> access_widths("ld.global.v4.b32 {%r1}, [%rd1];\\nst.global.b16 [%rd2], %h1;\\nadd.s32 %r1;")
    {16: 1, 2: 1}
    """
    found = re.findall(r"\b(?:ld|st)\.global[.\w:]*?(?:\.v(\d))?\.[bfsu](\d+)\b", ptx)
    widths = Counter(int(several or 1) * int(bits) // 8 for several, bits in found)
    return dict(sorted(widths.items(), reverse=True))


def format_kernels(rows: Sequence[CompiledKernel]) -> str:
    """A Markdown table."""
    return table(
        ["kernel", "feature", "k", "indices", "variant", "registers", "spilled", "shared", "accesses"],
        [
            [
                row.kernel,
                row.feature,
                str(row.k),
                row.indices,
                row.variant,
                str(row.registers),
                str(row.spilled),
                str(row.shared),
                ", ".join(f"{count} of {width} B" for width, count in row.widths.items()),
            ]
            for row in rows
        ],
    )


def _assemble(ptx: str, target: int) -> tuple[int, int]:
    """Registers, and spilled bytes, of a thread, as NVIDIA's assembler reports them."""
    from triton import knobs

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "kernel.ptx"
        file.write_text(ptx, encoding="utf-8")
        name = re.search(r"^\.target (\w+)", ptx, re.MULTILINE)
        done = subprocess.run(
            [
                knobs.nvidia.ptxas.path,
                "-v",
                f"--gpu-name={name[1] if name else f'sm_{target}'}",
                str(file),
                "-o",
                str(file.with_suffix(".cubin")),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    registers = re.search(r"Used (\d+) registers", done.stderr)
    spilled = re.search(r"(\d+) bytes spill stores", done.stderr)
    if registers is None or spilled is None:
        raise UserError(f"the assembler of CUDA reports no registers: {done.stderr}")
    return int(registers[1]), int(spilled[1])


def _replace_gpu(target: int) -> None:
    """Put a stand-in with what Triton's compiler asks for in the place of a GPU's driver."""
    from triton.backends.compiler import GPUTarget
    from triton.runtime import driver

    class NoGPU:
        def get_current_target(self) -> Any:
            return GPUTarget("cuda", target, 32)

        def get_current_device(self) -> int:
            return 0

        def get_current_stream(self, device: int) -> int:
            return 0

    driver.set_active(NoGPU())
