"""The four applications as `bench_pipeline.py` measures them: training data and their stages, measures."""

from types import ModuleType

from tools.bench.pipelines import denoising, depth, matting, segmentation
from tools.bench.pipelines.base import Pipeline

__all__ = ["PIPELINES", "Pipeline"]

_MODULES: dict[str, ModuleType] = {
    "denoising": denoising,
    "matting": matting,
    "segmentation": segmentation,
    "depth": depth,
}

PIPELINES: dict[str, Pipeline] = {name: module.PIPELINE for name, module in _MODULES.items()}
