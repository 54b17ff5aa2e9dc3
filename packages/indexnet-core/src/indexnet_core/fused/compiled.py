"""Build `slices.cpp` with the system's compiler, once for a machine, and call it.

The library is built in two seconds when a one-to-one index network first runs on the CPU in channels_last,
and kept in ``$INDEXNET_CACHE/core``, by default ``~/.cache/indexnet/core``. Without a compiler, or with the
environment variable ``INDEXNET_COMPILE=0``, plain PyTorch runs instead.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

__all__ = [
    "available",
    "moments",
    "moments_backward",
    "pool",
    "pool_backward",
    "upsample",
    "upsample_backward",
]

_SOURCE = Path(__file__).with_name("slices.cpp")
_COMPILERS = ("c++", "g++", "clang++")
# Not -ffast-math, which would change the treatment of denormal numbers in the whole process.
_FLAGS = (
    *("-O3", "-std=c++17", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros"),
    *("-fassociative-math", "-freciprocal-math"),
)
_MACHINE_FLAGS = (("-march=native", "-mprefer-vector-width=512"), ("-march=native",), ("-mcpu=native",), ())
_SECONDS = 120  # to wait for the compiler

_LANES = 256  # as in slices.cpp
_SERIAL = 2**16  # values of a map for which a second thread costs more than it saves


@lru_cache
def available() -> bool:
    """Whether there is a library to call; the first call may build it."""
    return os.environ.get("INDEXNET_COMPILE", "1") != "0" and _library() is not None


def pool(x: Tensor, table: Tensor, weighted: bool) -> tuple[Tensor, Tensor | None, Tensor]:
    """Predict the indices of one-to-one networks and pool with them.

    Args:
        x: feature, dense in channels_last, float32 or bfloat16.
        table: weights of the index function, see `slices`.
        weighted: whether to also return the weighted feature.

    Shape: x (B, C, H, W) -> pooled (B, C, H/2, W/2), weighted and the decoder's map (B, C, H, W)
    """
    channels, height, width = x.shape[1:]
    pooled = _empty(x, channels, height // 2, width // 2)
    full = torch.empty_like(x) if weighted else None
    decoder = torch.empty_like(x)
    packed = _pack(table, channels)
    _run("pool", pooled, channels, table, lambda part: (x, packed, pooled, full, decoder))
    return pooled, full, decoder


def pool_backward(
    grad: Tensor,
    grad_full: Tensor | None,
    grad_decoder: Tensor | None,
    x: Tensor,
    decoder: Tensor,
    table: Tensor,
) -> tuple[Tensor, Tensor]:
    """The gradients of x and of the table from those of the three results of `pool`."""
    grad_x = torch.empty_like(x)
    packed = _pack(table, x.shape[1])
    sums = torch.zeros(_parts(grad), *packed.shape, dtype=torch.float64)
    _run(
        "pool_backward",
        grad,
        x.shape[1],
        table,
        lambda part: (grad, grad_full, grad_decoder, x, decoder, packed, grad_x, sums[part]),
    )
    return grad_x, _unpack(sums, table, x.shape[1])


def moments(x: Tensor) -> Tensor:
    """Sums of the values x_q of all regions (rows 0 to 3) and of x_q·x_r for q ≤ r (rows 4 to 13).

    Shape: x (B, C, H, W) -> (14, C) in float64
    """
    small = x[:, :, ::2, ::2]
    sums = torch.zeros(_parts(small), -(-x.shape[1] // _LANES), 14 * _LANES, dtype=torch.float64)
    _run("moments", small, x.shape[1], None, lambda part: (x, sums[part]))
    return _sum_lanes(sums.unflatten(2, (14, _LANES)), x.shape[1])


def moments_backward(x: Tensor, table: Tensor) -> Tensor:
    """For every region, row q of a table (20, C) plus Σ_r row[4 + 4q + r]·x_r at position q."""
    grad_x = torch.empty_like(x)
    packed = _pack(table, x.shape[1])
    _run("moments_backward", x[:, :, ::2, ::2], x.shape[1], None, lambda part: (x, packed, grad_x))
    return grad_x


def upsample(y: Tensor, decoder: Tensor, maximum: bool = False) -> Tensor:
    """Upsample with a decoder's map; of r times as many channels as y, every r are merged: mean or maximum.

    Shape: y (B, C', h, w), decoder (B, C, 2h, 2w) -> (B, C', 2h, 2w)
    """
    result = _empty(y, y.shape[1], *decoder.shape[2:])
    _run("upsample", y, decoder.shape[1], None, lambda part: (y, decoder, result), maximum)
    return result


def upsample_backward(
    grad: Tensor, y: Tensor, decoder: Tensor, maximum: bool = False
) -> tuple[Tensor, Tensor]:
    """The gradients of y and of the decoder's map."""
    grad_y, grad_decoder = torch.empty_like(y), torch.empty_like(decoder)
    arguments = (grad, y, decoder, grad_y, grad_decoder)
    _run("upsample_backward", y, decoder.shape[1], None, lambda part: arguments, maximum)
    return grad_y, grad_decoder


