"""Code that the four applications share: training, runs, weights, prediction, images, command line.

The names in ``__all__`` are the interface; the rooms may change:

|                 |                                                                |
|-----------------|----------------------------------------------------------------|
| ``training``    | the loop ``fit``, its options, the interface ``Task``          |
| ``runs``        | the run folder, checkpoints, exact resume                      |
| ``weights``     | trained weights, saved and loaded                              |
| ``inference``   | predictors, tiles, devices, exported networks                  |
| ``images``      | image files, folders, sample photos, panels                    |
| ``cli``         | subcommands, options and configuration files                   |
| ``commands``    | commands that are the same in all applications                 |
| ``models``      | networks that several applications share                       |
| ``reports``     | tables of metrics, problems of data                            |
| ``application`` | the description of an application for the shared commands      |
| ``files``       | atomic writing, locks                                          |
| ``randomness``  | one generator for each sample; the state of the global ones    |
| ``processes``   | torchrun's processes                                           |
| ``progress``    | progress bars and notes                                        |
| ``errors``      | user errors, reported on one line                              |
"""

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
