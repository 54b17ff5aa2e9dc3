"""The trained networks that come with this package.

A network is added as a folder ``weights/NAME`` (``model.safetensors``, ``config.json`` and the card
``README.md``) and an entry of the dictionary, its SHA-256 by name.
"""

from pathlib import Path

from indexnet_engine.weights.packaged import PackagedNetworks

__all__ = ["PACKAGED"]

PACKAGED = PackagedNetworks(
    Path(__file__).parent / "weights",
    {},
    default="camvid",
)