def _empty(x: Tensor, channels: int, height: int, width: int) -> Tensor:
    shape = (x.shape[0], channels, height, width)
    return torch.empty(shape, dtype=x.dtype, memory_format=torch.channels_last)


def _pack(table: Tensor, channels: int) -> Tensor:
    """The table for every lane of a tile: (chunks of channels, rows, lanes) in float32."""
    wide = table.detach().float().expand(-1, channels)
    if channels < _LANES:
        wide = wide.repeat(1, _LANES // channels)
    chunks = -(-wide.shape[1] // _LANES)
    wide = torch.nn.functional.pad(wide, (0, chunks * _LANES - wide.shape[1]))
    return wide.unflatten(1, (chunks, _LANES)).transpose(0, 1).contiguous()


def _unpack(sums: Tensor, table: Tensor, channels: int) -> Tensor:
    """The gradient of a table from those of the lanes of all threads, (threads, chunks, rows, lanes)."""
    total = _sum_lanes(sums, channels)
    return (total if table.shape[1] > 1 else total.sum(1, keepdim=True)).to(table.dtype)


def _sum_lanes(sums: Tensor, channels: int) -> Tensor:
    """The sums of all lanes of a channel: (threads, chunks, rows, lanes) -> (rows, channels)."""
    lanes = sums.sum(0).transpose(0, 1).flatten(1)
    regions = max(1, _LANES // channels)
    return lanes[:, : regions * channels].unflatten(1, (regions, channels)).sum(1)


def _parts(small: Tensor) -> int:
    """The number of threads for a map, given at the size of pooled features."""
    rows = small.shape[0] * small.shape[2]
    return 1 if 4 * small.numel() < _SERIAL else min(torch.get_num_threads(), rows)


def _run(
    name: str,
    small: Tensor,
    channels: int,
    table: Tensor | None,
    arguments: Callable[[int], tuple[Tensor | None, ...]],
    maximum: bool = False,
) -> None:
    """Run a kernel on the rows of regions of all images, divided among threads.

    Args:
        name: of the kernel.
        small: a map with a value for each region.
        channels: of the feature that was pooled.
        table: weights of the index function, for kernels that read them.
        arguments: the tensors that thread number ``part`` gets.
        maximum: how channels of a map are merged.
    """
    kernel = getattr(_library(), f"{name}_{str(small.dtype).removeprefix('torch.')}")
    _, narrow, height, width = small.shape
    units = 0 if table is None or len(table) == 16 else len(table) // 24
    sizes = (ctypes.c_long * 5)(width, channels, narrow, units, maximum)
    rows, parts = small.shape[0] * height, _parts(small)

    def call(part: int) -> None:
        tensors = [ctypes.c_void_p(None if given is None else given.data_ptr()) for given in arguments(part)]
        first, last = rows * part // parts, rows * (part + 1) // parts
        kernel(*tensors, sizes, ctypes.c_long(first), ctypes.c_long(last))

    others = [_threads(parts - 1).submit(call, part) for part in range(1, parts)]
    call(0)
    for other in others:
        other.result()


@lru_cache
def _threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, thread_name_prefix="indexnet")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.cache_clear)  # a child process has none of the threads


@lru_cache
def _library() -> ctypes.CDLL | None:
    compiler = next(filter(None, map(shutil.which, (os.environ.get("CXX", ""), *_COMPILERS))), None)
    if compiler is None:
        return None
    try:
        return ctypes.CDLL(str(_built(compiler)))
    except (OSError, subprocess.SubprocessError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        warnings.warn(
            f"index networks run without compiled kernels, more slowly: {compiler} failed: "
            f"{reason.strip().splitlines()[-1] if reason.strip() else error}; INDEXNET_COMPILE=0 hides this",
            stacklevel=2,
        )
        return None


def _built(compiler: str) -> Path:
    """The library, built if it is not in the cache.

    Raises:
        OSError, subprocess.SubprocessError: it cannot be built or written.
    """
    version = subprocess.run(
        [compiler, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=True
    )
    key = "\n".join([_SOURCE.read_text(), *_FLAGS, compiler, version.stdout, _processor()])
    folder = _folder()
    library = folder / f"slices-{hashlib.sha256(key.encode()).hexdigest()[:16]}.so"
    if library.exists():
        return library
    with tempfile.TemporaryDirectory(dir=folder) as work:
        made = Path(work) / library.name
        for attempt in _MACHINE_FLAGS:
            command = [compiler, *_FLAGS, *attempt, str(_SOURCE), "-o", str(made)]
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS)
            if done.returncode == 0:
                break
        done.check_returncode()
        os.replace(made, library)  # whole or not at all, also beside another process that builds it
    return library


def _folder() -> Path:
    """The cache folder; a temporary one where that cannot be written."""
    try:
        base = Path(os.environ.get("INDEXNET_CACHE") or Path.home() / ".cache" / "indexnet")
        folder = base / "core"
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        pass
    return Path(tempfile.mkdtemp(prefix="indexnet-"))


def _processor() -> str:
    """The processor, since the library may use all of its instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))}))
