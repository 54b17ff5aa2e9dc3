"""Trained networks that come with a package, by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from indexnet_engine.errors import UserError
from indexnet_engine.weights.pretrained import CONFIG_FILE

__all__ = ["NO_NETWORKS", "PackagedNetworks"]


@dataclass(frozen=True)
class PackagedNetworks:
    """The trained networks of a package.

    Args:
        folder: holds a folder of its name for each, with ``model.safetensors``, ``config.json`` and a card
            (``README.md``).
        sha256: the SHA-256 of each network's ``model.safetensors``, by name.
        default: name of the network that is used if none is named; without effect in a package that has no
            networks.

    Raises:
        ValueError: there are networks, but the default is not among them.
    """

    folder: Path
    sha256: Mapping[str, str]
    default: str

    def __post_init__(self) -> None:
        if self.sha256 and self.default not in self.sha256:
            raise ValueError(f"no network {self.default!r} among {', '.join(self.sha256)}")

    def find(self, weights: str | Path | None = None) -> Path:
        """Return the folder of trained weights.

        Args:
            weights: a folder, or the name of a network of the package. A folder of the name comes first if it
                holds weights; one of photographs, such as ``camera``, hides no network.

        Raises:
            UserError: there is neither, or nothing is named and the package has no networks.
        """
        if weights is None and not self.sha256:
            raise UserError("missing --weights: the folder of a run; no network comes with this package")
        folder = Path(self.default if weights is None else weights)
        if weights is not None and (folder / CONFIG_FILE).is_file():
            return folder
        if str(folder) in self.sha256:
            return self.folder / folder
        if self.sha256 and not folder.exists():
            names = ", ".join(sorted(self.sha256))
            raise UserError(f"{folder}: no such folder, and no network of the package ({names})")
        return folder


NO_NETWORKS = PackagedNetworks(Path(), {}, default="")
"""Of an application whose package has no trained networks."""
