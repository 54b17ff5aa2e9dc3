"""Files that only look like images, checkpoints or configurations: what commands have to refuse."""

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

import numpy as np
import onnx
from onnx import helper

from indexnet_engine.images.image_file import write_image

__all__ = ["make_bad_configurations", "make_bad_exports", "make_bad_images", "make_bad_networks", "make_runs"]


class Evil:
    """Writes a file when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch executed",)


def make_bad_images(whole: Path) -> None:
    """Damage a good PNG in several ways, into the working folder."""
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


def make_bad_networks(good: Path) -> None:
    """Damage the folder of a good network in several ways, into ``nets``."""
    for name in ("no-config", "no-weights", "broken-json", "truncated"):
        shutil.copytree(good, f"nets/{name}")
    Path("nets/no-config/config.json").unlink()
    Path("nets/no-weights/model.safetensors").unlink()
    Path("nets/broken-json/config.json").write_text('{"model": ')
    weights = (good / "model.safetensors").read_bytes()
    Path("nets/truncated/model.safetensors").write_bytes(weights[: len(weights) // 2])
    Path("evil.ckpt").write_bytes(pickle.dumps(Evil()))


def make_bad_exports() -> None:
    """A text named ``.onnx``, and ONNX files that ``export`` has not written, or for another task."""
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


def make_bad_configurations() -> None:
    """Configurations with one fault each."""
    Path("unknown-key.yaml").write_text("model:\n  wdith: 4\n")
    Path("wrong-type.yaml").write_text("loop:\n  steps: many\n")
    Path("broken.yaml").write_text("model: {width: 4\n")
    Path("list.yaml").write_text("- model\n- data\n")


def make_runs(main: Callable[[list[str]], int]) -> None:
    """Train a run with ``good.yaml``, and copy it with a damaged checkpoint and with one that holds code."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as stderr:
        if main(["train", "--config", "good.yaml", "--name", "good"]):
            raise SystemExit(f"the good configuration does not train: {stderr.getvalue()}")
    for name in ("damaged", "evil"):
        shutil.copytree("runs/good", f"runs/{name}")
    checkpoint = Path("runs/good/last.ckpt").read_bytes()
    Path("runs/damaged/last.ckpt").write_bytes(checkpoint[: len(checkpoint) // 2])
    shutil.copy("evil.ckpt", "runs/evil/last.ckpt")


def _chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG file with its length and sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
