"""The resamplings of all stages of a model."""

from collections.abc import Sequence

from torch import nn

from indexnet_core.errors import ShapeError
from indexnet_core.functional.indexed import Normalization
from indexnet_core.initialization import Init
from indexnet_core.operators.names import parse_operator
from indexnet_core.operators.resampling import create_resampling
from indexnet_core.resampling.base import Resampling
from indexnet_core.resampling.channel_rule import ChannelRule

__all__ = ["ResamplingStages"]


class ResamplingStages(nn.Module):
    """The resampling of every stage of an encoder-decoder, by one operator.

    Here stagewise and modelwise sharing (Fig. 5) differ: ``o2o-modelwise`` is one network, registered once,
    which every stage uses.

    Args:
        operator: a name that `parse_operator` knows.
        channels: widths of the features that are downsampled, from the first stage to the last.
        up_channels: widths of the features that are upsampled, in the same order; ``channels`` if not given.
        k, expansion, normalization, init, pad, channel_rule: as for `create_resampling`.

    Raises:
        SpecError: if the operator is unknown.
        ShapeError: if it cannot guide a stage, or the lists differ in length; the message names both numbers.

    >>> stages = ResamplingStages("o2o-modelwise", [64, 128, 256])
    >>> len(stages), stages[0] is stages[2], sum(p.numel() for p in stages.parameters())
    (3, True, 16)
    """

    def __init__(
        self,
        operator: str,
        channels: Sequence[int],
        up_channels: Sequence[int] | None = None,
        *,
        k: int = 2,
        expansion: int = 2,
        normalization: Normalization = "sigmoid+softmax",
        init: Init = "he",
        pad: bool = False,
        channel_rule: ChannelRule | None = None,
    ) -> None:
        super().__init__()
        spec = parse_operator(operator)
        up_channels = channels if up_channels is None else up_channels
        if len(up_channels) != len(channels):
            raise ShapeError(f"{len(channels)} stages go down and {len(up_channels)} come up")
        stages = [
            create_resampling(
                spec,
                wide,
                up,
                k=k,
                expansion=expansion,
                normalization=normalization,
                init=init,
                pad=pad,
                channel_rule=channel_rule,
            )
            for wide, up in zip(channels, up_channels, strict=True)
        ]
        self.operator = spec.name
        self._length = len(stages)
        self._shared = spec.modelwise
        self.stages = nn.ModuleList(stages[:1] if self._shared else stages)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, stage: int) -> Resampling:
        if not 0 <= stage < self._length:
            raise IndexError(f"stage {stage} of {self._length}")
        resampling = self.stages[0 if self._shared else stage]
        return resampling  # type: ignore[return-value]  # ModuleList is not generic

    @property
    def conv_stride(self) -> int:
        """The stride of the network's own convolution before each stage."""
        return self[0].conv_stride if self._length else 1

    def extra_repr(self) -> str:
        """Operator and number of stages, for printing."""
        return f"operator={self.operator!r}, stages={self._length}"
