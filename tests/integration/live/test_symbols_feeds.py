"""python -m producer.symbols with other feeds than the live one, before a first start, and beside a pipeline."""

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from db.migrate import migrate
from producer.symbols import parser, run
from shared.embedded import Postgres
from shared.errors import ConfigError, TickstreamError
from shared.postgres.database import Connection, connect, make_database, transaction
from shared.runtime.lifecycle import Stop, servers
from shared.settings.config import load
from tests.integration.desk import PROJECT, Desk, give_last_quote, printed
from tests.slowness import PATIENCE
from tests.standin import StandIn


@pytest.mark.parametrize("words", [["add", "AAPL"], ["remove", "AAPL"]])
def test_recording_takes_and_gives_no_symbols(desk: Desk, tmp_path: Path, words: Sequence[str]) -> None:
    recording = tmp_path / "quotes.csv"
    recording.write_text("symbol,event_time,price\nAAPL,2024-07-10T15:00:00Z,229.5\n")
    with pytest.raises(ConfigError, match="the replay feed has exactly the symbols of its files"):
        run(desk.replaying([recording]).config, parser().parse_args(words), Stop())


def test_list_of_the_simulated_market_shows_what_is_watched(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.database()
    give_last_quote(desk, "AAPL")
    assert run(desk.config, parser().parse_args(["list"]), Stop()) == 0
    assert "AAPL yahoo – 1,229.50 60 min –" in printed(capsys)


def test_list_makes_no_tables_that_would_look_like_an_earlier_start(desk: Desk) -> None:
    config = load(None, desk.settings | {"SOURCES": "yahoo:AAPL"})
    with pytest.raises(ConfigError, match="the live feed has not run yet: start it first"):
        run(config, parser().parse_args(["list"]), Stop())
    with pytest.raises(TickstreamError, match="does not exist"):
        connect(config.postgres.dsn_for(config.database()), "test")


def started_at(connection: Connection) -> datetime:
    """When the server behind the connection started; the same connection still answers."""
    with transaction(connection) as cursor:
        cursor.execute("select pg_postmaster_start_time()")
        ((started,),) = cursor.fetchall()
        assert isinstance(started, datetime)
        return started


def test_command_shares_the_database_that_runs_and_leaves_it_running(
    spare_postgres: Postgres, yahoo: StandIn
) -> None:
    settings = {
        **yahoo.settings,
        "TICKSTREAM_DATA": str(spare_postgres.folder.parent),
        "EMBEDDED_POSTGRES_PORT": str(spare_postgres.port),
        "SOURCES": "yahoo:AAPL",
    }
    with (
        servers(load(None, settings), kafka=False) as ready,
        closing(connect(ready.postgres.dsn_for("postgres"), "test")) as connection,
    ):
        migrate(make_database(ready.postgres.dsn_for("postgres"), ready.database()))
        before = started_at(connection)
        done = subprocess.run(
            [sys.executable, "-m", "producer.symbols", "add", "NVDA", "NOSUCH"],
            cwd=PROJECT,
            env=os.environ | settings,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert started_at(connection) == before
    assert done.returncode == 1
    assert "NVDA (NVIDIA Corporation) was added" in done.stdout
    assert "NOSUCH was not added" in done.stderr
