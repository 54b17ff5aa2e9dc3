"""Record work as a CUDA graph, which the GPU repeats without waiting for Python."""

from collections.abc import Callable

import torch

__all__ = ["record_graph"]

_WARM_UPS = 3


def record_graph(call: Callable[[], object]) -> Callable[[], object]:
    """Record one call; the returned function repeats it with the same tensors.

    Args:
        call: launches work on the current CUDA device and waits for nothing.

    Raises:
        RuntimeError: the call waits for the device.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # as PyTorch demands: memory and plans of the warm-up stay outside
        for _ in range(_WARM_UPS):
            call()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        call()
    return graph.replay
