"""How this process was started: alone, or as one of several by torchrun."""

import os

from torch import distributed


def under_torchrun() -> bool:
    """Tell whether torchrun started this process."""
    return distributed.is_available() and distributed.is_torchelastic_launched()


def torchrun_number(name: str, alone: int) -> int:
    """Give a number that torchrun tells each of its processes, ``RANK`` for one.

    Without torchrun it is ``alone``, whatever the variables say: job schedulers set some of them, too.
    """
    return int(os.environ.get(name, alone)) if under_torchrun() else alone
