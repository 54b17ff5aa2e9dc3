"""A decoder that mirrors its encoder, as SegNet's does."""

from collections.abc import Callable, Iterable, Sequence

from torch import Tensor, nn

from indexnet_core import Guidance, ResamplingStages

__all__ = ["encode_and_decode"]


def encode_and_decode(
    x: Tensor,
    encoder: Iterable[nn.Module],
    resampling: ResamplingStages,
    decoder: Sequence[nn.Module] | nn.ModuleList,
    bottom: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Downsample after each stage of the encoder and upsample before the matching stage of the decoder.

    Args:
        x: input of the first stage.
        encoder: the stages, from full resolution down.
        resampling: the resampling of each stage.
        decoder: the stages in the order of the encoder, so that the last one runs first.
        bottom: the layers between encoder and decoder.

    Shape: x (B, C, H, W) -> (B, C', H, W), where 2 to the number of stages divides H and W
    """
    guidances: list[Guidance] = []
    for stage, layers in enumerate(encoder):
        # (B, C, H/2^s, W/2^s) -> (B, C, H/2^(s+1), W/2^(s+1))
        x, guidance = resampling[stage].down(layers(x))
        guidances.append(guidance)
    if bottom is not None:
        x = bottom(x)
    for stage in reversed(range(len(decoder))):
        x = decoder[stage](resampling[stage].up(x, guidances.pop()))
    return x
