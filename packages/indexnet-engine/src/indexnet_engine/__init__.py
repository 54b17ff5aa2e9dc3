"""What the applications share and no third party needs: training, runs, weights, images, command line."""

from indexnet_engine.errors import UserError
from indexnet_engine.loop import LoopConfig, fit
from indexnet_engine.optim import OptimConfig
from indexnet_engine.rng import SampleKey, sample_rng, seed_everything
from indexnet_engine.run import Run
from indexnet_engine.task import Task
from indexnet_engine.weights import from_pretrained, load_config, save_pretrained

__all__ = [
    "LoopConfig",
    "OptimConfig",
    "Run",
    "SampleKey",
    "Task",
    "UserError",
    "fit",
    "from_pretrained",
    "load_config",
    "sample_rng",
    "save_pretrained",
    "seed_everything",
]
