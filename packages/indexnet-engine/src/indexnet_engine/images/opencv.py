"""OpenCV's threads."""

from functools import cache

__all__ = ["one_thread"]


@cache
def one_thread() -> None:
    """Keep OpenCV to one thread: workers are processes, and a pool of threads does not survive a fork."""
    # Only applications whose data need OpenCV install it.
    import cv2

    cv2.setNumThreads(1)
