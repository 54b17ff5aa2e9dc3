import pytest
import torch
from torch import nn

from indexnet_core import SpecError
from indexnet_matting.models.mobilenet import MobileNetEncoder


def run(encoder: MobileNetEncoder, x: torch.Tensor) -> list[tuple[int, ...]]:
    shapes = []
    for layer in encoder.layers:
        x = layer(x)
        shapes.append(tuple(x.shape[1:]))
    return shapes


def test_layers_blocks_and_widths() -> None:
    with torch.device("meta"):
        encoder = MobileNetEncoder()
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
        encoder = MobileNetEncoder(conv_stride=2, output_stride=output_stride)  # type: ignore[arg-type]
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
        MobileNetEncoder(0.1, output_stride=8)  # type: ignore[arg-type]


def test_keys_are_frozen() -> None:
    with torch.device("meta"):
        keys = {key.rpartition(".")[0] for key in MobileNetEncoder().state_dict()}
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
