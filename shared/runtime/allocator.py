"""Settings of the C library's memory allocator."""

import ctypes
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8
"""Numbers of the settings, from glibc's malloc.h."""
LARGE_BYTES = 2**20
"""Smaller blocks are too frequent under load: mapping each on its own costs storage a tenth more CPU time."""


def return_freed_memory() -> None:
    """Make freed memory return to the system, with glibc; other C libraries stay as they are.

    By default each thread gets a heap of its own, and once a large block is freed, later ones of its size lie between
    small ones in the heap: after the backlog of its start a part would keep a fifth of its memory without using it.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return
    for setting, value in ((ARENA_MAX, 1), (MMAP_THRESHOLD, LARGE_BYTES), (TRIM_THRESHOLD, LARGE_BYTES)):
        mallopt(setting, value)
