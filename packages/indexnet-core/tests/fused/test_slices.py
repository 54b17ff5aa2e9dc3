"""One-to-one index functions in one pass compared with the literal form, and with the separate operations."""

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.autograd import gradgradcheck

from indexnet_core import create_resampling
from indexnet_core.fused import can_fuse, compiled, pool_slices, slices, slices_eager, upsample_by_map
from indexnet_core.networks import DecoderMap, IndexPrediction
from indexnet_core.resampling import ChannelRule, Resampling

needs_compiler = pytest.mark.skipif(not compiled.available(), reason="there is no C++ compiler")


@pytest.fixture
def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "available", lambda: False)


def channels_last(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(shape).to(dtype).contiguous(memory_format=torch.channels_last)


def stage(operator: str, channels: int, up: int | None = None, **options: object) -> Resampling:
    """A stage whose batch norm has statistics and weights of its own."""
    resampling = create_resampling(operator, channels, up, **options)  # type: ignore[arg-type]
    for norm in resampling.modules():
        if isinstance(norm, nn.BatchNorm2d):
            for values in (norm.running_var, norm.weight):
                values.data.uniform_(0.5, 2)  # type: ignore[union-attr]
            for values in (norm.running_mean, norm.bias):
                values.data.normal_()  # type: ignore[union-attr]
    return resampling


def run(resampling: Resampling, x: Tensor, y: Tensor, skip: bool) -> list[Tensor]:
    """The results of a stage, and the gradients of its inputs and weights."""
    x, y = x.detach().requires_grad_(), y.detach().requires_grad_()
    pooled, guidance = resampling.down(x, skip=skip)
    results = [pooled, resampling.up(y, guidance), *([guidance.skip] if guidance.skip is not None else [])]
    generator = torch.Generator().manual_seed(1)
    upper = [torch.randn(result.shape, generator=generator).to(result) for result in results]
    return [*results, *torch.autograd.grad(results, [x, y, *resampling.parameters()], upper)]


def assert_close(found: list[Tensor], wanted: list[Tensor], tolerance: float) -> None:
    """Equal within a tolerance relative to the largest value of each."""
    for ours, theirs in zip(found, wanted, strict=True):
        scale = theirs.abs().max().item()
        torch.testing.assert_close(ours.double(), theirs.double(), rtol=0, atol=tolerance * scale)


RULES: dict[int, ChannelRule] = {32: "mean", 128: "max", 2: "mean", 16: "max", 3: "first"}
"""The channel rule of a decoder of this width."""

CASES = [
    ("o2o-shared", 96, None),
    ("o2o-shared", 300, None),
    ("o2o-unshared", 33, None),
    ("o2o-unshared", 512, None),
    ("o2o-shared-nl", 33, None),
    ("o2o-unshared-nl", 300, None),
    ("o2o-modelwise-nl", 16, None),
    ("o2o-shared", 64, 32),
    ("o2o-unshared", 512, 128),
    ("o2o-shared", 6, 2),
    ("o2o-shared", 32, 16),
    ("o2o-shared", 6, 3),
]


@needs_compiler
@pytest.mark.parametrize(("operator", "channels", "up"), CASES)
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("training", [False, True])
def test_compiled_kernels_equal_separate_operations_in_float64(
    operator: str, channels: int, up: int | None, skip: bool, training: bool
) -> None:
    torch.manual_seed(0)
    ours = stage(operator, channels, up, channel_rule=RULES[up] if up else None).train(training)
    reference = copy.deepcopy(ours).double()
    x, y = channels_last(2, channels, 10, 12) + 0.5, channels_last(2, up or channels, 5, 6)
    found = run(ours, x, y, skip)
    assert isinstance(ours.down(x)[1].index, DecoderMap)
    assert_close(found, run(reference, x.double(), y.double(), skip), 5e-6)
    reference.down(x.double())  # as ours has run twice
    for buffer, wanted in zip(ours.buffers(), reference.buffers(), strict=True):
        torch.testing.assert_close(buffer.double(), wanted.double(), rtol=1e-6, atol=1e-6)


@needs_compiler
def test_bfloat16_differs_by_its_rounding() -> None:
    torch.manual_seed(0)
    ours = stage("o2o-shared", 48)
    x, y = (
        channels_last(1, 48, 16, 16, dtype=torch.bfloat16),
        channels_last(1, 48, 8, 8, dtype=torch.bfloat16),
    )
    found = run(ours, x, y, True)
    assert [part.dtype for part in found[:3]] == [torch.bfloat16] * 3
    assert_close(found, run(copy.deepcopy(ours).double(), x.double(), y.double(), True), 1e-2)


@needs_compiler
def test_threads_do_not_change_results() -> None:
    torch.manual_seed(0)
    ours = stage("o2o-shared-nl", 64)
    x, y = channels_last(2, 64, 64, 64), channels_last(2, 64, 32, 32)
    threads = torch.get_num_threads()
    results = []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            results.append(run(copy.deepcopy(ours), x, y, True))
    finally:
        torch.set_num_threads(threads)
    for serial, threaded in zip(results[0][:3], results[1][:3], strict=True):
        torch.testing.assert_close(serial, threaded, rtol=0, atol=1e-6)
    assert_close(results[1], results[0], 1e-6)


@pytest.mark.parametrize(("operator", "channels"), [("o2o-shared", 300), ("o2o-shared-nl", 33)])
@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.usefixtures("without_compiler")
def test_eager_kernels_equal_separate_operations(operator: str, channels: int, skip: bool) -> None:
    torch.manual_seed(0)
    ours = stage(operator, channels).eval()
    x, y = channels_last(2, channels, 70, 12), channels_last(2, channels, 35, 6)

    def results(resampling: Resampling, x: Tensor, y: Tensor) -> list[Tensor]:
        pooled, guidance = resampling.down(x, skip=skip)
        return [pooled, resampling.up(y, guidance), *([guidance.skip] if guidance.skip is not None else [])]

    with torch.no_grad():
        assert isinstance(ours.down(x)[1].index, DecoderMap)
        wanted = results(copy.deepcopy(ours).double(), x.double(), y.double())
        assert_close(results(ours, x, y), wanted, 1e-6)
        assert_close(results(ours, x.bfloat16(), y.bfloat16()), wanted, 2e-2)


@pytest.mark.usefixtures("without_compiler")
def test_eager_kernels_on_tables_of_every_channel() -> None:
    torch.manual_seed(0)
    x, table = channels_last(1, 5, 8, 12), torch.randn(48, 5)
    pooled, full, decoder = slices_eager.pool(x, table, True)
    wanted = slices.literal_pool(x.double(), table.double())
    for ours, theirs in zip((pooled, full, decoder), wanted, strict=True):
        torch.testing.assert_close(ours.double(), theirs, rtol=1e-5, atol=1e-6)  # type: ignore[union-attr]


@needs_compiler
def test_second_gradients() -> None:
    torch.manual_seed(0)
    x, y = channels_last(1, 3, 4, 4).requires_grad_(), channels_last(1, 3, 2, 2).requires_grad_()
    table = torch.randn(16, 1, requires_grad=True)

    def total(pool: Callable[..., tuple[Tensor, ...]]) -> Tensor:
        pooled, full, decoder = pool(x, table)
        up = decoder * nn.functional.interpolate(y, scale_factor=2) if pool is slices.literal_pool else None
        up = upsample_by_map(y, decoder) if up is None else up
        return (pooled**2).sum() + (full**3).sum() + (up**2).sum()

    def second(pool: Callable[..., tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
        first = torch.autograd.grad(total(pool), [x, y, table], create_graph=True)
        return torch.autograd.grad(sum((grad**2).sum() for grad in first), [x, y, table])

    ours = second(lambda x, table: pool_slices(x, table, weighted=True))
    for found, wanted in zip(ours, second(slices.literal_pool), strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-4)


def test_the_literal_form_of_the_moments_can_be_differentiated_twice() -> None:
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert gradgradcheck(slices._literal_moments, [x])


@needs_compiler
def test_moments() -> None:
    torch.manual_seed(0)
    x = channels_last(2, 300, 6, 4).requires_grad_()
    means, products = slices.region_moments(x)
    parts = torch.stack([x[:, :, i::2, j::2].double() for i in range(2) for j in range(2)])
    torch.testing.assert_close(means, parts.mean((1, 3, 4)).t())
    torch.testing.assert_close(products, torch.einsum("pbchw,qbchw->cpq", parts, parts) / 12)


@needs_compiler
@pytest.mark.parametrize(
    "change",
    [
        lambda s: s.network.register_forward_hook(lambda *_: None),
        lambda s: s.network.block.conv.register_forward_hook(lambda *_: None),
        lambda s: nn.utils.parametrizations.spectral_norm(s.network.block.conv),
        lambda s: s.double(),
    ],
    ids=["hook", "hook of a layer", "parametrization", "float64"],
)
def test_changed_networks_run_layer_by_layer(change: Callable[[Resampling], object]) -> None:
    ours = stage("o2o-shared", 8)
    change(ours)
    x = channels_last(1, 8, 4, 4).to(next(ours.parameters()).dtype)
    assert isinstance(ours.down(x)[1].index, IndexPrediction)


@pytest.mark.parametrize(
    "x",
    [
        torch.rand(1, 4, 4, 4),
        channels_last(1, 4, 4, 4).double(),
        channels_last(1, 1, 4, 4),
        channels_last(1, 8, 4, 4)[:, ::2],
        torch.rand(1, 4, 4, 4, device="meta").contiguous(memory_format=torch.channels_last),
    ],
    ids=["channels_first", "float64", "one channel", "slice", "meta"],
)
def test_other_maps_are_left_to_the_separate_operations(x: Tensor) -> None:
    assert not can_fuse(x)


@needs_compiler
def test_the_written_map_is_that_of_the_prediction() -> None:
    torch.manual_seed(0)
    ours = stage("o2o-shared", 8)
    x = channels_last(1, 8, 6, 4)
    for found, wanted in zip(ours.down(x)[1].index, ours.network(x), strict=True):  # type: ignore[arg-type,operator]
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("operator", ["hin", "hin-nl", "m2o"])
def test_other_families_build_no_library(operator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        raise AssertionError("the library was asked for")

    monkeypatch.setattr(compiled, "available", fail)
    ours = stage(operator, 8)
    pooled, guidance = ours.down(channels_last(1, 8, 4, 4))
    assert ours.up(pooled, guidance).shape == (1, 8, 4, 4)


@needs_compiler
def test_nan_reaches_the_results() -> None:
    ours = stage("o2o-shared", 8)
    x = channels_last(1, 8, 4, 4)
    x[0, 3, 1, 1] = float("nan")
    pooled, guidance = ours.down(x)
    assert pooled.isnan().sum() == 1
    assert ours.up(torch.ones(1, 8, 2, 2), guidance)[0, 3, :2, :2].isnan().all()
