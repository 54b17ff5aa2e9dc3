"""One bad input, and a program with all of its bad inputs."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Case(NamedTuple):
    """One bad input: what it is, the command that meets it, and a text that the error has to hold."""

    what: str
    command: str
    names: str


def export_cases(predict: str) -> list[Case]:
    """What every program refuses of exported files, see `bad_files.make_bad_exports`.

    Args:
        predict: the command that predicts, without its network.
    """
    return [
        Case("ONNX file that is missing", f"{predict} --onnx nowhere.onnx", "nowhere.onnx"),
        Case("text named .onnx", f"{predict} --onnx text.onnx", "text.onnx"),
        Case("ONNX file of somebody else", f"{predict} --onnx foreign.onnx", "foreign.onnx"),
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


class Program(NamedTuple):
    """A command line and what it has to refuse.

    ``cases`` are grouped by section; ``make_inputs`` fills the working folder with what they name.
    """

    name: str
    main: Callable[[list[str]], int]
    cases: Mapping[str, Sequence[Case]]
    make_inputs: Callable[[], None]
