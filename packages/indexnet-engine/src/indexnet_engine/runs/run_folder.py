"""The folder of a training run: its configuration, metrics, pictures and weights."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image
from torch import nn
from torch.utils.tensorboard import SummaryWriter

from indexnet_engine.errors import UserError
from indexnet_engine.files import (
    atomic_path,
    make_folder,
    naming_write_errors,
    remove_leftovers,
    to_plain,
    write_json,
    write_text,
)
from indexnet_engine.progress import is_main_process
from indexnet_engine.runs.checkpoint import Checkpoint, save_checkpoint
from indexnet_engine.runs.environment import describe_environment
from indexnet_engine.runs.metrics_csv import MetricsFile
from indexnet_engine.weights.pretrained import save_pretrained


class Run:
    """A run folder; make one with `create` or `resume`.

    |                                    |                                                                 |
    |------------------------------------|-----------------------------------------------------------------|
    | ``config.yaml``                    | the configuration                                               |
    | ``environment.json``               | versions, machine, commit, command line (``-2`` … when resumed) |
    | ``metrics.csv``, ``tensorboard/``  | losses and metrics by step                                      |
    | ``pictures/``                      | ``<name>-<step>.png``, made at every evaluation                 |
    | ``last.ckpt``, ``best.ckpt``       | everything that resuming needs: the newest and the best state   |
    | ``model.safetensors, config.json`` | the best weights, and how to build their network                |

    Only the main process writes. In the other processes of ``torchrun`` no method has an effect, and
    ``folder`` is set when training starts (``fit`` sends them the name).
    """

    def __init__(self, folder: str | Path, *, resumed: bool) -> None:
        self.folder = Path(folder)
        self.resumed = resumed
        self._writes = is_main_process()
        self._made: list[Path] = []  # until training starts
        self._metrics: MetricsFile | None = None
        self._tensorboard: SummaryWriter | None = None

    @classmethod
    def create(cls, root: str | Path, name: str, config: Mapping[str, Any]) -> "Run":
        """Make a new folder ``root/name``, or ``name-2``, ``name-3`` … where that exists.

        Args:
            root: Folder of all runs; created if missing.
            name: Name of this run.
            config: The configuration, for ``config.yaml``.

        Raises:
            UserError: The name is not a folder name, or the folder cannot be made.
        """
        if Path(name).name != name or name in ("", ".."):
            raise UserError(f"the name of a run must be a plain folder name, got {name!r}")
        if not is_main_process():
            return cls(Path(root) / name, resumed=False)
        try:
            folder = _make_new_folder(Path(root), name)
        except OSError as error:
            raise UserError(
                f"{Path(root) / name}: cannot create the run folder ({error.strerror})"
            ) from error
        text = yaml.safe_dump(to_plain(config), sort_keys=False, allow_unicode=True)
        write_text(folder / "config.yaml", text)
        write_json(folder / "environment.json", describe_environment())
        run = cls(folder, resumed=False)
        run._made = [folder / "config.yaml", folder / "environment.json", folder]
        return run

    @classmethod
    def resume(cls, folder: str | Path) -> "Run":
        """Open the folder of a run, to continue from its last checkpoint, or from the start if it has none.

        Raises:
            UserError: It is not the folder of a run.
        """
        folder = Path(folder)
        if not (folder / "config.yaml").is_file():
            raise UserError(f"{folder}: not the folder of a run (no config.yaml there)")
        run = cls(folder, resumed=True)
        if is_main_process():
            remove_leftovers(folder)
            number = 2 + len(list(folder.glob("environment-*.json")))
            run._made = [folder / f"environment-{number}.json"]
            write_json(run._made[0], describe_environment())
        return run

    def discard(self) -> None:
        """Remove the files that `create` or `resume` has written, unless training has started."""
        for path in self._made:
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        self._made = []

    @property
    def last_checkpoint(self) -> Path:
        """The newest checkpoint."""
        return self.folder / "last.ckpt"

    @property
    def best_checkpoint(self) -> Path:
        """The checkpoint of the best evaluation."""
        return self.folder / "best.ckpt"

    @contextmanager
    def logging(self, step: int) -> Iterator[None]:
        """Open the logs for the block, and drop the rows after ``step``, which will be written again."""
        self._made = []
        if not self._writes:
            yield
            return
        self._metrics = MetricsFile(self.folder / "metrics.csv")
        self._metrics.drop_after(step)
        self._tensorboard = SummaryWriter(str(self.folder / "tensorboard"), purge_step=step + 1)
        try:
            yield
        finally:
            self._tensorboard.close()
            self._metrics = self._tensorboard = None

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """Write one row of numbers: ``train/loss``, ``evaluate/psnr`` …"""
        if self._metrics is None or self._tensorboard is None:
            return
        self._metrics.append(step, values)
        for name, value in values.items():
            self._tensorboard.add_scalar(name, value, step)

    def show(self, step: int, pictures: Mapping[str, np.ndarray]) -> None:
        """Write pictures, uint8 (H, W, 3)."""
        if self._tensorboard is None:
            return
        folder = self.folder / "pictures"
        make_folder(folder)
        for name, picture in pictures.items():
            path = folder / f"{name}-{step:07d}.png"
            with naming_write_errors(path), atomic_path(path) as temporary:
                Image.fromarray(picture).save(temporary)
            self._tensorboard.add_image(name, picture, step, dataformats="HWC")
        self._tensorboard.flush()

    def save_last(self, state: Checkpoint) -> None:
        """Replace ``last.ckpt``."""
        if self._writes:
            save_checkpoint(self.last_checkpoint, state)

    def save_best(self, state: Checkpoint, model: nn.Module, config: Mapping[str, Any]) -> None:
        """Replace ``best.ckpt`` and the weights; ``config`` goes to ``save_pretrained``."""
        if self._writes:
            save_checkpoint(self.best_checkpoint, state)
            save_pretrained(model, self.folder, config)


def _make_new_folder(root: Path, name: str) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        folder = root / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()  # only one of two runs that start at the same moment succeeds
        except FileExistsError:
            number += 1
        else:
            return folder
