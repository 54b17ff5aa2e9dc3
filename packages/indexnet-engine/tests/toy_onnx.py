"""An ONNX file of one multiplication, in place of an exported network."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import onnx.helper as make
from torch import Tensor, nn

ENTRIES = {"format": 1, "task": "toy", "model": {"model": "factor"}}


class Factor(nn.Module):
    """Multiplies by a number."""

    stride = 4

    def __init__(self, factor: float = 2.0) -> None:
        super().__init__()
        self.scale = nn.Conv2d(1, 1, 1, bias=False)
        nn.init.constant_(self.scale.weight, factor)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale(x)


def write_factor(path: Path, factor: float, metadata: Mapping[str, str]) -> None:
    """Write ``prediction = factor · image``."""
    shape = ["batch", 1, "height", "width"]
    image, prediction = (
        make.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name in ("image", "prediction")
    )
    number = make.make_tensor("factor", onnx.TensorProto.FLOAT, [], [factor])
    node = make.make_node("Mul", ["image", "factor"], ["prediction"])
    graph = make.make_graph([node], "factor", [image], [prediction], [number])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 20)], ir_version=10)
    make.set_model_props(model, dict(metadata))
    onnx.save(model, path)


def write_network(path: Path, factor: float = 2.0, **changes: Any) -> Path:
    """Write a file like those of the command export, with changed entries."""
    entries = {**ENTRIES, "stride": 4, **changes}
    write_factor(path, factor, {"config.json": json.dumps(entries)})
    return path
