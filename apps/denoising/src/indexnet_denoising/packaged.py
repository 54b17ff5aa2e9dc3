"""The trained networks that come with this package."""

from pathlib import Path

from indexnet_engine.weights.packaged import PackagedNetworks

__all__ = ["PACKAGED"]

PACKAGED = PackagedNetworks(
    Path(__file__).parent / "weights",
    {"blind-gray": "db2760737012f88d5738ef4b3e0055d8559cec853182bfb3070fafd25f1e9bc9"},
    default="blind-gray",
)
