"""Fixtures of all unit tests."""

from pathlib import Path

import pytest

from shared.settings.config import KEYS, OTHER_NAMES


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has set does not count in these tests."""
    for key in (*KEYS, *OTHER_NAMES):
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"
