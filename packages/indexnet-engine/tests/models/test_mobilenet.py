import pytest
import torch
import torch.nn.functional as F
from torch import nn

from indexnet_core import SpecError
from indexnet_engine.models.mobilenet import InvertedResidual, MobileNetEncoder


def test_the_input_of_a_block_is_padded_not_its_hidden_feature() -> None:
    """Expanded zeros are not zero, because batch norm shifts them."""
    block = InvertedResidual(4, 4, 6).double().eval()
    nn.init.constant_(block.expand.norm.bias, 0.7)  # type: ignore[arg-type]
    x = torch.randn(1, 4, 6, 5, dtype=torch.double)
    weight = block.depthwise.conv.weight
    hidden = block.expand(F.pad(x, (1, 1, 1, 1)))
    torch.testing.assert_close(hidden[0, :, 0, 0], torch.full((24,), 0.7, dtype=torch.double))
    inner = F.conv2d(hidden, weight, groups=24)
    depthwise = F.relu6(block.depthwise.norm(inner))
    torch.testing.assert_close(block(x), x + block.project(depthwise))

    usual = F.conv2d(block.expand(x), weight, groups=24, padding=1)
    torch.testing.assert_close(usual[..., 1:-1, 1:-1], inner[..., 1:-1, 1:-1])
    assert not torch.allclose(usual[..., 0, :], inner[..., 0, :])


@pytest.mark.parametrize(
    ("stride", "dilation", "size"), [(1, 1, (9, 8)), (1, 2, (9, 8)), (2, 1, (5, 4)), (1, 4, (9, 8))]
)
def test_sizes(stride: int, dilation: int, size: tuple[int, int]) -> None:
    block = InvertedResidual(4, 6, 6, stride=stride, dilation=dilation).eval()
    assert block(torch.rand(1, 4, 9, 8)).shape == (1, 6, *size)


@pytest.mark.parametrize(("out", "stride", "residual"), [(4, 1, True), (6, 1, False), (4, 2, False)])
def test_residual_only_between_equal_shapes(out: int, stride: int, residual: bool) -> None:
    block = InvertedResidual(4, out, 2, stride=stride).eval()
    nn.init.zeros_(block.project.conv.weight)  # type: ignore[arg-type]
    x = torch.rand(1, 4, 6, 6)
    assert torch.equal(block(x), x) if residual else not block(x).any()


def test_no_expansion_without_need() -> None:
    block = InvertedResidual(8, 4, 1)
    assert sum(isinstance(layer, nn.Conv2d) for layer in block.modules()) == 2


def run(encoder: MobileNetEncoder, x: torch.Tensor) -> list[tuple[int, ...]]:
    shapes = []
    for layer in encoder.layers:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    return shapes


def test_layers_blocks_and_widths() -> None:
    with torch.device("meta"):
        encoder = MobileNetEncoder(4)
    assert encoder.channels == [32, 16, 24, 32, 64, 96, 160, 320]
    assert [len(layer) for layer in encoder.layers][1:] == [1, 2, 3, 4, 3, 3, 1]
    assert run(encoder, torch.zeros(1, 4, 16, 16, device="meta")) == [(c, 16, 16) for c in encoder.channels]
    strides = {layer.stride for layer in encoder.modules() if isinstance(layer, nn.Conv2d)}
    assert strides == {(1, 1)}


@pytest.mark.parametrize(
    ("output_stride", "sizes"),
    [(32, [33, 33, 17, 9, 5, 5, 3, 3]), (16, [33, 33, 17, 9, 5, 5, 5, 5])],
)
def test_its_own_strides(output_stride: int, sizes: list[int]) -> None:
    with torch.device("meta"):
        encoder = MobileNetEncoder(4, conv_stride=2, output_stride=output_stride)  # type: ignore[arg-type]
    shapes = run(encoder, torch.zeros(1, 4, 65, 65, device="meta"))
    assert [height for _, height, _ in shapes] == sizes
    dilations = [
        block.depthwise.conv.dilation[0]
        for layer in encoder.layers[6:]
        for block in layer  # type: ignore
    ]
    assert dilations == ([1, 2, 2, 2] if output_stride == 16 else [1, 1, 1, 1])


def test_output_stride_8_is_refused() -> None:
    with pytest.raises(SpecError, match="output_stride"):
        MobileNetEncoder(4, 0.1, output_stride=8)  # type: ignore[arg-type]


def test_keys_are_frozen() -> None:
    with torch.device("meta"):
        keys = {key.rpartition(".")[0] for key in MobileNetEncoder(4).state_dict()}
    blocks = {1: 1, 2: 2, 3: 3, 4: 4, 5: 3, 6: 3, 7: 1}
    expected = {"layers.0.conv", "layers.0.norm"} | {
        f"layers.{layer}.{block}.{part}.{kind}"
        for layer, count in blocks.items()
        for block in range(count)
        for part in ("expand", "depthwise", "project")
        for kind in ("conv", "norm")
        if not (layer == 1 and part == "expand")
    }
    assert keys == expected
