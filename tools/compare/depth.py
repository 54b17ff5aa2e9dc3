"""Depth: errors in metres, and at the borders of objects."""

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_core import ChannelRule, parse_operator
from indexnet_depth.config import CONFIGS, TrainConfig
from indexnet_depth.data.crop import evaluation_view
from indexnet_depth.data.frame import Frame
from indexnet_depth.evaluation import check_frames, check_threshold, measured, predictions
from indexnet_depth.losses import depth_loss
from indexnet_depth.metrics import average, edge_threshold
from indexnet_depth.models import create_model
from indexnet_depth.output.panels import depth_panel
from indexnet_depth.predictor import DepthPredictor, load_model
from indexnet_depth.training.train import open_test_frames, train
from tools.compare.task import Columns, ComparedTask, Contender, Figure, Measured

__all__ = ["Depth"]


class Depth(ComparedTask):
    """Table 7."""

    name = "depth"
    config_class = TrainConfig
    configs = CONFIGS
    operators = ("stride+nearest", "max+nearest", "o2o-unshared")
    columns: ClassVar[Columns] = (("photograph", "depth"), ())
    run_training = staticmethod(train)
    create_network = staticmethod(create_model)
    load_network = staticmethod(load_model)

    @staticmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add the test data, channel rules and the threshold of edges."""
        parser.add_argument("--test", help="held-out frames; those of --data by default")
        parser.add_argument(
            "--rules", nargs="+", choices=get_args(ChannelRule), help="channel rules of o2o and m2o to try"
        )
        parser.add_argument("--edge-threshold", type=float, help="as in indexnet-depth evaluate")

    def contenders(self) -> list[Contender]:
        """Return a contender for each operator, and for each channel rule where the operator takes one.

        The network of ``stride+…`` has strided convolutions, that of every other operator pooling.
        """
        found = []
        for operator in self.options.operators:
            spec = parse_operator(operator)
            model = "fastdepth-nnconv5" if spec.strided else "fastdepth-p-nnconv5"
            words = [f"--model.name={model}", f"--model.resampling={operator}"]
            rules = self.options.rules or []
            if not rules or not spec.takes_channel_rule:
                found.append(Contender(operator, words))
                continue
            for rule in rules:
                label = f"{operator}-{rule}" if len(rules) > 1 else operator
                found.append(Contender(label, [*words, f"--model.channel_rule={rule}"]))
        return found

    def open(self, config: TrainConfig) -> None:
        """Read every frame once."""
        if self.options.edge_threshold is not None:
            check_threshold(self.options.edge_threshold)
        self.frames, self.view = open_test_frames(config), config.data.size
        check_frames(self.frames, size=self.view)
        self.threshold = edge_threshold(self.view, self.options.edge_threshold)
        self._read = lru_cache(1)(self._evaluation_view)

    def _evaluation_view(self, name: str) -> Frame:
        return evaluation_view(self.frames.read(self.frames.names.index(name)), self.view)

    @property
    def figures(self) -> list[Figure]:
        """Errors, then edges."""
        better = {"delta1": "higher", "edge_f1": "higher"}
        names = ("rmse", "delta1", "abs_rel", "edge_f1", "edge_rmse")
        return [Figure(name, "higher" if name in better else "lower") for name in names]

    def draw(self, config: TrainConfig, samples: int) -> dict[str, Tensor]:
        """Generate views in which every pixel has a depth."""
        side = config.data.size
        depth = 1 + torch.rand(samples, 1, side, side)
        return {"image": torch.rand(samples, 3, side, side), "depth": depth}

    def loss(self, config: TrainConfig, output: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the loss, in metres."""
        return depth_loss(output, batch["depth"])["loss"]

    def measure(self, model: nn.Module) -> Measured:
        """Average over the images, as ``evaluate`` does."""
        return Measured(
            average(
                measured(name, depth, view.depth, self.threshold)
                for name, view, depth in predictions(model, self.frames, self.view)
            )
        )

    @property
    def names(self) -> list[str]:
        """Names of the frames."""
        return list(self.frames.names)

    def predict(self, model: nn.Module, name: str) -> NDArray[np.float32]:
        """Predict depth in the view that is evaluated."""
        return DepthPredictor(model, size=None)(self._read(name).image)

    def size(self, name: str) -> str:
        """Return the size of the evaluated view."""
        return "x".join(map(str, self._read(name).depth.shape))

    def row(
        self, name: str, predictions: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.uint8], Sequence[NDArray[Any]]]:
        """Draw depth in colours, as Fig. 14 does."""
        view = self._read(name)
        row = depth_panel(view.image, view.depth, predictions)
        return row, [view.image, view.depth, *predictions]
