"""Make glibc keep freed memory."""

import ctypes
import sys

__all__ = ["keep_freed_memory"]

# From glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_freed_memory() -> bool:
    """Keep freed memory in the process for the next feature map; only glibc supports it.

    By default glibc requests every large block from the system and returns it when it is freed, and the
    system clears it page by page before the next use, which took a quarter to a third of the time of a
    training step on two cores. The cost is up to a third more memory at the peak, since free blocks do not
    always fit. `docs/performance.md` has the figures.

    Returns:
        Whether the C library accepted the setting.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and bool(mallopt(_MMAP_MAX, 0) and mallopt(_TRIM_THRESHOLD, -1))
