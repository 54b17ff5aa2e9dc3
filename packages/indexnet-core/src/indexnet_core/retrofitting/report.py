"""The report of a retrofit, as data and as a table."""

from dataclasses import dataclass

from indexnet_core.analysis.complexity import Complexity
from indexnet_core.resampling.channel_rule import ChannelRule

__all__ = ["PairReport", "RetrofitReport"]


@dataclass(frozen=True)
class PairReport:
    """One pair of a step down and a step up.

    Attributes:
        down: name of the step down.
        was_down: the network's original operation there.
        after: the module whose result the index network pools, if convolutions were strided; None if indexed
            pooling replaces a pooling.
        up: name of the step up.
        was_up: the network's original operation there.
        up_stays: whether that operation stays and the index map weighs its result, as for transposed
            convolutions and pixel shuffles; otherwise indexed upsampling replaces it.
        size: height and width of the larger map, for the example.
        channels, up_channels: widths of both features.
        index: "holistic", "depthwise", or "depthwise, by mean" where a channel rule fits the map to another
            width.
    """

    down: str
    was_down: str
    after: str | None
    up: str
    was_up: str
    up_stays: bool
    size: tuple[int, int]
    channels: int
    up_channels: int
    index: str


@dataclass(frozen=True)
class RetrofitReport:
    """The pairs with index networks, and the cost before and after.

    Attributes:
        network: class of the network.
        operator: name of the index network.
        pairs: a line for each step up.
        left_alone: steps by a factor of two that are unchanged.
        before, after: parameters and multiply-accumulates for the example. Convolutions that ran at stride 2,
            and the layers between them and the index network, run on four times as many pixels.
        channel_rule: how depthwise maps were fitted to decoders of another width.
        stride: height and width of an input must be multiples of it; None if it cannot be determined.
    """

    network: str
    operator: str
    pairs: tuple[PairReport, ...]
    left_alone: tuple[str, ...]
    before: Complexity
    after: Complexity
    channel_rule: ChannelRule | None = None
    stride: int | None = None

    def __str__(self) -> str:
        rows = [("down", "was", "then down after", "up", "was", "size", "channels", "map")]
        for pair in self.pairs:
            widths = f"{pair.channels} -> {pair.up_channels}"
            size = f"{pair.size[0]}x{pair.size[1]}"
            after = pair.after or "in its place"
            row = (pair.down, pair.was_down, after, pair.up, pair.was_up, size, widths, pair.index)
            rows.append(row)
        widest = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines = [
            f"{self.network}: {self.operator} in {len({pair.down for pair in self.pairs})} stages",
            *("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widest)).rstrip() for row in rows),
            f"parameters {self.before.parameters:,} -> {self.after.parameters:,}, "
            f"GFLOPs {self.before.gflops:.3f} -> {self.after.gflops:.3f} for the example",
        ]
        if self.stride is not None:
            lines.append(f"takes heights and widths that {self.stride} divides")
        if any(pair.after for pair in self.pairs):
            lines.append("strided convolutions run at stride 1 before the index network goes down")
        if any(pair.up_stays for pair in self.pairs):
            lines.append("transposed convolutions and pixel shuffles stay; index maps weigh their results")
        if self.left_alone:
            lines.append("left as they were: " + "; ".join(self.left_alone))
        return "\n".join(lines)
