"""Run the tests that need no server with every Python from 3.11 on that is found, each in a separate environment.

    python -m tests.pythons                 all of them: python3.Y on the PATH and in ~/.pyenv/versions
    python -m tests.pythons 3.12 3.13       these versions

An environment, such as `.venv-3.12`, is kept for the next run. Any Python runs this: it needs no installed package.
"""

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = 11, 30
TESTS = ["-m", "pytest", "-m", "not server", "tests/unit", "tests/reports"]
INSTALL = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]


def main() -> int:
    """Run the tests under each Python; 0 where they pass under all of them."""
    wanted = sys.argv[1:]
    found = {version: path for version, path in pythons().items() if version in wanted or not wanted}
    missing = {*wanted} - {*found} or ({"3.11 or newer"} if not found else set())
    for version in sorted(missing):
        print(f"Python {version} is not on this machine.")
    failed = [version for version, path in found.items() if not passes(version, path)]
    print(f"passed: {', '.join(version for version in found if version not in failed) or 'none'}")
    print(f"failed: {', '.join(failed) or 'none'}")
    return 1 if failed or missing else 0


def pythons() -> dict[str, Path]:
    """Where each version is, oldest first; of two patches the newer, of two places that on the PATH."""
    found = {}
    for minor in range(OLDEST, NEWEST):
        places = [path for path in (shutil.which(f"python3.{minor}"), of_pyenv(minor)) if path and runs(path)]
        if places:
            found[f"3.{minor}"] = Path(places[0])
    return found


def of_pyenv(minor: int) -> str | None:
    """The newest patch of a version among those that pyenv has installed."""
    folders = [*(Path.home() / ".pyenv" / "versions").glob(f"3.{minor}.*")]
    patches = {
        int(folder.name.split(".")[2]): folder for folder in folders if re.fullmatch(r"[\d.]+", folder.name)
    }
    return str(patches[max(patches)] / "bin" / "python") if patches else None


def runs(path: str) -> bool:
    """Whether a Python starts: pyenv puts a script on the PATH for versions that are not switched on, too."""
    return subprocess.run([path, "-c", ""], capture_output=True).returncode == 0


def passes(version: str, path: Path) -> bool:
    """Whether the tests pass under a Python; its environment is made first."""
    began = time.monotonic()
    python = environment(version, path)
    done = subprocess.run([python, *TESTS], cwd=PROJECT)
    print(
        f"Python {version}: exit status {done.returncode} after {time.monotonic() - began:.0f} s", flush=True
    )
    return done.returncode == 0


def environment(version: str, path: Path) -> Path:
    """The Python of the environment, which has the versions of the lock file."""
    folder = PROJECT / f".venv-{version}"
    python, lock, done = folder / "bin" / "python", PROJECT / "requirements-dev.lock", folder / "locked"
    if not python.exists():
        subprocess.run([path, "-m", "venv", folder], check=True)
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        subprocess.run([python, *INSTALL, "-r", lock], check=True, cwd=PROJECT)
        shutil.copyfile(lock, done)
    return python


if __name__ == "__main__":
    sys.exit(main())
