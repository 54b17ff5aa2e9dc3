"""Convert a checkpoint of the paper's authors into weights for the other commands."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_core import count_parameters
from indexnet_engine.errors import UserError
from indexnet_engine.progress import say
from indexnet_engine.weights.pretrained import CONFIG_FILE, WEIGHTS_FILE, save_pretrained
from indexnet_engine.weights.state_dicts import read_state_dict
from indexnet_matting.models.released_checkpoints import import_released

__all__ = ["ImportConfig", "import_weights"]


@dataclass
class ImportConfig:
    """Input and output."""

    file: Path
    """Checkpoint as downloaded (.pth or .pth.tar)."""
    out: Path
    """Folder for model.safetensors and config.json, which other commands take as --weights."""


def import_weights(config: ImportConfig) -> None:
    """Recognise the network from the names and shapes of its tensors, and write it in our layout.

    Raises:
        UserError: not a released checkpoint, or ``out`` holds weights already.
    """
    for name in (WEIGHTS_FILE, CONFIG_FILE):
        if (config.out / name).exists():
            raise UserError(f"{config.out / name} exists; choose another --out")
    model = import_released(read_state_dict(config.file), config.file)
    save_pretrained(model, config.out, {"task": "matting", "imported_from": config.file.name})
    options = ", ".join(f"{key} {value}" for key, value in model.config.items() if key != "model")
    say(f"wrote {model.config['model']} ({options}; {count_parameters(model):,} parameters) to {config.out}")
