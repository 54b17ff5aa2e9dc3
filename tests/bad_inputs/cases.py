"""A bad input, a program with its bad inputs, and the cases that several programs share."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

__all__ = [
    "CONFIGURATION",
    "ENCODER",
    "RESUMING",
    "TRAINING_DATA",
    "Case",
    "Program",
    "export_cases",
    "image_cases",
    "weights_cases",
]


class Case(NamedTuple):
    """A bad input: its description, the command that reads it, and a text that the error must contain."""

    what: str
    command: str
    names: str


class Program(NamedTuple):
    """A command line and the bad inputs that it refuses.

    ``cases`` are grouped by section; ``make_inputs`` writes the files that they name into the working folder.
    """

    name: str
    main: Callable[[list[str]], int]
    cases: Mapping[str, Sequence[Case]]
    make_inputs: Callable[[], None]

    def all_cases(self) -> list[Case]:
        """Return the cases of all sections."""
        return [case for cases in self.cases.values() for case in cases]


def image_cases(predict: str) -> list[Case]:
    """Images that every program refuses, see `files.make_bad_images`.

    Args:
        predict: the command that predicts, with ``{}`` for the image.
    """
    return [
        Case("truncated PNG", predict.format("truncated.png"), "truncated.png"),
        Case("damaged byte inside a PNG", predict.format("flipped.png"), "flipped.png"),
        Case("empty file", predict.format("empty.png"), "empty.png"),
        Case("text named .png", predict.format("text.png"), "text.png"),
        Case("missing image", predict.format("nowhere.png"), "nowhere.png"),
        Case("folder without images", predict.format("notes"), "notes"),
        Case("header that promises 10 billion pixels", predict.format("huge.png"), "huge.png"),
    ]


def weights_cases(command: str) -> list[Case]:
    """Weights that every program refuses, see `files.make_networks`.

    Args:
        command: a command that loads weights, up to their folder.
    """
    return [
        Case("missing folder", f"{command} nowhere", "nowhere"),
        Case("folder without config.json", f"{command} nets/no-config", "nets/no-config"),
        Case("folder without weights", f"{command} nets/no-weights", "nets/no-weights"),
        Case("broken JSON", f"{command} nets/broken-json", "nets/broken-json/config.json"),
        Case("truncated weights", f"{command} nets/truncated", "nets/truncated"),
        Case("weights of another width", f"{command} nets/other-width", "nets/other-width"),
        Case("weights of another task", f"{command} nets/other-task", "nets/other-task"),
        Case("unknown network", f"{command} nets/unknown-network", "nets/unknown-network"),
        Case("option of no network", f"{command} nets/unknown-option", "kernel"),
        Case("width that is text", f"{command} nets/text-width", "nets/text-width"),
        Case("weights that are not numbers", f"{command} nets/nan", "nets/nan"),
    ]


TRAINING_DATA = (
    Case("missing folder", "train --config good.yaml --data.train nowhere", "nowhere"),
    Case("batch larger than the data", "train --config good.yaml --loop.batch_size 5000", "5000"),
)

CONFIGURATION = (
    Case("unknown option", "train --config good.yaml --optim.learning_rate 1", "--optim.learning_rate"),
    Case("unknown key in a file", "train --config unknown-key.yaml", "unknown-key.yaml"),
    Case("wrong type in a file", "train --config wrong-type.yaml", "wrong-type.yaml"),
    Case("unknown configuration", "train --config papre", "papre"),
    Case("unknown operator", "train --config good.yaml --model.resampling o2o-share", "'o2o-share'"),
    Case("unknown network", "train --config good.yaml --model.name unet", "unet"),
    Case("width 0", "train --config good.yaml --model.width 0", "0"),
    Case("learning rate nan", "train --config good.yaml --optim.lr nan", "nan"),
)

ENCODER = (
    Case("encoder weights that are missing", "train --config good.yaml --encoder nowhere.pth", "nowhere.pth"),
    Case("encoder weights with code in them", "train --config good.yaml --encoder evil.ckpt", "evil.ckpt"),
    Case("image as encoder weights", "train --config good.yaml --encoder photo.png", "photo.png"),
)

RESUMING = (
    Case("damaged checkpoint", "train --resume runs/damaged", "runs/damaged/last.ckpt"),
    Case("checkpoint with code in it", "train --resume runs/evil", "runs/evil/last.ckpt"),
    Case("contradicting option", "train --resume runs/good --optim.lr 0.5", "--optim.lr 0.5"),
)


def export_cases(predict: str) -> list[Case]:
    """Exported files that every program refuses, see `files.make_bad_exports`.

    Args:
        predict: the command that predicts, without its network.
    """
    return [
        Case("ONNX file that is missing", f"{predict} --onnx nowhere.onnx", "nowhere.onnx"),
        Case("text named .onnx", f"{predict} --onnx text.onnx", "text.onnx"),
        Case("ONNX file that export has not written", f"{predict} --onnx foreign.onnx", "foreign.onnx"),
        Case("ONNX file for another task", f"{predict} --onnx weather.onnx", "weather.onnx"),
        Case("weights and an ONNX file", f"{predict} --weights net --onnx weather.onnx", "--onnx"),
        Case("precision of an ONNX file", f"{predict} --onnx weather.onnx --precision bf16", "weather.onnx"),
        Case("unknown device for ONNX", f"{predict} --onnx weather.onnx --device abacus", "abacus"),
        Case("export into an unknown format", "export --weights net --out a.tflite", "a.tflite"),
        Case("export over another file", "export --weights net --out text.onnx", "text.onnx"),
        Case("export below a file", "export --weights net --out text.onnx/a.onnx", "text.onnx"),
        Case("export of weights that are missing", "export --weights nowhere --out a.onnx", "nowhere"),
        Case("tolerance 0", "export --weights net --out a.onnx --tolerance 0", "0"),
    ]
