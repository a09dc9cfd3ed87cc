"""Settings from a `.env`, and the message about an invalid one."""

from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.settings.config import Config, load


def loaded(env_file: Path, *lines: str) -> Config:
    """The settings of a `.env` of these lines."""
    env_file.write_text("\n".join(lines), "utf-8")
    return load(env_file)


def refusal(env_file: Path, *lines: str) -> str:
    """The error message for a `.env` of these lines."""
    with pytest.raises(ConfigError) as caught:
        loaded(env_file, *lines)
    return str(caught.value)
