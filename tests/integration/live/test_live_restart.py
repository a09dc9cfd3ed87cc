"""Live quotes through Kafka and PostgreSQL: a first start, a killed producer, and the final result."""

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

import pytest
from msgspec.structs import replace as named

from analytics.engine.engine import Engine
from analytics.runtime.settings import engine_settings
from producer.producer import produce
from producer.sources.binance import Binance
from producer.sources.registry import provider
from producer.store.tables import add_symbol, remove_symbol
from producer.transport.provider_clock import ProviderClock
from producer.workers.live_market import QUALITY_SECONDS
from shared.market.listings import Listing
from shared.market.messages import decode
from shared.market.records import Quote, TimeMark
from shared.observability.heartbeat import BEAT_SECONDS
from shared.postgres.database import connect, transaction
from tests.integration.desk import Desk
from tests.integration.live.live import BINANCE, COIN, OTHER, POLL_SECONDS, SETTINGS
from tests.slowness import PATIENCE
from tests.standin import StandIn
from tests.waiting import wait_for

MINUTE = 60
TRADE_SECONDS = 0.5
WATCHED_SECONDS = 5.0
"""The pauses of a free machine together: from one look at the symbols to the next, to the next row, and until it is
written."""
TRADES_OF_A_WHILE = 10
BARS = 'select interval, start, "end", open, high, low, close, volume from bars where symbol = %s and "end" <= %s'
INDICATORS = """
    select i.* from indicators i join bars b using (symbol, interval, start) where symbol = %s and b."end" <= %s
"""

Row = tuple[Any, ...]


@pytest.fixture
def live_desk(desk: Desk, standin: StandIn) -> Desk:
    """A desk whose live feed watches the coin at Binance; its tables are made."""
    desk.settings |= {
        **standin.settings,
        **SETTINGS,
        "SOURCES": BINANCE,
        "FORECAST_INTERVALS": "none",  # their searches would take longer than the minutes that are waited for
    }
    desk.database()
    return desk


@contextmanager
def trading(standin: StandIn, *names: str) -> Iterator[None]:
    """Trades at a steady pace, near the price of the past."""
    over, chance = Event(), random.Random(5)

    def trade() -> None:
        while not over.wait(TRADE_SECONDS):
            for name in names:
                standin.quote(
                    name, round(COIN.price + chance.uniform(-0.5, 0.5), 2), size=chance.randint(1, 9)
                )

    thread = Thread(target=trade)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def part_of(desk: Desk, name: str) -> Iterator["subprocess.Popen[str]"]:
    """A part as a process of its own, that is no more at the end."""
    process = desk.start(name)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)


def has_closed(desk: Desk, minute: float) -> bool:
    """Whether both coins' bars of this minute are closed."""
    return desk.rows("select count(*) from bars where interval = '1m' and start = %s", moment(minute)) == [
        (2,)
    ]


def wait_for_trades(standin: StandIn, count: int) -> None:
    """Return when the coin has been traded so many times more."""
    before = len(standin.market.tape(COIN.name).times)
    wait_for(lambda: len(standin.market.tape(COIN.name).times) >= before + count)


