"""Stop a long run after the current step, with a checkpoint."""

import os
import signal
import threading
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

if TYPE_CHECKING:
    from lightning_fabric import Fabric

AGREE_EVERY = 10
"""Several processes agree on stopping at multiples of this step; they must wait for their devices."""


class StopRequest:
    """Catches Ctrl-C and SIGTERM inside a ``with`` block, so that training can stop after the step.

    A second Ctrl-C stops at once. Outside the main thread, where Python allows no signal handlers, signals
    are not caught.
    """

    def __init__(self) -> None:
        self._signal = 0
        self._previous: dict[int, Any] = {}  # the type of the results of signal.signal()

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def __call__(self, fabric: "Fabric", step: int, *, saves: bool) -> bool:
        """Return whether to stop after a step, equal in all processes, which must call it at every step.

        A single process stops after the step. If one of several gets a signal, they stop together at the next
        step that is a multiple of `AGREE_EVERY` or that saves a checkpoint.
        """
        if fabric.world_size == 1:
            return self._signal != 0
        if not saves and step % AGREE_EVERY:
            return False
        number = torch.tensor(self._signal, device=fabric.device)
        agreed = int(cast(Tensor, fabric.all_reduce(number, reduce_op="max")))
        if agreed:  # otherwise a signal that came in the meantime would be lost
            self._signal = agreed
        return agreed != 0

    def exit(self) -> None:
        """If there was a signal, end the process with its exit status: 130 or 143."""
        if self._signal == signal.SIGINT:
            raise KeyboardInterrupt
        if self._signal:
            raise SystemExit(128 + self._signal)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and self._signal:
            raise KeyboardInterrupt
        self._signal = number
        # print() is not safe inside a signal handler.
        os.write(2, b"\nsaving and stopping after this step or a few; Ctrl-C again to stop at once\n")


def leave_signals_to_parent(worker: int) -> None:
    """Keep a data-loading worker alive through Ctrl-C and SIGTERM: its parent needs it to finish the step.

    A worker ends when its parent ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
