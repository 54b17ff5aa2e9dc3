"""OpenCV's threads."""

from functools import cache

import cv2

__all__ = ["one_thread"]


@cache
def one_thread() -> None:
    """Keep OpenCV to one thread: workers are processes, and a pool of threads does not survive a fork."""
    cv2.setNumThreads(1)
