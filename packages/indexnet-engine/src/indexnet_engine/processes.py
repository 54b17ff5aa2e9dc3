"""The processes of a training: one, or several started by torchrun."""

import os

from torch import distributed


def under_torchrun() -> bool:
    """Return whether torchrun started this process."""
    return distributed.is_available() and distributed.is_torchelastic_launched()


def torchrun_number(name: str, alone: int) -> int:
    """Return a variable that torchrun sets for each of its processes, such as ``RANK``.

    Without torchrun, return ``alone``, since job schedulers set some of these variables, too.
    """
    return int(os.environ.get(name, alone)) if under_torchrun() else alone
