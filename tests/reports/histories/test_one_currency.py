"""Prices in two currencies make no series, and no dividend is a hundred times wrong."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace as named

from producer.live.deduplication import Deduplicator, KnownOfSymbol
from producer.live.followed import Followed
from producer.producer import produce
from producer.publishing.lease import Lease
from producer.publishing.resume import StoredSymbol, merged, read_known
from producer.sources.answers import HistorySlice
from producer.sources.yahoo.charts.chart_types import Chart
from producer.store.symbol_queries import read_stored
from shared.market.listings import Listing
from shared.market.messages import decode
from shared.market.records import CorporateAction, Quote, Record, RecordedBar, TimeMark
from shared.postgres.database import connect, transaction
from shared.progress.epochs import EarlierEpochs
from tests.inputs.chart_records import actions
from tests.integration.desk import Desk
from tests.integration.live.live import SETTINGS
from tests.standin import Market, StandIn
from tests.unit.yahoo_standin import LONDON
from tests.waiting import wait_for

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def quote(second: float, price: float, currency: str | None) -> Quote:
    """A quote of London, so many seconds after noon."""
    time = NOON + timedelta(seconds=second)
    fields = {"source": "yahoo", "position": 0, "received_time": time, "exchange": "LSE"}
    return Quote(symbol="BP.L", event_time=time, price=price, currency=currency, **fields)  # type: ignore[arg-type]


def bar(second: float, price: float, currency: str | None) -> RecordedBar:
    """A minute of London."""
    start = NOON + timedelta(seconds=second)
    fields = {"source": "yahoo-history", "position": 0, "received_time": start + timedelta(minutes=1)}
    fields |= dict.fromkeys(("open", "high", "low", "close"), price) | {
        "currency": currency,
        "exchange": "LSE",
    }
    return RecordedBar(symbol="BP.L", interval="1m", start=start, **fields)  # type: ignore[arg-type]


def test_currency_in_the_log_holds_after_a_restart() -> None:
    """GBp 430, a restart, then GBP 4.3: the price fell to a hundredth without a report."""
    deduplicator = Deduplicator("BP.L", KnownOfSymbol(NOON.timestamp(), currency="GBp"))
    assert deduplicator.admit(quote(2, 4.3, "GBP"), polled=False) is None
    assert (deduplicator.refused, deduplicator.other_currency) == (1, "GBP")
    assert deduplicator.admit(quote(3, 431.0, "GBp"), polled=False)
    assert deduplicator.admit(quote(4, 431.5, "GBX"), polled=False), "the same pence by another name"


def test_currency_is_read_from_the_tables_if_the_end_of_the_log_has_none() -> None:
    """A closed market leaves time marks alone at the end of the log; a symbol may have nothing there."""
    stored = {
        "BP.L": StoredSymbol("GBp", (NOON.timestamp(), 430.0)),
        "VOD.L": StoredSymbol("GBp", (0.0, 0.0)),
    }
    known = merged(
        {"BP.L": KnownOfSymbol(NOON.timestamp() + 60), "AAPL": KnownOfSymbol(5.0, currency="USD")}, stored
    )
    assert known["BP.L"] == KnownOfSymbol(
        NOON.timestamp() + 60, currency="GBp", quoted=(NOON.timestamp(), 430.0)
    )
    assert known["VOD.L"] == KnownOfSymbol(0.0, currency="GBp")
    assert known["AAPL"].currency == "USD"
    known = merged({"BP.L": KnownOfSymbol(1.0, currency="GBP")}, stored)
    assert known["BP.L"].currency == "GBP", "the value in the log is newer"


def test_symbol_that_is_removed_and_added_keeps_the_currency_of_its_prices() -> None:
    """Another listing of the same symbol, in pounds."""
    followed = Followed("BP.L", (Listing("yahoo", "BP.L"),), None, False, 2.0, 0.01)
    assert followed.take("yahoo", quote(1, 430.0, "GBp"), NOON.timestamp() + 1, False, True)
    again = Followed("BP.L", (Listing("finnhub", "BP.L"),), followed.known, False, 2.0, 0.01)
    assert not again.take("finnhub", quote(2, 4.3, "GBP"), NOON.timestamp() + 2, False, True)
    [finding] = again.findings
    assert (finding.kind, finding.is_raised) == ("currency", True)


def test_history_in_another_currency_is_refused_as_quotes_are() -> None:
    """A history in pounds after quotes in pence."""
    known = KnownOfSymbol(NOON.timestamp() - 3600, currency="GBp")
    followed = Followed("BP.L", (Listing("yahoo", "BP.L"),), known, True, 2.0, 0.01)
    past = [bar(-600, 4.3, "GBP"), bar(-540, 430.0, "GBp"), bar(-480, 430.0, None)]
    records = followed.past(HistorySlice([*past], 1, 1), NOON.timestamp())
    assert [(record.close, record.currency) for record in records if isinstance(record, RecordedBar)] == [
        (430.0, "GBp"),
        (430.0, None),
    ]
    assert followed.deduplicator.refused == 1


def published(desk: Desk) -> list[Quote]:
    """Every quote in the log that names a currency."""
    found = (
        decode(message.value, message.timestamp)
        for messages in desk.messages(desk.log).values()
        for message in messages
    )
    return [record for record in found if isinstance(record, Quote)]


@pytest.fixture
def standin() -> Iterator[StandIn]:
    """A share in pence, at an exchange that never closes."""
    share = replace(LONDON, exchange="CCC", calendar="24/7", delay=0)
    with StandIn(Market(time.time, (share,))) as standin:
        yield standin


def test_end_of_the_log_gives_currency_and_last_quote(desk: Desk) -> None:
    """A real log: quotes, then marks of time alone."""
    received = datetime.now(UTC)
    records: list[Record] = [
        named(quote(0, 430.0, "GBp"), received_time=received),
        TimeMark(
            time=NOON + timedelta(seconds=60),
            source="yahoo",
            position=1,
            received_time=received,
            symbol="BP.L",
        ),
    ]
    desk.publish(records)
    known = read_known(desk.log, Lease(1, {}, EarlierEpochs({})))["BP.L"]
    assert known == KnownOfSymbol(NOON.timestamp() + 60, currency="GBp", quoted=(NOON.timestamp(), 430.0))


def test_tables_give_currency_and_last_quote(desk: Desk) -> None:
    """The last quote's currency counts before that of the company, which its source may give in another unit."""
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            """insert into symbols (symbol, price, event_time, received_time, currency, session, source, quotes, late,
                extreme) values ('BP.L', 430, %(at)s, %(at)s, 'GBp', 'regular', 'yahoo', 1, 0, 0),
                ('BTC', 9, %(at)s, %(at)s, null, 'regular', 'binance', 1, 0, 0)""",
            {"at": NOON},
        )
        cursor.execute(
            """insert into companies (symbol, currency, source, fetched_at) values
                ('BP.L', 'GBP', 'yahoo', now()), ('BTC', 'USDT', 'binance', now()), ('VOD.L', 'GBp', 'yahoo', now())"""
        )
        stored = read_stored(cursor)
    assert stored == {
        "BP.L": StoredSymbol("GBp", (NOON.timestamp(), 430.0)),
        "BTC": StoredSymbol(None, (NOON.timestamp(), 9.0)),
        "VOD.L": StoredSymbol("GBp", (0.0, 0.0)),
    }


