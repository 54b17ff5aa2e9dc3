"""A tiny network; to be merged into conftest.py."""

from pathlib import Path

import pytest
import torch
from torch import nn

from indexnet_engine.weights import save_pretrained
from indexnet_matting.models import create_model


def jolt(model: nn.Module) -> nn.Module:
    """Give batch norm values that a trained network could have, so that every part counts."""
    generator = torch.Generator().manual_seed(1)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.2, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
    return model.eval()


@pytest.fixture(scope="session")
def net() -> nn.Module:
    """B11 with index networks, a small fraction of its width."""
    torch.manual_seed(0)
    return jolt(create_model("b11", resampling="m2o-nl", width=0.1))


@pytest.fixture(scope="session")
def net_folder(tmp_path_factory: pytest.TempPathFactory, net: nn.Module) -> Path:
    """Weights of `net`."""
    folder = tmp_path_factory.mktemp("net")
    save_pretrained(net, folder, {"task": "matting"})
    return folder
