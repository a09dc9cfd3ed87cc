"""A small file system that a test can fill up."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

MEGABYTE = 1 << 20
DISK_MEGABYTES = 400


class SmallDisk:
    """A file system of its own, mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Take every byte that is left, in ever smaller pieces."""
        with self._filler.open("ab", buffering=0) as filler:
            for piece in (MEGABYTE, 64 * 1024, 4096):
                with suppress(OSError):
                    while True:
                        filler.write(b"x" * piece)

    def make_room(self) -> None:
        """Give it all back."""
        self._filler.unlink()


@pytest.fixture
def small_disk() -> Iterator[SmallDisk]:
    """A disk of DISK_MEGABYTES, where PostgreSQL's account may enter; the test is skipped where none may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="tickstream-small-disk-"))
    folder.chmod(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m", "tickstream-test", str(folder)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("a small file system can only be mounted by root on Linux")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)
    folder.rmdir()
