"""python -m shared.embedded takes its folder and ports from the settings, as every part does."""

from pathlib import Path

import pytest

from shared.embedded.__main__ import parse
from shared.settings.config import load


def test_folder_and_ports_are_those_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["embedded", "status"])
    settings = {
        "TICKSTREAM_DATA": str(tmp_path),
        "EMBEDDED_KAFKA_PORT": "5001",
        "EMBEDDED_POSTGRES_PORT": "5002",
    }
    options = parse(load(None, settings))
    assert (options.data, options.kafka_port, options.postgres_port) == (tmp_path, 5001, 5002)


def test_help_names_the_database_that_the_feed_has(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["embedded", "--help"])
    with pytest.raises(SystemExit):
        parse(
            load(None, {"SOURCES": "simulated", "TICKSTREAM_DATA": "/desk", "EMBEDDED_POSTGRES_PORT": "5002"})
        )
    printed = capsys.readouterr().out
    assert "$(cat /desk/postgres/password) psql -h 127.0.0.1 -p 5002 -U postgres stocks_simulated" in printed
