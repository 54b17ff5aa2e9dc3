"""Options of every network that has coupled down- and upsampling stages."""

from dataclasses import dataclass
from typing import Any

from indexnet_core import Init, Normalization, index_options

__all__ = ["NetworkConfig"]


@dataclass
class NetworkConfig:
    """A network; applications narrow its first two options and add their own."""

    name: str = ""
    """Name of the network."""
    resampling: str | None = None
    """Operator of its down- and upsampling stages."""
    expansion: int = 2
    """Hidden width of index networks: 2 in the paper, 1 in the released code (o2o, m2o)."""
    normalization: Normalization = "sigmoid+softmax"
    """Index normalisation, a row of Table 4."""
    init: Init = "he"
    """Initialisation: he (the paper's "improved Xavier") or released (the authors' code)."""

    def index_arguments(self) -> dict[str, Any]:
        """Arguments of the network that only index networks have.

        Raises:
            SpecError: options of index networks were set for another operator.
        """
        return index_options(self.resampling, expansion=self.expansion, normalization=self.normalization)
