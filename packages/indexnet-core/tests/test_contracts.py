"""The contracts of every operator: compile, export, precision, copies, gradients."""

import copy
import io
import pickle
import re
import shutil

import pytest
import torch
from torch import Tensor, nn

from indexnet_core import ResamplingStages, create_resampling
from indexnet_core.errors import ShapeError
from indexnet_core.operators.names import MULTI_POINT_NETWORKS
from indexnet_core.operators.names import OPERATORS as ALL_OPERATORS
from tests.gpu_waits import Waits

KINDS = [
    *("max", "hmi", "max+bilinear", "stride+deconv", "max+carafe", "max+dysample"),
    *("a2u", "hin-nl-c", "o2o-modelwise-nl", "m2o-nl-c", "m2o-nl-mp"),
]
"""One operator of every kind, for checks that are too slow for all operators (the others are marked slow)."""

SAME = [
    *(f"{down}+{up}" for down in ("avg", "stride") for up in ("carafe", "dysample")),
    *(name for name in MULTI_POINT_NETWORKS if name not in ("hin-mp", "m2o-nl-mp")),
]
"""Operators whose parts all occur in other operators of this list."""

OPERATORS = [name for name in ALL_OPERATORS if name not in SAME]

ALL_SLOWLY = [
    name if name in KINDS else pytest.param(name, marks=pytest.mark.slow)
    for name in OPERATORS
    if name not in ("a2u-unshared", "hin-mp")
]


class TwoStages(nn.Module):
    """The smallest encoder-decoder that uses two stages, of two widths, with skips where there are any."""

    def __init__(self, operator: str) -> None:
        super().__init__()
        self.stages = ResamplingStages(operator, [4, 6])
        stride = self.stages.conv_stride
        self.skips = stride == 1
        self.first = nn.Conv2d(3, 4, 3, stride, 1)
        self.second = nn.Conv2d(4, 6, 3, stride, 1)
        self.middle = nn.Conv2d(6, 6, 3, padding=1)
        self.third = nn.Conv2d(6, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x, above = self.stages[0].down(self.first(x), skip=self.skips)
        x, below = self.stages[1].down(self.second(x), skip=self.skips)
        x = self.stages[1].up(self.middle(x), below)
        x = self.stages[0].up(self.third(x if below.skip is None else x + below.skip), above)
        return self.last(x if above.skip is None else x + above.skip)


def picture(batch: int = 2, height: int = 16, width: int = 12) -> Tensor:
    return torch.randn(batch, 3, height, width)


def gradients(network: nn.Module, x: Tensor) -> list[Tensor]:
    network.zero_grad()
    network(x).square().mean().backward()
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


@pytest.mark.parametrize("operator", OPERATORS)
def test_gradients_reach_every_parameter(operator: str) -> None:
    network = TwoStages(operator)
    network(picture()).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


@pytest.mark.parametrize("operator", OPERATORS)
def test_compiles_as_one_graph(operator: str) -> None:
    """Forward and backward in training: results and gradients equal those of the eager network."""
    torch._dynamo.reset()
    network, x = TwoStages(operator), picture()
    compiled = torch.compile(copy.deepcopy(network), fullgraph=True, backend="aot_eager")
    torch.testing.assert_close(compiled(x), network(x))
    torch.testing.assert_close(gradients(compiled, x), gradients(network, x))


@pytest.mark.parametrize("operator", ["hmi", "o2o-shared", "m2o-nl-c"])
def test_compiles_with_padding_for_several_sizes(operator: str) -> None:
    stage = create_resampling(operator, 4, pad=True).eval()

    def run(x: Tensor) -> list[Tensor]:
        pooled, guidance = stage.down(x, skip=True)
        return [pooled, stage.up(pooled, guidance), *([guidance.skip] if guidance.skip is not None else [])]

    torch.compiler.reset()
    compiled = torch.compile(run, backend="aot_eager", fullgraph=True)
    for size in ((7, 9), (9, 11), (13, 8)):
        x = torch.randn(1, 4, *size)
        for found, wanted in zip(compiled(x), run(x), strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("c++") or shutil.which("g++")), reason="inductor needs a C++ compiler")
