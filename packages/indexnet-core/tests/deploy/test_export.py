"""Exported files give the results of the network, for every operator, batch and size."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import indexnet_core.deploy.export
from indexnet_core import (
    ResamplingStages,
    ShapeError,
    SpecError,
    create_resampling,
    export_onnx,
    export_program,
    export_pt2,
    optimize_for_inference,
)
from indexnet_core.operators.names import OPERATORS

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

NOT_EXPORTED: dict[str, str] = {}
"""Operators that cannot be exported, and why."""

EXPORTED = [
    name
    for name in OPERATORS
    if name not in NOT_EXPORTED
    # Tracing takes seconds; tools/release/export_parity.py tests all combinations of parts.
    and not name.startswith(("avg+carafe", "avg+dysample", "stride+carafe", "stride+dysample"))
    and (not name.endswith("-mp") or name in ("hin-mp", "m2o-nl-c-mp"))
    and name != "a2u-unshared"
]
SHAPES = [(1, 3, 8, 8), (3, 3, 10, 24), (1, 3, 2, 2)]


class EveryOperator(nn.Module):
    """One stage of each operator side by side, so that one export covers all of them."""

    stride = 2

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4))
        self.strided = nn.Conv2d(3, 4, 3, 2, padding=1)
        self.stages = nn.ModuleList(create_resampling(name, 4) for name in EXPORTED)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (operators, B, 4, H, W)."""
        wide, narrow = self.encoder(x), self.strided(x)
        results = []
        for stage in self.stages:
            skips = stage.conv_stride == 1
            pooled, guidance = stage.down(wide if skips else narrow, skip=skips)
            y = stage.up(pooled.sin(), guidance)
            results.append(y + guidance.skip if skips else y)
        return torch.stack(results)


class TwoStages(nn.Module):
    """A small encoder-decoder, whose stages share one index network if the operator is modelwise."""

    stride = 4

    def __init__(self, operator: str) -> None:
        super().__init__()
        self.stages = ResamplingStages(operator, [3, 3])
        self.bottom = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.BatchNorm2d(3))

    def forward(self, x: Tensor) -> Tensor:
        y, above = self.stages[0].down(x)
        y, below = self.stages[1].down(y)
        return self.stages[0].up(self.stages[1].up(self.bottom(y), below), above)


