"""Each worker begins to compile the tests with other files.

pytest adds to the assertions of a test what is shown where they fail; in a new clone this takes as long as all imports.
Workers that begin with the same file keep step, and each compiles every file. So each begins with a share of its own,
and finds most others compiled.
"""

from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Import all test modules, beginning with this worker's share; they are collected in the usual order afterwards."""
    given = getattr(session.config, "workerinput", None)
    if given is None:
        return
    modules = modules_of(session.config)
    first = len(modules) * int(given["workerid"].removeprefix("gw")) // given["workercount"]
    for module in modules[first:] + modules[:first]:
        with suppress(Exception, pytest.skip.Exception):  # what is wrong is reported where it is collected
            import_module(module)


def modules_of(config: pytest.Config) -> list[str]:
    """The names of the test modules that the command line asks for, in the same order in every worker."""
    asked = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    files = [
        file for path in asked for file in (sorted(path.rglob("test_*.py")) if path.is_dir() else [path])
    ]
    return [
        _module(file, config.rootpath)
        for file in dict.fromkeys(files)
        if file.is_relative_to(config.rootpath)
    ]


def _module(file: Path, root: Path) -> str:
    return ".".join(file.relative_to(root).with_suffix("").parts)
