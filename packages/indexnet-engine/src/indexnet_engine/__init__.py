"""What the applications share and no third party needs: training, runs, weights, images, command line."""

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey, sample_rng, seed_everything
from indexnet_engine.runs.run_folder import Run
from indexnet_engine.training.loop import LoopConfig, fit
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.training.task import Task
from indexnet_engine.weights.pretrained import from_pretrained, load_config, save_pretrained

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