@pytest.mark.parametrize("operator", ["max", "m2o-nl-c"])
def test_compiles_to_code(operator: str) -> None:
    torch._dynamo.reset()
    network, x = TwoStages(operator), picture()
    compiled = torch.compile(copy.deepcopy(network), fullgraph=True)
    torch.testing.assert_close(compiled(x), network(x), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(gradients(compiled, x), gradients(network, x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("operator", OPERATORS)
def test_exports(operator: str) -> None:
    network, x = TwoStages(operator).eval(), picture()
    program = torch.export.export(network, (x,))
    torch.testing.assert_close(program.module()(x), network(x))


@pytest.mark.parametrize("operator", ALL_SLOWLY)
def test_exports_for_any_batch_and_size(operator: str) -> None:
    """Height and width in multiples of 4, as two stages need them; from 8 on, see below."""
    network = TwoStages(operator).eval()
    batch = torch.export.Dim("batch", max=64)
    # At 4 the coarsest map has one row, and torch.export takes every size of one as fixed.
    rows, columns = (torch.export.Dim(name, min=2, max=64) for name in ("rows", "columns"))
    program = torch.export.export(
        network, (picture(),), dynamic_shapes=({0: batch, 2: 4 * rows, 3: 4 * columns},), strict=True
    )
    for shape in [(1, 8, 8), (3, 24, 40)]:
        x = picture(*shape)
        torch.testing.assert_close(program.module()(x), network(x))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("operator", OPERATORS)
def test_autocast(operator: str, dtype: torch.dtype) -> None:
    network, x = TwoStages(operator), picture()
    # Rounding may change the order of two values in max pooling, and so a whole feature.
    tolerance = 0.15 if dtype == torch.bfloat16 else 0.03
    with torch.autocast("cpu", dtype):
        y = network(x)
    assert y.dtype == dtype
    error = (y.float() - network(x)).square().mean().sqrt() / network(x).std()
    assert error < tolerance
    y.float().square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.dtype == torch.float32
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_network_keeps_its_precision(operator: str, dtype: torch.dtype) -> None:
    y = TwoStages(operator).to(dtype)(picture().to(dtype))
    assert y.dtype == dtype
    assert y.isfinite().all()


@pytest.mark.parametrize("operator", OPERATORS)
def test_channels_last(operator: str) -> None:
    network, x = TwoStages(operator), picture()
    wanted, wanted_gradients = network(x), gradients(network, x)
    network = network.to(memory_format=torch.channels_last)
    x = x.to(memory_format=torch.channels_last)
    torch.testing.assert_close(network(x), wanted)
    torch.testing.assert_close(gradients(network, x), wanted_gradients)


@pytest.mark.parametrize("operator", OPERATORS)
def test_copies_are_equal_and_independent(operator: str) -> None:
    network, x = TwoStages(operator).eval(), picture()
    wanted = network(x)
    for duplicate in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(duplicate(x), wanted)
        assert repr(duplicate) == repr(network)
        with torch.no_grad():
            for parameter in duplicate.parameters():
                parameter.zero_()
        assert torch.equal(network(x), wanted)


@pytest.mark.parametrize("operator", OPERATORS)
def test_state_dict_round_trip(operator: str) -> None:
    network, other, x = TwoStages(operator), TwoStages(operator), picture()
    network(x)  # changes the statistics of batch norms
    file = io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True), strict=True)
    assert torch.equal(other.eval()(x), network.eval()(x))


@pytest.mark.parametrize("operator", ALL_OPERATORS)
def test_wrong_shapes_are_errors_that_name_both(operator: str) -> None:
    stage = create_resampling(operator, 4).eval()
    with pytest.raises(ShapeError, match=re.escape("(B, C, H, W), got (4, 8, 8)")):
        stage.down(torch.rand(4, 8, 8))
    pooled, guidance = stage.down(torch.rand(2, 4, 8, 8))
    height, width = guidance.size
    with pytest.raises(ShapeError, match=re.escape(f"(B, C, H, W), got {tuple(pooled.shape[1:])}")):
        stage.up(pooled[0], guidance)
    with pytest.raises(ShapeError, match=rf"\({height}, {width}\) by 2: expected \(B, C, {height // 2}, "):
        stage.up(pooled[..., :-1, :], guidance)


@pytest.mark.parametrize("operator", ["max", "max+carafe", "max+dysample", "max+deconv", "o2o-unshared"])
def test_another_width_on_the_way_up_is_an_error(operator: str) -> None:
    stage = create_resampling(operator, 4).eval()
    pooled, guidance = stage.down(torch.rand(2, 4, 8, 8))
    with pytest.raises(ShapeError, match=r"4.*3"):
        stage.up(pooled[:, :3], guidance)


@pytest.mark.parametrize("operator", OPERATORS)
def test_runs_deterministically_where_that_is_wanted(operator: str) -> None:
    network = TwoStages(operator)
    try:
        torch.use_deterministic_algorithms(True)
        network(picture()).sum().backward()
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("assign", [False, True])
@pytest.mark.parametrize("operator", OPERATORS)
def test_built_without_memory_and_filled_by_a_state_dict(operator: str, assign: bool) -> None:
    """The state dict holds everything that a network needs."""
    network, x = TwoStages(operator).eval(), picture()
    with torch.device("meta"):
        other = TwoStages(operator).eval()
    if not assign:
        other.to_empty(device="cpu")
    other.load_state_dict(network.state_dict(), assign=assign)
    assert torch.equal(other(x), network(x))


@pytest.mark.parametrize("operator", OPERATORS)
def test_empty_batches(operator: str) -> None:
    network = TwoStages(operator).eval()
    assert network(picture(0)).shape == (0, 1, 16, 12)


@pytest.mark.parametrize("operator", OPERATORS)
def test_evaluation_is_repeatable_and_changes_nothing(operator: str) -> None:
    network, x = TwoStages(operator).eval(), picture()
    before = copy.deepcopy(network.state_dict())
    assert torch.equal(network(x), network(x))
    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())