def test_restarted_producer_refuses_another_currency_than_the_tables_hold(
    desk: Desk, standin: StandIn
) -> None:
    """Through Kafka and PostgreSQL: the log is empty, the tables know the symbol in pounds, Yahoo sends pence."""
    desk.settings |= {**standin.settings, **SETTINGS, "SOURCES": "yahoo:TSCO.L"}
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            """insert into companies (symbol, currency, source, fetched_at)
                values ('TSCO.L', 'GBP', 'yahoo', now())"""
        )
    standin.quote("TSCO.L", 308.8)
    with desk.at_work(produce):
        alerts = "select kind, detail from data_alerts where symbol = 'TSCO.L'"
        wait_for(lambda: bool(desk.rows(alerts)))
        [(kind, detail)] = desk.rows(alerts)
    assert (kind, "GBp" in detail, "GBP" in detail) == ("currency", True, True)
    assert not published(desk)


EX_DATE = int(datetime(2026, 11, 20, 8, tzinfo=UTC).timestamp())


def chart(currency: str | None, close: float, dividend: dict[str, Any]) -> Chart:
    """Three days of London, the last of them an ex-date."""
    days = [EX_DATE - 2 * 86_400, EX_DATE - 86_400, EX_DATE]
    column = [close] * 3
    return msgspec.convert(
        {
            "meta": {"exchangeTimezoneName": "Europe/London", "exchangeName": "LSE", "currency": currency},
            "timestamp": days,
            "indicators": {"quote": [dict.fromkeys(("open", "high", "low", "close"), column)]},
            "events": {"dividends": {str(EX_DATE): {"date": EX_DATE, **dividend}}},
        },
        Chart,
    )


def dividends(found: Chart) -> list[tuple[float, str | None]]:
    """Value and currency of each."""
    dated = actions(found, "X", None, NOON + timedelta(days=1))
    return [(action.value, action.currency) for action in dated if isinstance(action, CorporateAction)]


@pytest.mark.parametrize(
    ("currency", "close", "dividend", "expected"),
    [
        ("GBp", 430.0, {"amount": 5.25, "currency": "GBp"}, [5.25]),
        ("GBp", 430.0, {"amount": 0.0525, "currency": "GBP"}, [5.25]),
        ("GBP", 4.3, {"amount": 5.25, "currency": "GBp"}, [0.0525]),
        ("ZAc", 25_000.0, {"amount": 3.5, "currency": "ZAR"}, [350.0]),
        ("ILA", 1_900.0, {"amount": 0.31, "currency": "ILS"}, [31.0]),
        ("KWF", 800.0, {"amount": 0.015, "currency": "KWD"}, [15.0]),
        ("GBp", 430.0, {"amount": 0.08, "currency": "USD"}, []),
        ("USD", 190.0, {"amount": 0.24, "currency": "EUR"}, []),
        ("USD", 190.0, {"amount": 0.24, "currency": "USD"}, [0.24]),
        ("GBp", 430.0, {"amount": 5.25}, [5.25]),
        ("GBp", 430.0, {"amount": 0.0525}, []),
        ("GBP", 4.3, {"amount": 5.25}, []),
        ("ZAc", 25_000.0, {"amount": 3.5}, []),
        ("ILA", 1_900.0, {"amount": 0.31}, []),
        ("USD", 125.0, {"amount": 0.01}, [0.01]),
        (None, 125.0, {"amount": 0.01}, [0.01]),
    ],
)
def test_dividend_is_in_the_unit_of_the_prices_or_left_out(
    currency: str | None,
    close: float,
    dividend: dict[str, Any],
    expected: list[float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Prices in pence, cents and agorot with dividends in pounds, rands and shekels."""
    assert dividends(chart(currency, close, dividend)) == [(value, currency) for value in expected]
    assert ("skipped" in caplog.text) != bool(expected)
