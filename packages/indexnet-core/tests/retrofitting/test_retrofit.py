"""Retrofitted networks compute indexed pooling and upsampling, and keep the abilities of the original."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core import (
    RetrofitError,
    ShapeError,
    SpecError,
    create_resampling,
    crop_to,
    export_onnx,
    optimize_for_inference,
    pad_to_multiple,
    retrofit,
)
from indexnet_core.analysis.complexity import count_parameters
from indexnet_core.analysis.visualize import collect_index_maps
from indexnet_core.networks import IndexNetwork

from .nets import Functional, Hourglass, Moody, Pyramid, SegNet, Shared, Strided, TwoEncoders

X = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))

NETWORKS = [
    (Functional, {"pairs": [("forward[0]", "forward[1]")]}),
    (Functional, {}),
    (Shared, {}),
    (SegNet, {}),
    (Strided, {}),
    (Hourglass, {}),
]


def made(kind: Callable[[], nn.Module], operator: str = "o2o-modelwise-nl", **options: object) -> nn.Module:
    torch.manual_seed(0)
    return retrofit(kind(), operator, example=X, **options)[0]  # type: ignore[arg-type]


def test_computes_what_the_resampling_does() -> None:
    """Compared with the formula, with a functional call in between that is unchanged."""
    network = made(Functional, "m2o-nl", pairs=[("forward[0]", "forward[1]")]).eval()
    stage = network.resampling[0]
    above = network.first(X).relu()
    pooled, guidance = stage.down(above)
    x = network.second(pooled).relu()
    x = F.interpolate(F.avg_pool2d(x, 2), size=x.shape[2:], mode="bilinear")
    wanted = network.last(torch.cat([stage.up(network.third(x), guidance), above], 1))
    torch.testing.assert_close(network(X), wanted, rtol=0, atol=0)


def test_results_of_layers_with_weights_are_weighted() -> None:
    network = made(Strided, "o2o-unshared").eval()
    outer, middle, inner = (network.resampling[stage] for stage in range(3))
    x = F.conv2d(X, network.stem[0].weight, network.stem[0].bias, padding="same")
    x, at_stem = outer.down(network.stem[1](x).relu())
    x = F.conv2d(x, network.separable[0].weight, network.separable[0].bias, padding=1, groups=4)
    for layer in network.separable[1:4]:
        x = layer(x)
    x, at_separable = middle.down(F.prelu(x, network.separable[4].weight))
    block = network.block
    deep = block.relu(block.bn1(F.conv2d(x, block.conv1.weight, padding=1)))
    x, at_block = inner.down((block.conv2(deep) + block.shortcut[1](x)).relu())
    weights = [(layer.weight, layer.bias) for layer in (network.up[0], network.up[2])]
    x = F.conv_transpose2d(x, *weights[0], 2) * at_block.index.decoder
    x = F.pixel_shuffle(network.up[1][0](x), 2) * at_separable.index.decoder
    x = F.conv_transpose2d(x, *weights[1], 2, 1) * at_stem.index.decoder
    torch.testing.assert_close(network(X), x)


@pytest.mark.parametrize(("kind", "options"), NETWORKS)
def test_keeps_weights_names_and_shapes(kind: type[nn.Module], options: dict[str, object]) -> None:
    original = kind()
    before = copy.deepcopy(original)
    network, report = retrofit(original, "o2o-modelwise", example=X, **options)  # type: ignore[arg-type]
    assert repr(original) == repr(before)
    state = network.state_dict()
    for name, value in original.state_dict().items():
        assert torch.equal(state.pop(name), value)
    assert list(state) == ["resampling.stages.0.network.block.conv.weight"]
    assert (report.before.parameters, report.after.parameters) == (
        count_parameters(original),
        count_parameters(network),
    )
    assert report.after.parameters - report.before.parameters == 16
    assert isinstance(network, kind)
    assert network.training
    for size in [(16, 16), (24, 40)]:
        x = torch.rand(1, 3, *size)
        assert network(x).shape == original(x).shape


@pytest.mark.parametrize(("kind", "options"), NETWORKS)
def test_gradients_reach_the_index_networks(kind: type[nn.Module], options: dict[str, object]) -> None:
    network = made(kind, "o2o-unshared", **options)
    network(X).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        if "resampling" in name:
            assert parameter.grad.any(), name


@pytest.mark.parametrize(("kind", "options"), NETWORKS)
def test_copies_are_equal_and_independent(kind: type[nn.Module], options: dict[str, object]) -> None:
    network = made(kind, **options).eval()
    wanted = network(X)
    for duplicate in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert torch.equal(duplicate(X), wanted)
        assert type(duplicate) is type(network)
        with torch.no_grad():
            for parameter in duplicate.resampling.parameters():
                parameter.zero_()
        assert not torch.equal(duplicate(X), wanted)
        assert torch.equal(network(X), wanted)


@pytest.mark.parametrize("kind", [Shared, SegNet, Strided])
def test_compiles_as_one_graph(kind: type[nn.Module]) -> None:
    torch._dynamo.reset()
    network = made(kind, "hin-nl")
    twin = copy.deepcopy(network)
    compiled = torch.compile(twin, fullgraph=True, backend="aot_eager")
    for _ in range(2):  # a second run begins anew
        for step in (network, compiled):
            step.zero_grad()
            step(X).square().mean().backward()
        for one, other in zip(network.parameters(), twin.parameters()):
            torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize("kind", [Functional, Shared, Strided])
def test_exports_for_any_size(kind: type[nn.Module]) -> None:
    network = made(kind, "hin-nl-c").eval()
    rows, columns = (torch.export.Dim(name, min=2, max=64) for name in ("rows", "columns"))
    program = torch.export.export(network, (X,), dynamic_shapes=({2: 8 * rows, 3: 8 * columns},))
    assert not [node for node in program.graph.nodes if "indexnet" in str(node.target)]
    x = torch.rand(2, 3, 24, 40)
    torch.testing.assert_close(program.module()(x), network(x))


def test_onnx(tmp_path: Path) -> None:
    for package in ("onnx", "onnxscript"):
        pytest.importorskip(package)
    onnxruntime = pytest.importorskip("onnxruntime")
    network = made(Strided, "o2o-shared-nl-c").eval()
    export_onnx(network, X, tmp_path / "network.onnx")  # network.stride is 8
    session = onnxruntime.InferenceSession(tmp_path / "network.onnx")
    for shape in [(2, 3, 16, 16), (1, 3, 24, 40)]:
        x = torch.rand(shape)
        (result,) = session.run(["prediction"], {"image": x.numpy()})
        torch.testing.assert_close(torch.from_numpy(result), network(x), rtol=0, atol=1e-5)


def test_carries_its_stride_along() -> None:
    network, report = retrofit(Shared(), "hin", example=X)
    assert (network.stride, report.stride) == (4, 4)
    assert "takes heights and widths that 4 divides" in str(report)
    for other in (
        copy.deepcopy(network),
        pickle.loads(pickle.dumps(network)),
        optimize_for_inference(network),
    ):
        assert other.stride == 4
    assert not hasattr(Shared(), "stride")


def test_an_existing_stride_attribute_is_kept() -> None:
    original = Shared()
    original.stride = 12
    network, report = retrofit(original, "hin", example=X)
    assert (network.stride, report.stride) == (12, 4)


def test_odd_sizes_are_refused_with_a_remedy() -> None:
    network = made(Shared, "hin").eval()
    x = torch.rand(1, 3, 14, 18)
    for size, got in (((13, 18), "13x18"), ((14, 18), "7x9")):
        message = (
            rf"by 2, got {got}; at pool\[.\]: pad the network's input with pad_to_multiple\(x, 4\) and crop"
        )
        with pytest.raises(ShapeError, match=message):
            network(crop_to(x, size))
    result = crop_to(network(pad_to_multiple(x, network.stride)), (14, 18))
    assert result.shape == (1, 4, 14, 18)
    network, report = retrofit(
        nn.Sequential(nn.Conv2d(3, 4, 5), nn.MaxPool2d(2), nn.Upsample(scale_factor=2)), "hin", example=X
    )
    assert report.stride is None
    assert not hasattr(network, "stride")
    with pytest.raises(
        ShapeError, match=r"by 2, got 11x12; choose the size of the network's input so that they are"
    ):
        network(X[:, :, 1:])


def test_folding_batch_norm_keeps_the_index_networks() -> None:
    network = made(Strided, "hin-nl").eval()
    torch.testing.assert_close(optimize_for_inference(network)(X), network(X))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_and_precision(dtype: torch.dtype) -> None:
    network = made(Strided, "o2o-shared-nl-c")
    with torch.autocast("cpu", dtype):
        assert network(X).dtype == dtype
    network = retrofit(Strided().to(dtype), "m2o", example=X.to(dtype))[0]
    assert {parameter.dtype for parameter in network.parameters()} == {dtype}
    assert network(X.to(dtype)).dtype == dtype


def test_runs_under_ddp(tmp_path: Path) -> None:
    store = torch.distributed.FileStore(f"{tmp_path}/store", 1)
    torch.distributed.init_process_group("gloo", store=store, rank=0, world_size=1)
    try:
        network = made(Shared, "hin-nl")
        twin = nn.parallel.DistributedDataParallel(copy.deepcopy(network))
        for step in (network, twin):
            step(X).square().mean().backward()
        for one, other in zip(network.parameters(), twin.module.parameters()):
            torch.testing.assert_close(one.grad, other.grad)
    finally:
        torch.distributed.destroy_process_group()


def test_shows_its_maps() -> None:
    maps = collect_index_maps(made(Shared, "hin"), X)
    assert [each.decoder.shape for each in maps] == [(2, 1, 16, 16), (2, 1, 8, 8)]


def test_report() -> None:
    _, report = retrofit(Strided(), "hin", example=X)
    assert [(pair.down, pair.after, pair.up, pair.up_stays) for pair in report.pairs] == [
        ("stem.0", "stem.2", "up.2", True),
        ("separable.0", "separable.4", "up.1.1", True),
        ("block", "block", "up.0", True),
    ]
    assert report.after.macs > report.before.macs
    assert {pair.index for pair in report.pairs} == {"holistic"}
    text = str(report)
    assert "Strided: hin in 3 stages" in text
    assert "separable.0  strided convolution" in text
    assert "parameters" in text
    assert "strided convolutions run at stride 1" in text
    assert "index maps weigh their results" in text
    _, report = retrofit(Functional(), "hin", example=X, pairs=[("forward[1]", "forward[0]")])
    assert report.left_alone == (
        "forward[0] (2×2 max pooling, 4 channels, 16x16 -> 8x8)",
        "forward[1] (nearest interpolation, 4 channels, 8x8 -> 16x16)",
    )


def test_depthwise_maps_need_the_decoders_width_or_a_rule() -> None:
    with pytest.raises(
        RetrofitError, match=r"right has 2 channels and pool 4: use holistic maps \(hin.*channel rules \(mean"
    ):
        retrofit(Pyramid(), "m2o", example=X, several="all")
    network, report = retrofit(Pyramid(), "m2o", example=X, several="all", channel_rule="max")
    assert [pair.index for pair in report.pairs] == ["depthwise", "depthwise, by max"]
    stage = network.eval().resampling[0]
    pooled, guidance = stage.down(network.first(X))
    decoder = guidance.index.decoder.unflatten(1, (2, 2)).amax(2)
    wanted = decoder * F.interpolate(network.narrow(pooled), scale_factor=2)
    torch.testing.assert_close(network(X)["right"], wanted)
    narrow = Pyramid()
    narrow.narrow = nn.Conv2d(4, 3, 1)
    with pytest.raises(RetrofitError, match=r"channel_rule='mean' .*widths that divide"):
        retrofit(narrow, "m2o", example=X, several="all", channel_rule="mean")


class Taken(Shared):
    resampling = "nearest"


class Eight(nn.Sequential):
    def __init__(self) -> None:
        super().__init__(nn.AvgPool2d(8), nn.Conv2d(3, 4, 1), nn.Upsample(scale_factor=8))


@pytest.mark.parametrize(
    ("network", "options", "message"),
    [
        (
            Eight(),
            {},
            "Eight has no coupled ×2 stages: only an ×8 interpolation of logits. Going down.*nothing",
        ),
        (
            nn.MaxPool2d(2),
            {},
            r"no coupled ×2 stages: nothing comes up. Going down by two: forward \(2×2 max",
        ),
        (TwoEncoders(), {}, "not clear"),
        (Taken(), {}, "attribute 'resampling'"),
        (nn.Sequential(nn.Conv2d(3, 4, 1), create_resampling("max", 4)), {}, "resamplings already, at '1'"),
        (nn.Conv2d(4, 4, 3), {}, "Conv2d fails on the example: .* 3 channels"),
        (Shared(), {"operator": "max"}, "'max' is not an index network; choose one of hin"),
        (Shared(), {"operator": "hni"}, "unknown resampling operator 'hni'"),
        (Shared(), {"channel_rule": "min"}, "unknown channel rule 'min'"),
        (Shared(), {"expansion": 0}, "expansion must be at least 1"),
    ],
)
def test_errors_describe_the_problem(network: nn.Module, options: dict[str, object], message: str) -> None:
    given = {"operator": "hin", **options}
    with pytest.raises((RetrofitError, SpecError), match=message):
        retrofit(network, example=X, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("example", ["a.png", None, [X], np.zeros((1, 3, 16, 16)), ("a.png",), ()])
def test_an_example_without_a_tensor_is_refused(example: object) -> None:
    with pytest.raises(RetrofitError, match=r"example must be a tensor, or a tuple of .*; got .") as error:
        retrofit(Shared(), "hin", example=example)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_not_twice() -> None:
    with pytest.raises(RetrofitError, match="already"):
        retrofit(made(Shared), "hin", example=X)


class Branches(nn.Module):
    """Downsamples in two branches of the same size, of which one can be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Conv2d(3, 4, 3, 2, 1), nn.MaxPool2d(2, return_indices=True)
        self.up = nn.Upsample(scale_factor=2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        pooled, where = self.right(x)
        return self.up(torch.cat([self.left(x), pooled], 1)), where.sum()


def test_a_choice_that_breaks_the_network_is_an_error() -> None:
    """A network that returns argmax indices, which no longer exist."""
    with pytest.raises(RetrofitError, match=r"fails on the example .*'sum'.* choose its stages with pairs="):
        retrofit(Branches(), "hin", example=X, pairs=[("right", "up")])
    network, _ = retrofit(Branches(), "hin", example=X, pairs=[("left", "up")])
    assert network(X)[0].shape == (2, 7, 16, 16)


def test_a_run_with_other_steps_is_an_error_and_is_reset() -> None:
    network = made(Moody, "o2o-shared")
    wanted = network.eval()(X)
    with pytest.raises(RetrofitError, match="another way through the network"):
        network.train()(X)
    assert torch.equal(network.eval()(X), wanted)
    with pytest.raises(ValueError, match="divisible by 2"):
        network(X[:, :, :15])
    assert torch.equal(network(X), wanted)


def test_parts_run_by_themselves() -> None:
    network = made(Shared)
    assert network.pool(network.layers[0](X)).shape == (2, 4, 8, 8)
    assert network(X).shape == (2, 4, 16, 16)
    with pytest.raises(RetrofitError, match=r"decoder stage of .* ran before its encoder stage"):
        made(Shared).upsample(torch.rand(2, 4, 4, 4))


def test_training_lowers_the_loss() -> None:
    network = made(Functional, "m2o-nl-c", pairs=[("forward[0]", "forward[1]")])
    assert sum(isinstance(module, IndexNetwork) for module in network.modules()) == 1
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    losses = []
    for _ in range(20):
        loss = (network(X) - X.mean(1, keepdim=True)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
