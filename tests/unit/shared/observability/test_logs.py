"""Logging and debugging aids: lines are written to the set places, passwords are not."""

import logging
import os
import sys
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import SecretStr

from shared.errors import ConfigError
from shared.observability.logs import start_logging
from shared.postgres.debugging import before_connecting, masked
from shared.runtime.lifecycle import servers
from shared.settings.config import Config
from shared.settings.sections import Debugging, KafkaSettings, Logging, PostgresSettings

DSN = "postgresql://me:hunter2@db:5433/stocks?sslpassword=hunter2"


@pytest.mark.usefixtures("logging_restored")
def test_lines_are_appended_to_a_file_in_folders_made_for_it(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "today" / "desk.log"
    for text in ("first", "second"):
        start_logging(Logging(format="%(name)s %(message)s", file_path=file), "storage").info(text)
    assert file.read_text("utf-8") == "tickstream.storage first\ntickstream.storage second\n"


@pytest.mark.usefixtures("logging_restored")
def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logger = start_logging(Logging(level="WARNING", format="%(message)s"), "storage")
    logger.info("quiet")
    logger.warning("loud")
    assert capsys.readouterr().err == "loud\n"


@pytest.mark.usefixtures("logging_restored")
def test_the_kafka_client_does_not_log_every_try(capsys: pytest.CaptureFixture[str]) -> None:
    import_module("shared.kafka.clients.kafka_python.settings")  # whoever has this client has imported this
    start_logging(Logging(level="DEBUG"), "storage")
    logging.getLogger("kafka.conn").error("connect attempt failed")
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("logging_restored")
def test_log_file_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"LOG_FILE_PATH=.*must be a file that can be written"):
        start_logging(Logging(file_path=tmp_path), "storage")


def test_masked_connection_string_shows_all_but_the_secrets() -> None:
    shown = masked(DSN)
    assert "hunter2" not in shown
    for part in ("host=db", "port=5433", "user=me", "dbname=stocks", "password=********"):
        assert part in shown


def test_database_settings_are_logged_only_where_asked(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    before_connecting(Debugging(), DSN)
    assert caplog.messages == []
    before_connecting(Debugging(debug_db_config=True), DSN)
    assert caplog.messages == [f"PostgreSQL settings: {masked(DSN)}"]


def test_debugger_stops_before_connecting_only_where_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    stops: list[str] = []
    monkeypatch.setattr(sys, "breakpointhook", lambda: stops.append("stopped"))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    before_connecting(Debugging(), DSN)
    assert stops == []
    before_connecting(Debugging(debug_db_breakpoint=True), DSN)
    assert stops == ["stopped"]


def test_debugger_without_a_terminal_is_passed_over_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with Path(os.devnull).open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        before_connecting(Debugging(debug_db_breakpoint=True), DSN)
    assert "run this part alone" in caplog.text


@pytest.mark.parametrize("kafka", [True, False])
def test_every_part_shows_its_database_before_the_first_connection(
    caplog: pytest.LogCaptureFixture, kafka: bool
) -> None:
    caplog.set_level(logging.INFO)
    config = Config(
        kafka=KafkaSettings(bootstrap_servers="127.0.0.1:1"),
        postgres=PostgresSettings(host="127.0.0.1", port=1, password=SecretStr("hunter2")),
        debugging=Debugging(debug_db_config=True),
    )
    with servers(config, kafka=kafka):
        assert "host=127.0.0.1" in caplog.text
    assert "hunter2" not in caplog.text
