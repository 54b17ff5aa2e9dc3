"""Make the Fabric of a training: device, number of processes, precision."""

from datetime import timedelta
from typing import Any

from lightning_fabric import Fabric
from lightning_fabric.plugins import Precision
from lightning_fabric.plugins.environments import LightningEnvironment, TorchElasticEnvironment
from lightning_fabric.plugins.precision import MixedPrecision
from lightning_fabric.strategies import DDPStrategy
from lightning_fabric.utilities.exceptions import MisconfigurationException

from indexnet_engine.errors import OptionError
from indexnet_engine.inference.device import pick_device
from indexnet_engine.processes import torchrun_number, under_torchrun
from indexnet_engine.training.loop_config import PrecisionName

ACCELERATORS = ("auto", "cpu", "gpu", "cuda", "mps", "tpu")

# Only rank 0 evaluates while the others wait; a long evaluation must not cause a timeout.
EVALUATION_LIMIT = timedelta(hours=12)


class Autocast(MixedPrecision):
    """Mixed precision that does not round the input of the model.

    Autocast rounds inside convolutions, where it saves time. Fabric also rounds the whole input by default; a
    residual network (clean = input - noise) would lose the low bits of every pixel.
    """

    def convert_input(self, data: Any) -> Any:  # a batch of any structure
        """Return the input unchanged."""
        return data


def make_fabric(accelerator: str, devices: int | str, precision: PrecisionName) -> Fabric:
    """Make and launch the Fabric of this process.

    A single process uses one device; ``torchrun`` starts one process per device.

    Raises:
        OptionError: The accelerator is missing, ``devices`` is not the number of processes that torchrun
            started, or the device does not support the precision.
    """
    if accelerator not in ACCELERATORS:
        raise OptionError(
            "accelerator", f"{accelerator!r} is unknown; choose one of {', '.join(ACCELERATORS)}"
        )
    processes = torchrun_number("LOCAL_WORLD_SIZE", alone=1)
    world_size = torchrun_number("WORLD_SIZE", alone=1)
    if str(devices) not in ("auto", str(processes)):
        raise OptionError(
            "devices",
            f"is {devices}, but {processes} process(es) run here; start the training with "
            f"torchrun --nproc_per_node={devices} -m ..., or leave devices at auto",
        )
    try:
        fabric = Fabric(
            accelerator=accelerator,
            devices=processes,
            num_nodes=world_size // processes,
            strategy=DDPStrategy(timeout=EVALUATION_LIMIT) if world_size > 1 else "auto",
            # Explicit, since otherwise Fabric would start processes by the variables of a job scheduler.
            plugins=[
                TorchElasticEnvironment() if under_torchrun() else LightningEnvironment(),
                _precision(precision, _device_type(accelerator)),
            ],
        )
    except (ValueError, RuntimeError, MisconfigurationException) as error:
        reason = " ".join(str(error).split())
        raise OptionError(
            "accelerator", f"{accelerator!r} cannot be used by {processes} process(es): {reason}"
        ) from error
    fabric.launch()
    return fabric


def _precision(name: PrecisionName, device: str) -> Precision:
    if name == "32":
        return Precision()
    if name == "16-mixed" and device == "cpu":
        raise OptionError("precision", "16-mixed needs a GPU; use bf16-mixed or 32 on the CPU")
    return Autocast(name, device)


def _device_type(accelerator: str) -> str:
    if accelerator not in ("auto", "gpu"):
        return accelerator
    return pick_device()