def moment(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def this_minute() -> float:
    return time.time() // MINUTE * MINUTE


def quotes(desk: Desk, symbol: str) -> list[Quote]:
    """Its quotes in the log, in order."""
    records = (
        decode(message.value, message.timestamp)
        for messages in desk.messages(desk.log).values()
        for message in messages
    )
    return [record for record in records if isinstance(record, Quote) and record.symbol == symbol]


def in_one_run(desk: Desk, until: float) -> tuple[dict[Row, Row], dict[Row, Row]]:
    """Bars and indicators by interval and start, of the provider's whole past folded at once."""
    config = desk.config
    binance = provider("binance", config.providers, ProviderClock(lambda: datetime.now(UTC)), Event())
    engine = Engine(engine_settings(config))
    for part in binance.history("COIN1USDT", None, moment(until)):
        for record in part.records:
            engine.fold(named(record, symbol=COIN.name), 0)
    now = moment(until + config.running.bar_grace_seconds)
    engine.fold(TimeMark(time=now, source="binance", position=0, received_time=now, symbol=COIN.name), 0)
    closed = [event.closed for event in engine.take_events()]
    return (
        {
            (each.bar.interval, moment(each.bar.start)): (moment(each.bar.end), *each.bar[4:9])
            for each in closed
        },
        {(each.bar.interval, moment(each.bar.start)): tuple(each.indicators) for each in closed},
    )


@pytest.mark.variant
def test_first_start_and_a_killed_producer_leave_the_bars_of_one_run_left_alone(
    live_desk: Desk, standin: StandIn
) -> None:
    live_desk.settings["SOURCES"] = f"{BINANCE};yahoo:{OTHER.name}"
    with part_of(live_desk, "analytics"), trading(standin, COIN.name, OTHER.name):
        first = this_minute()
        with part_of(live_desk, "producer") as producer:
            wait_for(lambda: has_closed(live_desk, first))
            killed_in = this_minute()
            wait_for_trades(standin, TRADES_OF_A_WHILE)
            producer.kill()
        wait_for_trades(standin, TRADES_OF_A_WHILE)
        with part_of(live_desk, "producer"):
            wait_for(lambda: has_closed(live_desk, killed_in))
    live_desk.wait_until_read("analytics")
    _every_trade_is_there_once(live_desk, standin)
    _numbers_are_those_of_one_run(live_desk, killed_in + MINUTE)
    _minutes_are_whole(live_desk, standin, first - 10 * MINUTE, killed_in + MINUTE)


def _every_trade_is_there_once(desk: Desk, standin: StandIn) -> None:
    numbers = [quote.trade_id for quote in quotes(desk, COIN.name)]
    assert numbers == list(range(numbers[0] or 0, (numbers[-1] or 0) + 1))
    tape = standin.market.tape(COIN.name)
    assert {quote.price for quote in quotes(desk, COIN.name)} <= set(tape.prices)


def _numbers_are_those_of_one_run(desk: Desk, until: float) -> None:
    bars, indicators = in_one_run(desk, until)
    left = {row[:2]: row[2:] for row in desk.rows(BARS, COIN.name, moment(until))}
    assert left.keys() == bars.keys()
    assert {key: row[:5] for key, row in left.items()} == {key: row[:5] for key, row in bars.items()}
    assert [row[5] for row in left.values()] == pytest.approx([bars[key][5] for key in left])
    stored = {row[1:3]: row[3:] for row in desk.rows(INDICATORS, COIN.name, moment(until))}
    assert stored == indicators


def _minutes_are_whole(desk: Desk, standin: StandIn, since: float, until: float) -> None:
    """Prices at Yahoo, which numbers no trades: no minute is missing, and each has the prices of the market."""
    found = standin.market.bars(OTHER.name, MINUTE, since, until)
    columns = (found.start.tolist(), *(column.tolist() for column in found[1:5]))
    query = """
        select extract(epoch from start)::int, open, high, low, close from bars
        where symbol = %s and interval = '1m' and start >= %s and start < %s order by start
    """
    left = desk.rows(query, OTHER.name, moment(since), moment(until))
    assert left == list(zip(*columns, strict=True))


def test_pauses_before_an_added_symbol_is_watched_take_five_seconds_at_most() -> None:
    assert BEAT_SECONDS + QUALITY_SECONDS + BEAT_SECONDS <= WATCHED_SECONDS


def test_symbol_is_watched_once_it_is_added_and_no_longer_when_it_is_removed(
    live_desk: Desk, standin: StandIn
) -> None:
    listing, listings = Listing("binance", "COIN2USDT"), live_desk.config.producer.listings
    with live_desk.at_work(produce), closing(connect(live_desk.database(), "test")) as connection:
        standin.streams.wait_until_followed("binance", "COIN1USDT")
        with transaction(connection) as cursor:
            add_symbol(cursor, OTHER.name, [listing])
        wait_for(lambda: "COIN2USDT" in standin.streams.subscribed["binance"])
        watched = "select symbol from data_quality order by symbol"
        wait_for(lambda: live_desk.rows(watched) == [(COIN.name,), (OTHER.name,)])
        with transaction(connection) as cursor:
            remove_symbol(cursor, OTHER.name, listings)
            remove_symbol(cursor, COIN.name, listings)
        wait_for(lambda: live_desk.rows(watched) == [])


def test_fault_is_in_the_tables_while_it_lasts_and_its_alert_is_cleared(
    live_desk: Desk, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Binance, "poll_seconds", POLL_SECONDS)
    live_desk.settings["POLL_INTERVAL"] = str(POLL_SECONDS)
    state = f"select state, cause from data_quality where symbol = '{COIN.name}'"
    alerts = "select kind, cleared_at is null from data_alerts"
    standin.streams.refuse_handshake(503, times=1000)
    with live_desk.at_work(produce):
        wait_for(lambda: live_desk.rows(state) == [("live", "provider down")])
        listed = standin.market.instruments[COIN.name]
        standin.market.instruments[COIN.name] = replace(listed, names={})
        wait_for(lambda: live_desk.rows(alerts) == [("delisted", True)])
        wait_for(lambda: live_desk.rows(state) == [("waiting", "unknown symbol")])
        standin.market.instruments[COIN.name] = listed
        standin.quote(COIN.name, COIN.price)
        wait_for(lambda: live_desk.rows(alerts) == [("delisted", False)])
        wait_for(lambda: live_desk.rows(state) == [("live", "provider down")])