@pytest.mark.parametrize("operator", OPERATORS)
def test_images_of_a_batch_do_not_mix_in_evaluation(operator: str) -> None:
    network, x = TwoStages(operator).double().eval(), picture(3).double()
    alone = torch.cat([network(image[None]) for image in x])
    torch.testing.assert_close(network(x), alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("operator", ALL_OPERATORS)
def test_nothing_waits_for_a_gpu(operator: str) -> None:
    with torch.device("meta"):
        network, x = TwoStages(operator), picture()
    with Waits() as waits:
        network(x).square().mean().backward()
    assert waits.found == set()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("operator", OPERATORS)
def test_on_cuda(operator: str) -> None:
    """In float64, where both devices agree to rounding; then autocast, channels_last and a compiled graph."""
    network, x = TwoStages(operator).double(), picture().double()
    wanted, wanted_gradients = network(x).detach(), gradients(network, x)
    network, x = network.cuda(), x.cuda()
    torch.testing.assert_close(network(x).cpu(), wanted)
    torch.testing.assert_close([gradient.cpu() for gradient in gradients(network, x)], wanted_gradients)
    network = network.float().to(memory_format=torch.channels_last)
    x = x.float().to(memory_format=torch.channels_last)
    torch._dynamo.reset()
    for step in (network, torch.compile(network, fullgraph=True, backend="aot_eager")):
        for dtype in (torch.bfloat16, torch.float16):
            with torch.autocast("cuda", dtype):
                y = step(x)
            assert y.dtype == dtype
            y.float().square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())
