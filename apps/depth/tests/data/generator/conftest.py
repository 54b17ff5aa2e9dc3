"""Fixtures: textures of the photographs inside scikit-image, and materials."""

import numpy as np
import pytest

from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.textures import TextureBank
from indexnet_engine.images.sample_photos import photograph_files


@pytest.fixture(scope="session")
def bank() -> TextureBank:
    """The textures with two photographs."""
    return TextureBank(list(photograph_files("train").values())[:2])


@pytest.fixture
def palette(bank: TextureBank) -> Palette:
    """The materials of one room."""
    return Palette(bank, np.random.default_rng(3))
