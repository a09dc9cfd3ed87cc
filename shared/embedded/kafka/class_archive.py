"""A class data sharing (CDS) archive of the broker's classes: with it a start takes little more than half the CPU time.

It is beside the jars, for all data folders of a user. The first broker that finds none lists the classes that it loads;
once it answers, a process of the lowest priority makes the archive from this list. Its name contains a hash of what it
was made for (Java, its options and the jars) and that of its content: a damaged one is removed, and none is used for
anything else. Java compares version and jars too, and starts without an archive that does not fit.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fasteners import InterProcessLock

from shared.settings.server_types import PROJECT

LIST = "classes.lst"
"""The list of loaded classes, in the folder of the broker that writes it."""
MIN_CLASSES = 1_000
"""A shorter list is that of a broker that ended during its start."""
LOWEST_PRIORITY = 19
MAKE_LIMIT = 600.0  # seconds; usually some five, but it gives way to everything else

RETRY_SECONDS = 86_400.0
OLD_SECONDS = 30 * RETRY_SECONDS


@dataclass(frozen=True)
class ClassArchive:
    """The archive for one Java with its options, and these jars, which are in one folder."""

    java: str
    options: tuple[str, ...]
    jars: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """The folder of the jars."""
        return Path(self.jars[0]).parent

    @property
    def name(self) -> str:
        """The beginning of the archive's name: what it is made for."""
        java = Path(self.java).resolve()
        image = java.parent.parent / "lib" / "modules"
        files = [java, *([image] if image.is_file() else []), *map(Path, self.jars)]
        inputs = [(str(file), (status := file.stat()).st_size, status.st_mtime_ns) for file in files]
        return f"classes-{hashlib.sha256(repr((inputs, self.options)).encode()).hexdigest()[:12]}"

    @property
    def failed(self) -> Path:
        """A file that is written when the archive can't be made: it is not tried again for a day."""
        return self.folder / f"{self.name}.failed"

    def find(self) -> Path | None:
        """The archive, None if there is none that can be read; removes a damaged one."""
        for path in self._made():
            with contextlib.suppress(OSError):  # that of another user
                if path.stem.endswith(_digest(path)):
                    return path
                path.unlink(missing_ok=True)
        return None

    def java_options(self) -> list[str]:
        """The option that uses the archive; none without one, or if its path would be read as two."""
        found = self.find() if sys.platform != "win32" else None
        return [f"-XX:SharedArchiveFile={found}"] if found and os.pathsep not in str(found) else []

    def is_wanted(self) -> bool:
        """Whether it is missing and may be made. Call `find` first, which removes a damaged one."""
        return sys.platform != "win32" and not self._made() and not self._failed_lately()

    def _failed_lately(self) -> bool:
        """Whether it failed within the last day: a lack of memory or disk space passes."""
        return self.failed.exists() and 0 <= _age(self.failed) < RETRY_SECONDS

    def _made(self) -> list[Path]:
        return list(self.folder.glob(f"{self.name}-*.jsa"))

    def make(self, classes: Path) -> None:
        """Make the archive of the listed classes, unless another process does; returns after that."""
        listed = classes.read_bytes()
        lock = InterProcessLock(self.folder / "archive.lock")
        if listed.count(b"\n") < MIN_CLASSES or not lock.acquire(blocking=False):
            return
        try:
            if self.is_wanted():
                self._make(listed[: listed.rindex(b"\n") + 1])  # the broker may be writing its last line
        finally:
            lock.release()

    def _make(self, listed: bytes) -> None:
        self._tidy()
        new = Path(tempfile.mkdtemp(prefix="new-", dir=self.folder))
        names, made = new / "classes.lst", new / "classes.jsa"
        names.write_bytes(listed)
        files = [f"-XX:SharedClassListFile={names}", f"-XX:SharedArchiveFile={made}"]
        command = [self.java, "-Xshare:dump", *self.options, *files, "-cp", os.pathsep.join(self.jars)]
        try:
            subprocess.run(command, cwd=self.folder, capture_output=True, timeout=MAKE_LIMIT, check=True)
            made.replace(self.folder / f"{self.name}-{_digest(made)}.jsa")
        except (subprocess.SubprocessError, OSError):
            self.failed.touch()
        finally:
            shutil.rmtree(new, ignore_errors=True)

    def _tidy(self) -> None:
        """Remove archives of a Java that may be gone."""
        self.remove_leftovers()
        for path in self.folder.glob("classes-*"):
            if _age(path) > OLD_SECONDS and not path.name.startswith(self.name):
                path.unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Remove temporary folders of killed processes; at a start too, as none is made where there is an archive."""
        for path in self.folder.glob("new-*"):
            with contextlib.suppress(FileNotFoundError):  # another start removes it too
                if _age(path) > MAKE_LIMIT:
                    shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    """Seconds since the last change."""
    return time.time() - path.stat().st_mtime


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_in_background(archive: ClassArchive, classes: Path) -> None:
    """Start a process that makes the archive, and don't wait for it: it ends by itself."""
    command = [sys.executable, "-m", "shared.embedded.kafka.class_archive"]
    command += [str(classes), archive.java, *archive.options, "--", *archive.jars]
    child = subprocess.Popen(
        command,
        cwd=PROJECT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # A child that exits before us stays a zombie unless something waits for it.
    threading.Thread(target=child.wait, daemon=True).start()


def main(arguments: Sequence[str]) -> None:
    """Make the archive for `make_in_background`, at the lowest priority."""
    if sys.platform != "win32":
        os.nice(LOWEST_PRIORITY)
    classes, java, *rest = arguments
    end = rest.index("--")
    with contextlib.suppress(FileNotFoundError):  # the data folder may have been removed since
        ClassArchive(java, tuple(rest[:end]), tuple(rest[end + 1 :])).make(Path(classes))


if __name__ == "__main__":
    main(sys.argv[1:])
