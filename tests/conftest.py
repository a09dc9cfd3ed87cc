"""Fixtures and settings of all tests."""

import gc
import logging
import os
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples at every run: a test that fails today fails tomorrow. No deadline: machines are noisy.
settings.register_profile("tickstream", derandomize=True, deadline=None)
settings.load_profile("tickstream")

pytest_plugins = ("tests.servers", "tests.small_disk", "tests.pages", "tests.tab", "tests.group_times")

TEMPORARY = "tickstream-tests-"
PROJECT = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """As root, keep temporary folders below one that PostgreSQL's own account may pass through.

    Those of pytest are for root alone: the servers of most tests would then have their data elsewhere.
    """
    if sys.platform != "win32" and os.geteuid() == 0 and not config.option.basetemp:
        config.option.basetemp = tempfile.mkdtemp(prefix=TEMPORARY)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The temporary folders go with the run, whose processes have theirs below that of the first one."""
    if TEMPORARY in str(config.option.basetemp):
        shutil.rmtree(config.option.basetemp, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def open_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The values that `pytest_configure` set, for the folder of this process and the one around it."""
    base = tmp_path_factory.getbasetemp()
    for folder in (base, base.parent):
        if TEMPORARY in str(folder):
            folder.chmod(0o711)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Path:
    """A test's own folder, which PostgreSQL's own account may pass through where we are root."""
    tmp_path.chmod(0o711)
    return tmp_path


SERVERS = {"embedded_kafka", "embedded_postgres", "spare_kafka", "spare_postgres", "browser"}
"""Fixtures that start a server or a browser."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts a server, also where it does so by another fixture: `-m "not server"` leaves it out."""
    for item in items:
        if SERVERS & {*getattr(item, "fixturenames", ())}:
            item.add_marker("server")
    _mix(items)


def pytest_collection_finish() -> None:
    """Garbage collections pass over what stays for the whole run: modules and tests are half a million objects."""
    gc.collect()
    gc.freeze()


def _mix(items: list[pytest.Item]) -> None:
    """Files of each folder spread over the whole run: those of one folder need processors or wait alike. Short tests
    fill up the end."""
    folders = defaultdict[Path, list[Path]](list)
    for path in dict.fromkeys(item.path for item in items):
        folders[path.parent].append(path)
    turns = {path: (turn + 0.5) / len(paths) for paths in folders.values() for turn, path in enumerate(paths)}
    items.sort(key=lambda item: ("unit" in item.path.parts, turns[item.path]))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real market data; the test is skipped where it is absent."""
    folder = Path(os.environ.get("TICKSTREAM_TEST_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        assert "CI" not in os.environ, f"real market data must be at {folder} in continuous integration"
        pytest.skip(f"real market data not found at {folder}; set TICKSTREAM_TEST_DATA to its folder")
    return folder


@pytest.fixture
def logging_restored() -> Iterator[None]:
    """The root logger as it was, whatever the test starts; pytest's own handlers stay usable."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
