"""Index networks that predict a kernel of indices for each region (Section 5.5, point 4)."""

import torch
from torch import Tensor

from indexnet_core.functional.index_functions import bilinear_index
from indexnet_core.functional.indexed import ACTIVATIONS, Normalization
from indexnet_core.functional.multi_point import own_indices
from indexnet_core.networks.base import IndexNetwork
from indexnet_core.networks.block import BlockOptions
from indexnet_core.networks.family import Family
from indexnet_core.networks.prediction import IndexPrediction

__all__ = ["MultiPointIndexNetwork"]


class MultiPointIndexNetwork(IndexNetwork):
    """Any family of index networks with s² instead of k² columns (Figs. 6 and 7), s = 2k − 1.

    The paper only says that the size of the indices should be odd, 3 × 3 for an upsampling factor of 2, and
    leaves the rest to "further investigations" (Section 5.5, point 4). Here every region gets s² indices: the
    k² with which it weighs its own value are those of the paper and serve encoder and decoder; the other
    s² − k² weigh its neighbours' values and serve the decoder alone. Normalised as in Table 4: the encoder's
    softmax goes over its k² positions, a decoder's softmax over all s² indices.

    The decoder's predictions are added to the logits of half the bilinear kernel [½, 1, ½] ⊗ [½, 1, ½], a
    constant without parameters: a prediction of zero gives half of bilinear interpolation, where in the
    paper's IU it gives half of nearest interpolation. (Without this offset, points with four sources would
    start four times as large as those with one.) With ``softmax`` it is a quarter in both cases.

    Parameters, with e = ``expansion`` and m = 2k with context, k without; batch norm (2 a hidden channel)
    comes on top:

    | family           | linear    | nonlinear           | hidden channels |
    |------------------|-----------|---------------------|-----------------|
    | ``hin``          | k²·C·s²   | m²·C·eC + eC·s²     | eC              |
    | ``o2o-shared``   | k²·s²     | (m²·e + e)·s²       | e·s²            |
    | ``o2o-unshared`` | k²·C·s²   | (m²·eC + eC)·s²     | eC·s²           |
    | ``m2o``          | k²·C·C·s² | (m²·C·eC + eC·C)·s² | eC·s²           |

    ``o2o-modelwise`` is one ``o2o-shared`` for all stages. With s = k these are the formulas of Table 1. All
    convolutions run at H/k × W/k, so the multiply-accumulates are these numbers times H/k·W/k.

    Args:
        family, channels, options, normalization: as in `IndexNetwork`.

    Shape: x (B, C, H, W) -> `IndexPrediction` with kernels (B, C, s², H/k, W/k), or (B, 1, s², H/k, W/k) if
        holistic, values in (0, 1)

    Raises:
        ShapeError: if x has another width, or sides that k does not divide.
        SpecError: if the normalization is unknown.
    """

    def __init__(
        self,
        family: Family,
        channels: int,
        options: BlockOptions,
        normalization: Normalization = "sigmoid+softmax",
    ) -> None:
        super().__init__(family, channels, options, normalization)
        self.size = 2 * options.k - 1

    @property
    def count(self) -> int:
        """Number of indices predicted per region: s²."""
        return (2 * self.options.k - 1) ** 2

    def forward(self, x: Tensor) -> IndexPrediction:
        """Predict the kernel of every region, in the precision of x."""
        logits = self._logits(x)  # (B, s², C, h, w)
        first, _, _ = self.normalization.partition("+")
        kernels = ACTIVATIONS[first](logits + self._prior(logits))
        return IndexPrediction(
            own_indices(logits, self.options.k),
            self.normalization,
            self.options.k,
            x.dtype,
            kernels.to(x.dtype).transpose(1, 2),
        )

    def _prior(self, logits: Tensor) -> Tensor:
        """The logits of half the bilinear kernel, (s², 1, 1, 1), in the precision of the predicted ones.

        Computed when they are needed: a buffer outside the state dict would be lost by
        `torch.nn.Module.to_empty`.
        """
        exact = torch.promote_types(logits.dtype, torch.float32)
        tent = bilinear_index(exact, self.options.k, self.size, device=logits.device).flatten()
        prior = (tent / 2).logit() if self.normalization.startswith("sigmoid") else tent.log()
        return prior.view(-1, 1, 1, 1).to(logits)
