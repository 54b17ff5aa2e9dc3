"""Index networks for multi-point indexed upsampling (Section 5.5, point 4)."""

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core.errors import ShapeError
from indexnet_core.functional.index_functions import bilinear_index
from indexnet_core.functional.indexed import Normalization, check_normalization, normalize_index
from indexnet_core.functional.multi_point import own_positions
from indexnet_core.functional.padding import check_divisible
from indexnet_core.initialization import Init, initialize
from indexnet_core.networks.block import BlockOptions, index_block
from indexnet_core.networks.fast_forward import run_block
from indexnet_core.operators import Family

__all__ = ["MultiPointIndexNetwork", "MultiPointMaps"]


class MultiPointMaps(NamedTuple):
    """What a multi-point index network predicts for one stage; C is 1 where it is holistic.

    Attributes:
        encoder: index map of indexed pooling, (B, C, H, W).
        decoder: of the kernels, the indices with which a region weighs its own value, (B, C, H, W); with all
            others at zero this is the map of single-point upsampling.
        kernels: the kernels of `multi_point_upsample`, (B, C, s², H/k, W/k).
    """

    encoder: Tensor
    decoder: Tensor
    kernels: Tensor


class MultiPointIndexNetwork(nn.Module):
    """Any family of index networks with s² instead of k² columns (Figs. 6 and 7), s = 2k − 1.

    The paper only says that the size of the indices should be odd, 3 × 3 for an upsampling factor of 2, and
    leaves the rest to "further investigations". Here every region gets s² indices: the k² with which it
    weighs its own value are those of the paper and serve encoder and decoder; the other s² − k² weigh its
    neighbours' values and serve the decoder alone. Normalised as in Table 4: the encoder's softmax goes over
    its k² positions, a decoder's softmax over all s² indices.

    The decoder's predictions are counted from the logits of half the bilinear kernel [½, 1, ½] ⊗ [½, 1, ½], a
    constant without parameters: a prediction of zero makes half of bilinear interpolation, where in the
    paper's IU it makes half of nearest interpolation. (Counted from zero, points with four sources would
    start four times as large as those with one.) With ``softmax`` it is a quarter, in both.

    Parameters, with e = ``expansion`` and m = 2k with context, k without; batch norm (2 a hidden channel)
    comes on top:

    | family           | linear    | nonlinear           | hidden channels |
    |------------------|-----------|---------------------|-----------------|
    | ``hin``          | k²·C·s²   | m²·C·eC + eC·s²     | eC              |
    | ``o2o-shared``   | k²·s²     | (m²·e + e)·s²       | e·s²            |
    | ``o2o-unshared`` | k²·C·s²   | (m²·eC + eC)·s²     | eC·s²           |
    | ``m2o``          | k²·C·C·s² | (m²·C·eC + eC·C)·s² | eC·s²           |

    ``o2o-modelwise`` is one ``o2o-shared`` for all stages. With s = k these are the formulas of Table 1. All
    convolutions run at H/k × W/k, so that the multiply-accumulates are these numbers times H/k·W/k.

    Args:
        family: one of the five.
        channels: width C of the feature map that is read.
        options: nonlinearity, context, hidden width and region size.
        normalization: how predictions become indices (Table 4).

    Shape: x (B, C, H, W) -> two maps (B, C, H, W) and kernels (B, C, s², H/k, W/k), values in (0, 1)

    Raises:
        ShapeError: if x has another width, or sides that k does not divide.
        SpecError: if the normalization is unknown.
    """

    prior: Tensor

    def __init__(
        self,
        family: Family,
        channels: int,
        options: BlockOptions,
        normalization: Normalization = "sigmoid+softmax",
    ) -> None:
        super().__init__()
        check_normalization(normalization)
        shared = family in ("o2o-modelwise", "o2o-shared")
        self.family = family
        self.channels = None if shared else channels
        self.options = options
        self.normalization: Normalization = normalization
        self.size = 2 * options.k - 1
        self.own = own_positions(self.size, options.k)
        count, hidden = self.size**2, options.expansion * channels
        if family == "hin":
            self.block = index_block(channels, hidden, count, options)
        elif shared:
            hidden = count * options.expansion
            self.block = index_block(1, hidden, count, options, columns=count, project_groups=count)
        else:
            groups, pointwise = (channels, count * channels) if family == "o2o-unshared" else (1, count)
            self.block = index_block(
                channels,
                count * hidden,
                count * channels,
                options,
                columns=count,
                groups=groups,
                project_groups=pointwise,
            )
        tent = bilinear_index(k=options.k, size=self.size).flatten()
        prior = (tent / 2).logit() if normalization.startswith("sigmoid") else tent.log()
        self.register_buffer("prior", prior.view(-1, 1, 1), persistent=False)
        self.reset_parameters()

    @property
    def holistic(self) -> bool:
        """Whether all channels share one map and one kernel."""
        return self.family == "hin"

    def forward(self, x: Tensor) -> MultiPointMaps:
        """Predict and normalise, in the feature's own precision."""
        k = self.options.k
        _, channels, height, width = x.shape
        if self.channels is not None and channels != self.channels:
            raise ShapeError(f"this index network is for {self.channels} channels, got {channels}")
        check_divisible(height, width, k, "see pad_to_multiple")
        logits = self.predict(x)
        encoder = normalize_index(logits[:, :, self.own].flatten(1, 2), self.normalization, k).encoder
        logits = logits + self.prior
        kernels = logits.sigmoid() if self.normalization.startswith("sigmoid") else logits.softmax(2)
        kernels = kernels.to(x.dtype)
        decoder = F.pixel_shuffle(kernels[:, :, self.own].flatten(1, 2), k)
        return MultiPointMaps(encoder.to(x.dtype), decoder, kernels)

    def predict(self, x: Tensor) -> Tensor:
        """The unnormalised indices: (B, C, H, W) -> (B, C, s², H/k, W/k), or (B, 1, …) if holistic."""
        batch, channels, height, width = x.shape
        count, k = self.size**2, self.options.k
        if self.holistic:
            return run_block(self.block, x).unsqueeze(1)
        if self.channels is None:
            # Each slice is an image to the block, as in `SharedIndexNetwork`.
            slices = run_block(self.block, x.reshape(batch * channels, 1, height, width))
            return slices.reshape(batch, channels, count, height // k, width // k)
        if self.family == "o2o-unshared":
            return run_block(self.block, x).unflatten(1, (-1, count))
        return run_block(self.block, x).unflatten(1, (count, -1)).transpose(1, 2)

    def reset_parameters(self, init: Init = "he") -> None:
        """Draw all weights anew."""
        initialize(self, init)

    def extra_repr(self) -> str:
        """Family, width and normalisation, for printing."""
        return f"family={self.family!r}, channels={self.channels}, normalization={self.normalization!r}"
