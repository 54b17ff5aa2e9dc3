"""The time of a run, by operator."""

from collections.abc import Callable, Mapping

from torch.profiler import ProfilerActivity, profile

__all__ = ["format_shares", "operator_shares"]


def operator_shares(call: Callable[[], object], device: str) -> dict[str, float]:
    """Each operator's share of the time of a second run, without the operators it calls; largest first.

    CPU time of the calling thread, or the GPU's time.

    >>> import torch
    >>> shares = operator_shares(lambda: torch.ones(64, 64) @ torch.ones(64, 64), "cpu")
    >>> "mm" in shares, round(sum(shares.values()), 6)
    (True, 1.0)
    """
    call()
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device == "cuda" else [])]
    with profile(activities=activities) as profiler:
        call()
    figure = "self_device_time_total" if device == "cuda" else "self_cpu_time_total"
    seconds = {event.key: float(getattr(event, figure)) for event in profiler.key_averages()}
    total = sum(seconds.values())
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return {name.removeprefix("aten::"): time / total for name, time in ordered if time > 0}


def format_shares(shares: Mapping[str, float], count: int = 8) -> str:
    """Format the largest shares and the sum of the others as one line.

    >>> format_shares({"convolution": 0.75, "mul": 0.15, "add": 0.1}, count=2)
    'convolution 75%, mul 15%, others 10%'
    """
    largest = dict(list(shares.items())[:count])
    largest["others"] = 1 - sum(largest.values())
    return ", ".join(f"{name} {share:.0%}" for name, share in largest.items() if round(share, 2) > 0)
