"""The description of an application for the commands that all applications share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from indexnet_engine.cli.commands import Command
from indexnet_engine.inference.predictor import Predictor

__all__ = ["Application", "InfoOptions"]

PredictorT = TypeVar("PredictorT", bound=Predictor)


@dataclass(kw_only=True)
class InfoOptions:
    """The options of ``info`` that all applications have."""

    model: Any
    """Options of a network with random weights."""
    weights: Path | None = None
    """Folder of a run, instead of the --model options."""
    image: Path | None = None
    """Draw the index maps of this image."""
    out: Path = Path("index-maps")
    """Folder for the index maps."""


@dataclass(frozen=True)
class Application(Generic[PredictorT]):
    """A description of one application, as data and functions.

    Attributes:
        task: name of the task; the program is ``indexnet-<task>``.
        version: version of the package, for ``--version``.
        commands: the application's own commands by name, in the order of the help.
        predictor: loads and runs the application's networks.
        create_model: builds a network with random weights from the options of ``info``.
        channels: number of channels of a network's input.
        export_options: dataclass with ``weights``, ``out`` and ``tolerance``.
        export_entries: further metadata of an exported file, besides ``config.json``.
        info_options: dataclass with ``model``, ``weights``, ``image`` and ``out``.
        read_image: reads the predictor's input (an image and possibly more) from the files named by the
            options of ``info``; returns None if they name no image. Also checks the application's own
            options.
        counting_side: side in pixels of the square image for which GFLOPs are counted.
        model_options: names of the network's options that ``info`` prints first.
        more_facts: further lines of ``info`` by name, from the predictor and the options.
        more_pictures: further images that ``info`` writes, by name, from the predictor, its input and the
            options.
        written: describes the images that ``info`` has written, from their number.
        random_weights_note: printed if index maps are those of an untrained network.
    """

    task: str
    version: str
    commands: Mapping[str, Command[Any]]
    predictor: type[PredictorT]
    create_model: Callable[[Any], nn.Module]
    channels: Callable[[nn.Module], int]
    export_options: type
    info_options: type
    read_image: Callable[[Any], tuple[Any, ...] | None]
    export_entries: Callable[[PredictorT], Mapping[str, Any]] = lambda _predictor: {}
    counting_side: Callable[[nn.Module], int] = lambda _model: 224
    model_options: Callable[[nn.Module], Mapping[str, Any]] = lambda model: getattr(model, "config", {})
    more_facts: Callable[[PredictorT, Any], Mapping[str, str]] = lambda _predictor, _options: {}
    more_pictures: Callable[[PredictorT, tuple[Any, ...], Any], Mapping[str, NDArray[np.generic]]] = (
        lambda _predictor, _image, _options: {}
    )
    written: Callable[[int], str] = lambda pictures: f"the index maps of {pictures // 2} stages"
    random_weights_note: str = "note: index maps of random weights; --weights RUN draws trained ones"
