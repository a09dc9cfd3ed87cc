"""What the tests of reports share with the unit tests and each other."""

from pathlib import Path

import pytest

from tests.unit.conftest import clean_environment, env_file

__all__ = ["clean_environment", "env_file"]


@pytest.fixture
def cases(real_data: Path) -> Path:
    """The folder of inputs with the right value."""
    return real_data / "cases"
