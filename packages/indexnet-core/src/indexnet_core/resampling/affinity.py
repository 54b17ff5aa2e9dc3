"""A2U: affinity-aware upsampling and downsampling (Dai, Lu, Shen, CVPR 2021)."""

from typing import Literal, get_args

from torch import Tensor, nn

from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.functional.index_functions import unshuffle
from indexnet_core.functional.indexed import softmax_positions
from indexnet_core.initialization import initialize
from indexnet_core.resampling.base import Guidance, Resampling, required_index
from indexnet_core.resampling.reassembly import reassemble, reassemble_down

__all__ = ["AffinityKernels", "AffinityResampling", "Sharing"]

Sharing = Literal["shared", "unshared"]


class AffinityKernels(nn.Module):
    """Predicts kernels from second-order features: pairwise similarities within a neighbourhood.

    With x_i, x_j ∈ ℝ^C the features of two points of a neighbourhood, each number of a kernel is a bilinear
    form Σ_i Σ_j a_ij·sim(x_i, x_j) of similarities, sim(x_i, x_j) = ⟨x_i, x_j⟩, of rank one, a_ij = u_i·v_j.
    So it factors into ⟨Σ_i u_i·x_i, Σ_j v_j·x_j⟩: two convolutions, a product, and a sum over channels.
    ``shared`` has the same u and v for all channels, ``unshared`` (the authors' other published setting)
    different ones for each.

    The neighbourhood is 3k × 3k, the region and all its neighbours (6 × 6 for k = 2 in the published
    configuration, for kernels of 3 × 3). The inner product is divided by C, so that its scale does not grow
    with the width.

    Parameters: 2·(3k)²·s²k², s = 3, that is 2,592 for k = 2, and C times as many when ``unshared``; no bias.
    By the convention of `measure_complexity` the multiply-accumulates are these numbers times H/k·W/k: like
    shared one-to-one index networks the shared convolutions fold channels into the batch and count once.
    Both embeddings are kept for the backward pass, together 2·s² = 18 times the size of x.

    Args:
        channels: width C of the feature map that is read.
        sharing: whether the channels share u and v.
        k: side of a region.

    Shape: x (B, C, H, W) -> (B, s², k², H/k, W/k), unnormalised
    """

    side = 3
    """Side s of a kernel (the published configuration)."""

    def __init__(self, channels: int, sharing: Sharing = "shared", k: int = 2) -> None:
        super().__init__()
        if sharing not in get_args(Sharing):
            raise SpecError(f"a2u: sharing must be one of {get_args(Sharing)}, got {sharing!r}")
        self.channels = channels
        self.sharing = sharing
        self.k = k
        slices = 1 if sharing == "shared" else channels
        count = self.side**2 * k**2
        # A 3k × 3k convolution of stride k is a 3 × 3 convolution of the pixel-unshuffled map, which takes
        # half the time; each weight (·, 1, 3k, 3k) is stored pixel-unshuffled.
        self.u, self.v = (
            nn.Conv2d(slices * k**2, slices * count, 3, padding=1, groups=slices, bias=False) for _ in "uv"
        )
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Multiply both embeddings and sum over channels."""
        batch, channels = x.shape[:2]
        if channels != self.channels:
            raise ShapeError(f"these affinity kernels are for {self.channels} channels, got {channels}")
        regions = unshuffle(x, self.k)  # (B, k²·C, H/k, W/k)
        kernel = (self.side**2, self.k**2)
        if self.sharing == "shared":
            slices = regions.unflatten(1, (channels, -1)).flatten(0, 1)
            alike = self.u(slices) * self.v(slices)
            return alike.unflatten(0, (batch, channels)).mean(1).unflatten(1, kernel)
        alike = self.u(regions) * self.v(regions)
        return alike.unflatten(1, (channels, *kernel)).mean(1)

    def extra_repr(self) -> str:
        """Width and sharing, for printing."""
        return f"channels={self.channels}, sharing={self.sharing!r}"


class AffinityResampling(Resampling):
    """A2U: the encoder's feature predicts the kernels of both downsampling and upsampling.

    Up: each point of a region is a mean of the 3 × 3 values around the region's own, weighted by a softmax
    (affinity is the softmax of similarity), with one kernel for all channels, so that a decoder of any width
    fits. Down: a region's value is a weighted mean of the 3k × 3k points around it.

    Published: the bilinear form of rank one, the inner product and the softmax, the sizes 3 and 6, one group
    of channels, both settings of ``sharing``, and that the operator extends to downsampling. Not published:
    the kernels of downsampling. Here, as in index networks, one
    prediction serves both: downsampling connects the same points as upsampling (`reassemble_down`), with
    a softmax over all 9k² points. Variants that predict u and v from the content are not implemented.

    Args:
        channels, up_channels, k, pad: as in `Resampling`.
        sharing: see `AffinityKernels`.
    """

    def __init__(
        self,
        channels: int,
        up_channels: int | None = None,
        *,
        sharing: Sharing = "shared",
        k: int = 2,
        pad: bool = False,
    ) -> None:
        super().__init__(channels, up_channels, k=k, pad=pad)
        self.affinity = AffinityKernels(channels, sharing, k)

    def _down(self, x: Tensor, skip: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        logits = self.affinity(x)
        weights = softmax_positions(logits.flatten(1, 2)).unflatten(1, logits.shape[1:3])
        return reassemble_down(x, weights, self.k), logits, x if skip else None

    def _up(self, y: Tensor, guidance: Guidance) -> Tensor:
        return reassemble(y, softmax_positions(required_index(guidance, Tensor)), self.k)
