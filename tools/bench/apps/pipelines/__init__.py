"""The parts of the four applications that `data_pipeline` measures: training data in stages, and metrics."""

from types import ModuleType

from tools.bench.apps.pipelines import denoising, depth, matting, segmentation
from tools.bench.apps.pipelines.base import Pipeline

__all__ = ["PIPELINES", "Pipeline"]

_MODULES: dict[str, ModuleType] = {
    "denoising": denoising,
    "matting": matting,
    "segmentation": segmentation,
    "depth": depth,
}

PIPELINES: dict[str, Pipeline] = {name: module.PIPELINE for name, module in _MODULES.items()}
