"""python -m producer.symbols: what it adds, refuses and prints, with a local provider and real tables."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from producer.live.quality.row import QualityRow
from producer.store.tables import read_listings, write_quality
from producer.symbols import parser, run
from shared.errors import ConfigError
from shared.market.listings import Listing, Listings
from shared.postgres.database import connect, transaction
from shared.runtime.lifecycle import Stop
from tests.integration.desk import Desk, give_last_quote, printed
from tests.integration.live.yahoo_in_session import NOW
from tests.standin import Fault, StandIn

AAPL = (Listing("yahoo", "AAPL"),)
NVDA = (Listing("yahoo", "NVDA"),)

Command = Callable[..., int]


@pytest.fixture
def live_desk(desk: Desk, yahoo: StandIn) -> Desk:
    """A desk whose live feed watches AAPL at the stand-in; its tables are made."""
    desk.settings |= {**yahoo.settings, "SOURCES": "yahoo:AAPL"}
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


def test_symbol_is_added_once_its_provider_knows_it(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "nvda") == 0
    assert "NVDA (NVIDIA Corporation) was added, from yahoo" in printed(capsys)
    assert watched(live_desk) == {"AAPL": AAPL, "NVDA": NVDA}
    assert live_desk.rows("select symbol, name, currency, source from companies") == [
        ("NVDA", "NVIDIA Corporation", "USD", "yahoo")
    ]


def test_symbol_that_its_provider_does_not_know_keeps_no_other_from_being_added(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "NOSUCH", "yahoo:YEN@7203.T") == 1
    output = printed(capsys)
    assert "NOSUCH was not added: " in output
    assert "YEN (Toyota Motor Corporation) was added, from yahoo (7203.T)" in output
    assert watched(live_desk) == {"AAPL": AAPL, "YEN": (Listing("yahoo", "7203.T"),)}
    assert live_desk.rows("select symbol, name from companies") == [("YEN", "Toyota Motor Corporation")]


def test_word_before_a_colon_that_is_no_provider_is_named(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "binanec:BTCUSDT") == 1
    assert "binanec is not a provider; the known providers are yahoo, binance" in printed(capsys)


def test_symbol_of_an_unreachable_provider_is_added_unchecked_only(
    live_desk: Desk, command: Command, yahoo: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    yahoo.down()
    assert command("add", "NVDA") == 1
    output = printed(capsys)
    assert "NVDA was not added: " in output
    assert "add it with --unchecked" in output
    assert watched(live_desk) == {"AAPL": AAPL}
    assert command("add", "--unchecked", "NVDA") == 0
    assert watched(live_desk) == {"AAPL": AAPL, "NVDA": NVDA}


def test_throttling_provider_is_named_as_the_cause(
    command: Command, yahoo: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    yahoo.answer_with(Fault.status(429, retry_after=60), times=None)
    assert command("add", "NVDA") == 1
    assert "NVDA was not added: throttled: " in printed(capsys)


def test_symbol_of_a_provider_without_its_key_is_refused(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    live_desk.settings["FINNHUB_API_KEY"] = ""
    for words in (["finnhub:NVDA"], ["--unchecked", "finnhub:NVDA"]):
        assert command("add", *words) == 1
        assert "FINNHUB_API_KEY" in printed(capsys)
    assert watched(live_desk) == {"AAPL": AAPL}


def test_word_that_is_no_symbol_is_refused_in_one_sentence(command: Command) -> None:
    with pytest.raises(ConfigError, match="add A,B: must name symbols as AAPL"):
        command("add", "A,B")


def test_watched_symbol_gets_another_source_and_a_standby(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "AAPL") == 0
    assert "AAPL (Apple Inc.) is already followed, from yahoo." in printed(capsys)
    assert command("add", "--unchecked", "yahoo:AAPL", "finnhub:AAPL") == 0
    assert "AAPL comes from yahoo, standby finnhub from now on, and no longer from yahoo." in printed(capsys)
    assert watched(live_desk) == {"AAPL": (*AAPL, Listing("finnhub", "AAPL"))}


def test_removed_symbol_keeps_its_data_and_may_come_back(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    give_last_quote(live_desk, "AAPL")
    assert command("remove", "aapl", "NVDA") == 1
    output = printed(capsys)
    assert "AAPL was removed. Its stored data are kept" in output
    assert "NVDA is not followed" in output
    assert watched(live_desk) == {}
    assert command("list") == 0
    assert "In .env but removed with this command: AAPL." in printed(capsys)
    assert command("describe", "yahoo:AAPL") == 0
    assert "none: not followed" in printed(capsys)
    assert command("add", "AAPL") == 0
    assert watched(live_desk) == {"AAPL": AAPL}


def store_quality(desk: Desk, row: QualityRow) -> None:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        write_quality(cursor, [row])


def test_list_shows_price_age_and_state_of_each(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "AAPL", "NVDA") == 0
    give_last_quote(live_desk, "AAPL")
    store_quality(live_desk, silent_quality("AAPL"))
    printed(capsys)
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


def silent_quality(symbol: str) -> QualityRow:
    """A symbol whose stream is silent, tried again in ten minutes."""
    soon = datetime.now(UTC) + timedelta(minutes=10, seconds=20)
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
        last_event_time=NOW,
        last_received_time=NOW,
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


def give_bars_and_actions(desk: Desk) -> None:
    """An hour of minutes of AAPL, a split and a dividend."""
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            """insert into bars select 'AAPL', '1m', t, t + interval '1 minute', 1, 1, 1, 1, 0, null, 1, 'regular',
                'yahoo' from generate_series('2024-07-10 14:00Z'::timestamptz, '2024-07-10 14:59Z', '1 minute') t"""
        )
        cursor.execute(
            """insert into corporate_actions values
                ('AAPL', '2020-08-31 04:00Z', 'split', 4, null, 'yahoo', 0, 1),
                ('AAPL', '2024-05-10 04:00Z', 'dividend', 0.25, 'USD', 'yahoo', 0, 2)"""
        )


def test_describe_shows_everything(
    live_desk: Desk, command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("add", "AAPL") == 0
    give_last_quote(live_desk, "AAPL")
    store_quality(live_desk, silent_quality("AAPL"))
    give_bars_and_actions(live_desk)
    printed(capsys)
    assert command("describe", "aapl") == 0
    output = printed(capsys)
    for words in (
        "AAPL Apple Inc.",
        "Technology, Consumer Electronics",
        "America/New_York",
        "1,229.50, 60 min ago, received 60 min ago from yahoo",
        "State stale: stream silent: no frame for 31 s",
        "Next attempt in 10 min",
        "59.5 per minute, 12 since the producer's start",
        "1 gaps, 2 duplicates, 4 out of order, 3 late, 5 rejected, 6 reconnects",
        "14 of 15 requests",
        "Bars 1m 2024-07-10 14:00 UTC to 2024-07-10 14:59 UTC",
        "Split 4 for 1, from 2020-08-31",
        "Dividend 0.25 USD per share, ex-date 2024-05-10",
    ):
        assert words in output


def test_describe_of_a_symbol_that_nobody_knows_is_refused(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("describe", "AAPL", "NOSUCH") == 1
    output = printed(capsys)
    assert "no data yet" in output
    assert "NOSUCH is not followed, and no data of it are stored." in output
