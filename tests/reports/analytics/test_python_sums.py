"""From Python 3.12 on the built-in sum of floats has other last digits, because it compensates for rounding
(https://docs.python.org/3/library/functions.html#sum). A refold with a newer Python must write the same numbers, so
the fold adds floats with math.fsum or in a loop, which round the same everywhere."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.unit.fold_digest import digest

LOADED = """
import sys, analytics.runtime.processor, analytics.store.forecasts.search_tables, ml.order_search.order_search
print(*(module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)), sep="\\n")
"""


def run(python: Path, *arguments: str) -> str:
    return subprocess.run(
        [python, *arguments], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=120
    ).stdout


def test_fold_never_uses_the_built_in_sum() -> None:
    files = [Path(line) for line in run(Path(sys.executable), "-c", LOADED).splitlines()]
    ours = [
        file for file in files if PROJECT in file.parents and ".venv" not in str(file.relative_to(PROJECT))
    ]
    assert len(ours) > 40, "the modules of the fold are found"
    calls = [
        f"{file.relative_to(PROJECT)}:{node.lineno}"
        for file in ours
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id == "sum"
    ]
    assert calls == []


@pytest.mark.parametrize("environment", [".venv", *sorted(each.name for each in PROJECT.glob(".venv-3.*"))])
def test_every_python_that_is_set_up_folds_the_same_numbers(environment: str) -> None:
    """`make test-pythons` sets up every supported Python of the machine, each in a folder of its own."""
    python = PROJECT / environment / "bin" / "python"
    there = python if python.exists() else Path(sys.executable)
    assert run(there, "-m", "tests.unit.fold_digest").strip() == digest()
