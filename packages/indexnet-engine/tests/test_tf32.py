from collections.abc import Iterator

import pytest
import torch

from indexnet_engine.tf32 import allow_tf32


def setting() -> tuple[bool, bool]:
    return torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    before = setting()
    yield
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before


@pytest.mark.parametrize("allowed", [True, False])
def test_convolutions_and_products_follow_the_option(allowed: bool) -> None:
    allow_tf32(allowed)
    assert setting() == (allowed, allowed)


def test_none_leaves_pytorchs_setting() -> None:
    before = setting()
    allow_tf32(None)
    assert setting() == before
