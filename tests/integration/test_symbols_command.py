"""python -m producer.symbols: what it adds, refuses and tells, against a provider on this machine and real tables."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from db.migrate import migrate
from producer.symbols import parser, run
from producer.watching import QualityRow, read_listings, write_quality
from shared.config import load
from shared.database import Connection, connect, make_database, transaction
from shared.embedded import Postgres
from shared.errors import ConfigError, TickstreamError
from shared.listings import Listing, Listings
from shared.parts import Stop, servers
from tests.integration.desk import PROJECT, Desk
from tests.integration.server_user import PATIENCE
from tests.standin import Fault, Market, StandIn

OPEN = datetime(2024, 7, 10, 15, tzinfo=UTC)
AAPL = (Listing("yahoo", "AAPL"),)
NVDA = (Listing("yahoo", "NVDA"),)

Command = Callable[..., int]


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """A Yahoo on 127.0.0.1, in the middle of a session of New York."""
    with StandIn(Market(clock=OPEN.timestamp)) as standin:
        yield standin


@pytest.fixture
def live_desk(desk: Desk, standin: StandIn) -> Desk:
    """A desk whose live feed watches AAPL at the stand-in; its tables are made."""
    desk.settings |= {**standin.settings, "SOURCES": "yahoo:AAPL"}
    desk.database()
    return desk


@pytest.fixture
def command(live_desk: Desk) -> Command:
    """The command with these words, run here; its exit status."""

    def act(*words: str) -> int:
        return run(live_desk.config, parser().parse_args(words), Stop())

    return act


def watched(desk: Desk) -> Listings:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        return read_listings(cursor, desk.config.producer.listings)


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """Everything printed since, on both streams, in one line."""
    return " ".join(" ".join(capsys.readouterr()).split())


def test_symbol_is_added_once_its_provider_knows_it(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "nvda") == 0
    assert "NVDA (NVIDIA Corporation) is added, from yahoo" in said(capsys)
    assert watched(live_desk) == {"AAPL": AAPL, "NVDA": NVDA}
    assert live_desk.rows("select symbol, name, currency, source from companies") == [
        ("NVDA", "NVIDIA Corporation", "USD", "yahoo")
    ]


def test_symbol_that_its_provider_does_not_know_keeps_no_other_from_being_added(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "NOSUCH", "yahoo:YEN@7203.T") == 1
    told = said(capsys)
    assert "NOSUCH is not added: " in told
    assert "YEN (Toyota Motor Corporation) is added, from yahoo (7203.T)" in told
    assert watched(live_desk) == {"AAPL": AAPL, "YEN": (Listing("yahoo", "7203.T"),)}
    assert live_desk.rows("select symbol, name from companies") == [("YEN", "Toyota Motor Corporation")]


def test_symbol_of_a_provider_that_is_away_is_added_unchecked_only(
    live_desk: Desk, command: Command, standin: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    standin.down()
    assert command("add", "NVDA") == 1
    told = said(capsys)
    assert "NVDA is not added: " in told
    assert "add it --unchecked" in told
    assert watched(live_desk) == {"AAPL": AAPL}
    assert command("add", "--unchecked", "NVDA") == 0
    assert watched(live_desk) == {"AAPL": AAPL, "NVDA": NVDA}


def test_provider_that_has_had_enough_is_named_as_the_cause(
    command: Command, standin: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    standin.answer_with(Fault.status(429, retry_after=60), times=None)
    assert command("add", "NVDA") == 1
    assert "NVDA is not added: throttled: " in said(capsys)


def test_symbol_of_a_provider_without_its_key_is_refused(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    live_desk.settings["FINNHUB_API_KEY"] = ""
    assert command("add", "finnhub:NVDA") == 1
    assert "FINNHUB_API_KEY" in said(capsys)
    assert watched(live_desk) == {"AAPL": AAPL}


def test_word_that_is_no_symbol_is_a_sentence(command: Command) -> None:
    with pytest.raises(ConfigError, match="add A,B: must name symbols as AAPL"):
        command("add", "A,B")


def test_watched_symbol_gets_another_source_and_a_standby(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "AAPL") == 0
    assert "AAPL (Apple Inc.) is watched already, from yahoo." in said(capsys)
    assert command("add", "--unchecked", "yahoo:AAPL", "finnhub:AAPL") == 0
    assert "AAPL comes from yahoo, standby finnhub from now on, until now from yahoo." in said(capsys)
    assert watched(live_desk) == {"AAPL": (*AAPL, Listing("finnhub", "AAPL"))}


def test_removed_symbol_keeps_its_data_and_may_come_back(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    give_last_quote(live_desk, "AAPL")
    assert command("remove", "aapl", "NVDA") == 1
    told = said(capsys)
    assert "AAPL is removed. What is stored of it stays" in told
    assert "NVDA is not watched" in told
    assert watched(live_desk) == {}
    assert command("list") == 0
    assert "Removed here, though .env names it: AAPL." in said(capsys)
    assert command("describe", "AAPL") == 0
    assert "none: it is not watched" in said(capsys)
    assert command("add", "AAPL") == 0
    assert watched(live_desk) == {"AAPL": AAPL}


def give_last_quote(desk: Desk, symbol: str) -> None:
    """A last quote as the analytics write it, an hour old."""
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            """insert into symbols (symbol, price, event_time, received_time, session, source, quotes, late, extreme)
            values (%s, 1229.5, now() - interval '1 hour', now() - interval '1 hour', 'regular', 'yahoo', 9, 3, 0)""",
            (symbol,),
        )


def tell_quality(desk: Desk, row: QualityRow) -> None:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        write_quality(cursor, [row])


def test_list_shows_price_age_and_state_of_each(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "AAPL", "NVDA") == 0
    give_last_quote(live_desk, "AAPL")
    tell_quality(live_desk, faring("AAPL"))
    said(capsys)
    assert command("list") == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == [
        "AAPL",
        "yahoo",
        "Apple",
        "Inc.",
        "1,229.50",
        "60",
        "min",
        "stale:",
        "stream",
        "silent",
    ]
    assert lines[2] == ["NVDA", "yahoo", "NVIDIA", "Corporation", "–", "–", "–"]


def faring(symbol: str) -> QualityRow:
    """A symbol whose stream is silent, tried again in ten minutes."""
    soon = datetime.now(UTC) + timedelta(minutes=10, seconds=5)
    return QualityRow(
        symbol=symbol,
        source="yahoo",
        standby=None,
        state="stale",
        cause="stream silent",
        detail="no frame for 31 s",
        next_try_at=soon,
        session="regular",
        opens_at=None,
        last_event_time=OPEN,
        last_received_time=OPEN,
        quotes_per_minute=59.5,
        quotes=12,
        gaps=1,
        duplicates=2,
        out_of_order=4,
        refused=5,
        reconnects=6,
        history_done=14,
        history_total=15,
    )


def test_describe_tells_everything(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "AAPL") == 0
    give_last_quote(live_desk, "AAPL")
    tell_quality(live_desk, faring("AAPL"))
    with closing(connect(live_desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            """insert into bars select 'AAPL', '1m', t, t + interval '1 minute', 1, 1, 1, 1, 0, null, 1, 'regular',
                'yahoo' from generate_series('2024-07-10 14:00Z'::timestamptz, '2024-07-10 14:59Z', '1 minute') t"""
        )
        cursor.execute(
            """insert into corporate_actions values
                ('AAPL', '2020-08-31 04:00Z', 'split', 4, null, 'yahoo', 0, 1),
                ('AAPL', '2024-05-10 04:00Z', 'dividend', 0.25, 'USD', 'yahoo', 0, 2)"""
        )
    said(capsys)
    assert command("describe", "aapl") == 0
    told = said(capsys)
    for words in (
        "AAPL Apple Inc.",
        "Technology, Consumer Electronics",
        "America/New_York",
        "1,229.50, 60 min ago, received 60 min ago from yahoo",
        "State stale: stream silent: no frame for 31 s",
        "Next try in 10 min",
        "59.5 a minute, 12 since the producer's start",
        "1 gaps, 2 duplicates, 4 out of order, 3 late, 5 refused, 6 reconnects",
        "14 of 15 requests",
        "Bars 1m 2024-07-10 14:00 UTC to 2024-07-10 14:59 UTC",
        "Split 4 for 1, from 2020-08-31",
        "Dividend 0.25 USD a share, ex 2024-05-10",
    ):
        assert words in told


def test_describe_of_a_symbol_that_nobody_knows_is_refused(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("describe", "AAPL", "NOSUCH") == 1
    told = said(capsys)
    assert "nothing known yet" in told
    assert "NOSUCH is not watched, and nothing is stored of it." in told


@pytest.mark.parametrize("words", [["add", "AAPL"], ["remove", "AAPL"]])
def test_simulated_market_takes_and_gives_no_symbols(desk: Desk, words: Sequence[str]) -> None:
    with pytest.raises(ConfigError, match="the simulated feed has the symbols of TICKERS: only live ones"):
        run(desk.config, parser().parse_args(words), Stop())


def test_list_of_the_simulated_market_shows_what_it_has_given(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.database()
    give_last_quote(desk, "AAPL")
    assert run(desk.config, parser().parse_args(["list"]), Stop()) == 0
    assert said(capsys).endswith("AAPL yahoo – 1,229.50 60 min –")


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
    spare_postgres: Postgres, standin: StandIn
) -> None:
    settings = {
        **standin.settings,
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
    assert "NVDA (NVIDIA Corporation) is added" in done.stdout
    assert "NOSUCH is not added" in done.stderr
