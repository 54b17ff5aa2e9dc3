"""The trained networks that come with this package."""

from pathlib import Path

from indexnet_engine.weights.packaged import PackagedNetworks

__all__ = ["FOR_WHITE_NOISE", "PACKAGED"]

PACKAGED = PackagedNetworks(
    Path(__file__).parent / "weights",
    {
        "blind-gray": "db2760737012f88d5738ef4b3e0055d8559cec853182bfb3070fafd25f1e9bc9",
        "camera": "286cb9345c7be969f318968f4e39f66fadd484ef119bac5995f39a7797ac53a6",
    },
    default="camera",
)

FOR_WHITE_NOISE = "blind-gray"
"""The network for white noise, which measurements add to clean images."""
