"""Damaged images, networks, exports and configurations, which every program refuses."""

import io
import json
import os
import pickle
import shutil
import struct
import zlib
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper
from torch import nn

from indexnet_engine.images.image_file import write_image
from indexnet_engine.weights.pretrained import save_pretrained

__all__ = [
    "make_bad_exports",
    "make_bad_images",
    "make_changed_network",
    "make_configurations",
    "make_networks",
    "make_runs",
]


class Evil:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch executed",)


def make_bad_images(whole: Path) -> None:
    """Write damaged copies of a good PNG into the working folder."""
    png = whole.read_bytes()
    write_image(Path("truncated.jpg"), np.random.default_rng(0).random((48, 48)))
    jpeg = Path("truncated.jpg").read_bytes()
    Path("truncated.png").write_bytes(png[: len(png) // 2])
    Path("truncated.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    Path("flipped.png").write_bytes(png[:500] + bytes([png[500] ^ 0xFF]) + png[501:])
    Path("empty.png").touch()
    Path("text.png").write_text("not an image\n")
    huge = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    bomb = b"Comment\0\0" + zlib.compress(bytes(10**8))
    header, rest = png[8:33], png[33:]
    Path("huge.png").write_bytes(png[:8] + _chunk(b"IHDR", huge) + rest)
    Path("bomb.png").write_bytes(png[:8] + header + _chunk(b"zTXt", bomb) + rest)
    for path in (Path("folder.png"), Path("notes")):
        path.mkdir()
        (path / "notes.txt").write_text("no image")


def make_networks(model: nn.Module, config: dict[str, Any], width: float) -> None:
    """Save a network in ``net``, and copies with one fault each in ``nets``.

    Args:
        model: a small network.
        config: the entries that `save_pretrained` writes beside the model's options, including ``"task"``.
        width: a width that differs from the network's.
    """
    save_pretrained(model, "net", config)
    for name in ("no-config", "no-weights", "broken-json", "truncated"):
        shutil.copytree("net", f"nets/{name}")
    Path("nets/no-config/config.json").unlink()
    Path("nets/no-weights/model.safetensors").unlink()
    Path("nets/broken-json/config.json").write_text('{"model": ')
    weights = Path("net/model.safetensors").read_bytes()
    Path("nets/truncated/model.safetensors").write_bytes(weights[: len(weights) // 2])
    options = json.loads(Path("net/config.json").read_text())["model"]
    for name, change in (
        ("other-width", {"width": width}),
        ("unknown-network", {"model": "unet"}),
        ("unknown-option", {"kernel": 5}),
        ("text-width", {"width": "wide"}),
    ):
        make_changed_network(name, model={**options, **change})
    make_changed_network("other-task", task="denoising" if config["task"] == "matting" else "matting")
    next(model.parameters()).data.fill_(float("nan"))
    save_pretrained(model, "nets/nan", config)
    Path("evil.ckpt").write_bytes(pickle.dumps(Evil()))


def make_changed_network(name: str, **changes: object) -> None:
    """Copy ``net`` to ``nets/NAME``, with other entries in its ``config.json``."""
    shutil.copytree("net", f"nets/{name}")
    config = json.loads(Path("net/config.json").read_text())
    Path("nets", name, "config.json").write_text(json.dumps({**config, **changes}))


def make_bad_exports() -> None:
    """Write a text named ``.onnx``, an ONNX file not written by ``export``, and one for another task."""
    Path("text.onnx").write_text("not a network\n")
    sizes: list[str | int | None] = ["batch", 3, "height", "width"]
    image, prediction = (
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, sizes) for name in ("image", "prediction")
    )
    node = helper.make_node("Relu", ["image"], ["prediction"])
    graph = helper.make_graph([node], "relu", [image], [prediction])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, "foreign.onnx")
    entries = {"format": 1, "task": "weather", "model": {}, "stride": 1}
    helper.set_model_props(model, {"config.json": json.dumps(entries)})
    onnx.save(model, "weather.onnx")


def make_configurations(good: dict[str, Any]) -> None:
    """Write a configuration that trains within a second, and others with one fault each."""
    Path("good.yaml").write_text(json.dumps(good))  # JSON is YAML
    Path("unknown-key.yaml").write_text("model:\n  wdith: 4\n")
    Path("wrong-type.yaml").write_text("loop:\n  steps: many\n")
    Path("broken.yaml").write_text("model: {width: 4\n")
    Path("list.yaml").write_text("- model\n- data\n")


def make_runs(main: Callable[[list[str]], int]) -> None:
    """Train a run with ``good.yaml``; make copies with a damaged checkpoint and with one that holds code."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as stderr:
        if main(["train", "--config", "good.yaml", "--name", "good"]):
            raise SystemExit(f"the good configuration does not train: {stderr.getvalue()}")
    for name in ("damaged", "evil"):
        shutil.copytree("runs/good", f"runs/{name}")
    checkpoint = Path("runs/good/last.ckpt").read_bytes()
    Path("runs/damaged/last.ckpt").write_bytes(checkpoint[: len(checkpoint) // 2])
    shutil.copy("evil.ckpt", "runs/evil/last.ckpt")


def _chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