def trained(model: nn.Module) -> nn.Module:
    """Set random statistics, as after a training."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.5, 0.5)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.eval()


def run(path: Path, x: Tensor) -> Tensor:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(["prediction"], {"image": x.numpy()})[0])


class Exported(NamedTuple):
    graph: Any
    differences: list[Tensor]  # of each shape, for each operator


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    path = tmp_path_factory.mktemp("export") / "a.onnx"
    torch.manual_seed(0)
    model = trained(EveryOperator())
    export_onnx(model, torch.zeros(1, 3, 2, 2), path, metadata={"config.json": "{}"})
    differences = []
    for shape in SHAPES:
        x = torch.randn(shape)
        with torch.no_grad():
            differences.append((run(path, x) - model(x)).abs().flatten(1).amax(1))
    return Exported(onnx.load(path), differences)


@pytest.mark.parametrize("operator", EXPORTED)
def test_onnxruntime_gives_what_pytorch_gives(exported: Exported, operator: str) -> None:
    place = EXPORTED.index(operator)
    assert [float(found[place]) for found in exported.differences] == pytest.approx([0] * 3, abs=1e-5)


def test_a_graph_holds_operators_of_onnx_alone(exported: Exported) -> None:
    assert {node.domain for node in exported.graph.graph.node} == {""}
    assert not exported.graph.functions
    assert [entry.domain for entry in exported.graph.opset_import] == [""]
    onnx.checker.check_model(exported.graph, full_check=True)


def test_sizes_are_free_and_have_names(exported: Exported) -> None:
    def sizes(value: Any) -> list[str | int]:
        return [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]

    (image,), (prediction,) = exported.graph.graph.input, exported.graph.graph.output
    assert (image.name, sizes(image)) == ("image", ["batch", 3, "height", "width"])
    assert (prediction.name, sizes(prediction)) == (
        "prediction", [len(EXPORTED), "batch", 4, "height", "width"],
    )  # fmt: skip


def test_a_file_carries_texts_along(exported: Exported) -> None:
    assert {entry.key: entry.value for entry in exported.graph.metadata_props} == {"config.json": "{}"}


@pytest.mark.parametrize("operator", ["max", "o2o-modelwise-nl"])
def test_pt2(operator: str, tmp_path: Path) -> None:
    """Two stages in sequence; the file needs only PyTorch."""
    model, path = trained(TwoStages(operator)), tmp_path / "a.pt2"
    export_pt2(model, torch.zeros(1, 3, 4, 4), path, metadata={"config.json": "{}"})
    texts = {"config.json": ""}
    program = torch.export.load(path, extra_files=texts)
    assert texts == {"config.json": "{}"}
    assert not [node for node in program.graph.nodes if "indexnet" in str(node.target)]
    assert not [node for node in program.graph.nodes if "batch_norm" in str(node.target)]
    for shape in [(1, 3, 8, 8), (3, 3, 24, 12)]:
        x = torch.randn(shape)
        torch.testing.assert_close(program.module()(x), model(x))


@pytest.mark.parametrize("opset", [17, 21])
def test_other_versions_of_the_operators(opset: int, tmp_path: Path) -> None:
    model, path = trained(TwoStages("m2o")), tmp_path / "a.onnx"
    export_onnx(model, torch.zeros(1, 3, 4, 4), path, opset=opset)
    graph = onnx.load(path)
    assert [(entry.domain, entry.version) for entry in graph.opset_import] == [("", opset)]
    onnx.checker.check_model(graph, full_check=True)
    x = torch.randn(2, 3, 8, 12)
    with torch.no_grad():
        torch.testing.assert_close(run(path, x), model(x), atol=1e-5, rtol=0)


@pytest.mark.parametrize("opset", [16, 22])
def test_an_untested_opset_is_refused(opset: int, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=f"opset must be a number from 17 to 21, got {opset}"):
        export_onnx(TwoStages("max"), torch.zeros(1, 3, 4, 4), tmp_path / "a.onnx", opset=opset)


def test_the_original_is_untouched() -> None:
    model = TwoStages("hin-nl").train()
    before = copy.deepcopy(model.state_dict())
    export_program(model, torch.zeros(2, 3, 8, 8))
    assert model.training
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_an_optimised_network_is_exported_in_full_precision() -> None:
    model = trained(nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)))
    program = export_program(optimize_for_inference(model, precision="bf16"), torch.zeros(1, 3, 8, 8))
    x = torch.randn(2, 3, 5, 9)
    torch.testing.assert_close(program.module()(x), model(x))


def test_any_network_that_takes_an_image(tmp_path: Path) -> None:
    """Third-party layers without a stride, and with several results."""

    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3, stride=2, padding=1)

        def forward(self, x: Tensor) -> dict[str, Tensor]:
            y = self.conv(x)
            return {"out": nn.functional.interpolate(y, x.shape[2:], mode="bilinear"), "small": y}

    model, x = Both().eval(), torch.rand(2, 1, 9, 14)
    export_onnx(model, torch.rand(1, 1, 6, 6), tmp_path / "a.onnx")
    with torch.no_grad():
        np.testing.assert_allclose(run(tmp_path / "a.onnx", x), model(x)["out"], atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "stride", "message"),
    [
        ((3, 8, 8), None, r"an image \(B, C, H, W\), got \(3, 8, 8\)"),
        ((1, 3, 8, 10), None, "divisible by 4, got 8x10; the example must fit the stride"),
        ((1, 3, 8, 8), 0, "stride must be at least 1, got 0"),
        (
            (1, 3, 8, 8),
            1,
            r"^Guard failed: .*; exported networks take all sides: .* only multiples of some num",
        ),
        (
            (1, 3, 8, 8),
            2,
            r"^Guard .*; exported networks take all sides that 2 divides: .* of another number",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    shape: tuple[int, ...], stride: int | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ShapeError, match=message) as error:
        export_onnx(TwoStages("max"), torch.zeros(shape), tmp_path / "a.onnx", stride=stride)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


class Forward(nn.Module):
    """A network of one function."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


@pytest.mark.parametrize(
    ("function", "stride", "message"),
    [
        (
            lambda x: x + torch.zeros(2, 1, 1, 1),
            1,
            r"fixes the batch \(2 .*\); exported networks take every batch$",
        ),
        (
            lambda x: x + torch.zeros(2, 1, 1, 1),
            4,
            r"fixes the batch \(2 .*\); exported networks take every batch$",
        ),
        (
            lambda x: x + torch.zeros(8, 8),
            1,
            r"fixes height and width \(8 .*\); exported networks take all sides$",
        ),
        (lambda x: x + torch.zeros(8, 8), 4, r"fixes height and width \(8 .* take all sides that 4 divides$"),
        (lambda x: x + x.mT, 4, r"^Guard failed: .* take all sides that 4 divides: if"),
        (
            lambda x: x if x.sum() > 0 else -x,
            4,
            "^Could not guard .*: the network cannot be traced for export$",
        ),
        (
            lambda x: F.conv2d(x, torch.zeros(1, 4, 1, 1)),
            1,
            "^Given groups=1.*: the network cannot be traced",
        ),
    ],
)
def test_the_reason_comes_first_and_stride_is_named_for_sides_alone(
    function: Callable[[Tensor], Tensor], stride: int, message: str
) -> None:
    with pytest.raises(ShapeError, match=message) as error:
        export_program(Forward(function), torch.zeros(1, 3, 8, 8), stride=stride)
    assert "\n" not in str(error.value)


def test_a_stride_of_another_meaning_is_not_taken_for_that_of_the_sides() -> None:
    """A pair, as in a convolution."""
    model = nn.Conv2d(3, 4, 3, stride=2, padding=1)
    program = export_program(model, torch.zeros(1, 3, 8, 8))
    x = torch.randn(2, 3, 5, 9)
    torch.testing.assert_close(program.module()(x), model(x))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        indexnet_core.deploy.export, "find_spec", lambda name: None if name == "onnxscript" else object()
    )
    with pytest.raises(ImportError, match=r'needs onnxscript: pip install "indexnet-core\[onnx\]"'):
        export_onnx(TwoStages("max"), torch.zeros(1, 3, 4, 4), tmp_path / "a.onnx")
