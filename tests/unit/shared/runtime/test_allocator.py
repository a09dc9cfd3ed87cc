"""Memory that a part freed after its start returns to the system."""

import platform
import subprocess
import sys

import pytest

from tests.conftest import PROJECT

KEPT_AMONG_FREED = """
import sys
from psutil import Process
from shared.runtime.allocator import return_freed_memory

if sys.argv[1] == "set":
    return_freed_memory()
bytearray(b"x" * (8 << 20))
before, freed, kept = Process().memory_info().rss, [], []
for _ in range(10):
    freed.append(bytearray(b"x" * (6 << 20)))
    kept.append(bytearray(b"x" * 4000))
freed.clear()
print((Process().memory_info().rss - before) >> 20)
"""


def megabytes_kept(allocator: str) -> int:
    """What a process keeps of 60 MB of large blocks that it freed, with small ones among them."""
    command = [sys.executable, "-c", KEPT_AMONG_FREED, allocator]
    return int(subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has these settings")
def test_large_blocks_that_were_freed_return_to_the_system() -> None:
    assert megabytes_kept("set") < 10 < megabytes_kept("unset")
