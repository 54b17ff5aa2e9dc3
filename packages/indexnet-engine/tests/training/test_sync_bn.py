"""Synchronised batch norm on two processes must equal PyTorch's on the whole batch.

As a script under torchrun, ``test_sync_bn.py FOLDER``: write what each process computes into the folder.
"""

import copy
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor, distributed, nn
from torch.nn.utils.parametrizations import weight_norm

from indexnet_engine.errors import OptionError
from indexnet_engine.training.sync_bn import synchronize_batch_norm

LAYERS = {
    "plain": (nn.BatchNorm2d(3), (5, 3, 4, 6)),
    "no affine parameters": (nn.BatchNorm2d(3, affine=False), (5, 3, 4, 6)),
    "no running statistics": (nn.BatchNorm2d(3, track_running_stats=False), (5, 3, 4, 6)),
    "mean of all batches": (nn.BatchNorm2d(3, momentum=None), (5, 3, 4, 6)),
    "other numbers": (nn.BatchNorm2d(3, eps=0.1, momentum=0.7), (5, 3, 4, 6)),
    "rows": (nn.BatchNorm1d(3), (5, 3)),
    "volumes": (nn.BatchNorm3d(3), (5, 3, 2, 1, 2)),
    "one value on a process": (nn.BatchNorm2d(3), (3, 3, 1, 1)),
}


def outcome(layer: nn.Module, shape: tuple[int, ...], own: slice, dtype: torch.dtype) -> dict[str, Tensor]:
    """Results and gradients of two batches, far from zero, of which a process sees a part; and the state."""
    layer = layer.to(dtype)
    found = {}
    for number in range(2):
        generator = torch.Generator().manual_seed(number)
        whole, weights = (torch.randn(shape, generator=generator).to(dtype) for _ in range(2))
        x = (20 + 3 * whole[own]).requires_grad_()
        y = layer(x)
        (y.square() * weights[own]).sum().backward()
        found |= {f"y{number}": y.detach(), f"x{number}": x.grad}
    assert not any(tensor.requires_grad for tensor in layer.buffers()), "no graph is kept"
    gradients = {name: parameter.grad for name, parameter in layer.named_parameters()}
    return {
        **found,
        **layer.state_dict(),
        **{f"gradient of {name}": grad for name, grad in gradients.items()},
    }


@pytest.mark.slow
@pytest.mark.skipif(not distributed.is_available(), reason="needs torch.distributed")
def test_two_processes_compute_what_one_does(tmp_path: Path) -> None:
    """Three and two images on the processes, and two and one."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = subprocess.run(
        [*launcher, __file__, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    parts = [torch.load(tmp_path / f"{rank}.pt") for rank in range(2)]
    for name, (layer, shape) in LAYERS.items():
        expected = outcome(copy.deepcopy(layer), shape, slice(None), torch.float64)
        first, second = (part[name] for part in parts)
        assert first.keys() == second.keys() == expected.keys()
        for key, value in expected.items():
            if key[0] in "xy":
                found = torch.cat([first[key], second[key]])
            elif key.startswith("gradient"):
                found = first[key] + second[key]
            else:
                assert torch.equal(first[key], second[key])
                found = first[key]
            torch.testing.assert_close(found, value)
    assert {part["bfloat16"].dtype for part in parts} == {torch.bfloat16}
    exact = torch.cat([part["plain"]["y0"] for part in parts]).float()
    torch.testing.assert_close(
        torch.cat([part["bfloat16"] for part in parts]).float(), exact, rtol=0, atol=0.03
    )
    assert all(part["compiled"] for part in parts)


def test_layers_change_their_class_only() -> None:
    model = nn.Sequential(nn.BatchNorm2d(2), nn.Conv2d(2, 2, 1), nn.Sequential(nn.BatchNorm1d(2)))
    layers, state = list(model.modules()), copy.deepcopy(model.state_dict())
    assert synchronize_batch_norm(model) == 2
    assert list(model.modules()) == layers
    assert model.state_dict().keys() == state.keys()
    assert isinstance(model[0], nn.BatchNorm2d)
    assert type(model[0]) is not nn.BatchNorm2d
    model.load_state_dict(state)


def test_frozen_layers_stay() -> None:
    model = nn.Sequential(nn.BatchNorm2d(2), nn.BatchNorm2d(2).eval())
    assert synchronize_batch_norm(model) == 1
    assert type(model[1]) is nn.BatchNorm2d


def test_one_process_computes_as_before() -> None:
    layer, x = nn.BatchNorm2d(3), torch.randn(2, 3, 4, 4)
    same = copy.deepcopy(layer)
    synchronize_batch_norm(same)
    for training in (True, False):
        assert torch.equal(same.train(training)(x), layer.train(training)(x))
    assert torch.equal(same.running_var, layer.running_var)


def test_unknown_layers_are_refused() -> None:
    layer = nn.BatchNorm2d(2)
    model = nn.Sequential(nn.BatchNorm2d(2), weight_norm(layer))
    with pytest.raises(OptionError, match=r"^loop\.sync_bn.*ParametrizedBatchNorm2d"):
        synchronize_batch_norm(model)
    assert type(model[0]) is nn.BatchNorm2d, "nothing is changed"


def test_training_with_the_option_in_one_process(toy: ModuleType, tmp_path: Path) -> None:
    runs = [toy.train(tmp_path, sync_bn=sync) for sync in (False, True)]
    first, second = (torch.load(run.last_checkpoint, weights_only=True)["model"] for run in runs)
    assert all(torch.equal(first[name], second[name]) for name in first)


def _in_a_process(folder: Path) -> None:
    distributed.init_process_group("gloo")
    rank = distributed.get_rank()
    found = {}
    for name, (layer, shape) in LAYERS.items():
        synchronize_batch_norm(layer)
        first = (shape[0] + 1) // 2
        own = slice(0, first) if rank == 0 else slice(first, None)
        found[name] = outcome(layer, shape, own, torch.float64)
    shape = LAYERS["plain"][1]
    own = slice(0, 3) if rank == 0 else slice(3, None)
    half = nn.BatchNorm2d(3)
    synchronize_batch_norm(half)
    x = 20 + 3 * torch.randn(shape, generator=torch.Generator().manual_seed(0))[own]
    found["bfloat16"] = half(x.bfloat16())
    same = copy.deepcopy(half)
    compiled = torch.compile(same, backend="aot_eager", fullgraph=True)
    for _ in range(2):
        results = [layer(x) for layer in (half, compiled)]
        for result in results:
            result.square().sum().backward()
        found["compiled"] = torch.allclose(*results, atol=1e-6)
    found["compiled"] &= torch.allclose(half.running_var, same.running_var)
    torch.save(found, folder / f"{rank}.pt")
    distributed.destroy_process_group()


if __name__ == "__main__":
    _in_a_process(Path(sys.argv[1]))
