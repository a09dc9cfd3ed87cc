"""The real live market with the real providers against the stand-in; its records are collected in a list.

Pauses are short, and faults that a test is about are detected within seconds. Limits of other faults are so long that
a machine with much else to do meets none of them.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from producer.live.deduplication import KnownOfSymbol
from producer.live.quality.row import QualityRow
from producer.sources import registry
from producer.sources.provider import Provider
from producer.transport.provider_clock import ProviderClock
from producer.workers.live_market import LiveMarket
from shared.market.records import Quote, Record, RecordedBar
from shared.settings.config import Config, load
from tests.slowness import PATIENCE
from tests.standin import Fault, Instrument, Market, StandIn, Trade, coins
from tests.waiting import wait_for

COIN, OTHER = coins(2)
"""Coins trade whatever the day of the week: COIN1-USD at Yahoo, COIN1USDT at Binance."""
SHARE = replace(COIN, name="SHARE", quote_type="EQUITY", size_decimals=0, minute_volume=500.0)
"""A share that trades at any hour: Yahoo tells its volume of the day."""
YAHOO, BINANCE = "yahoo:COIN1-USD", "binance:COIN1-USD@COIN1USDT"
POLL_SECONDS = 0.3
BREAKER_SECONDS = 2.0
"""Five failures in a row, and nobody asks for so long."""
FIRST_PAUSE = 0.3
"""Before a stream is opened anew; up to half as much again."""
QUICK = {
    "producer.live.backfill.SETTLED_SECONDS": 0.2,
    "producer.transport.websocket.OPEN_SECONDS": PATIENCE,
    "producer.transport.websocket.PING_SECONDS": PATIENCE,
    "producer.transport.rate_limits.FIRST_PAUSE": BREAKER_SECONDS,
    "producer.workers.quote_receiver.FIRST_PAUSE": FIRST_PAUSE,
    "producer.workers.quote_receiver.GAP_PAUSE": 0.3,
    "producer.workers.quote_receiver.RECEIVE_SECONDS": 0.05,
    "producer.workers.history_worker.LOOK_SECONDS": 0.05,
    "producer.workers.history_worker.PAUSE_SECONDS": 0.3,
    "producer.workers.live_market.QUALITY_SECONDS": 0.05,
    "producer.workers.live_market.TICK_SECONDS": 0.05,
    "producer.workers.live_market.WAIT_SECONDS": 0.05,
}
"""What a market waits for, in seconds, where a test sets nothing else: pauses are shorter than for a user."""
NEVER = str(int(PATIENCE))
"""Seconds that no stream is silent for, unless a test sees to it."""
SETTINGS = {
    "STREAM_SILENCE": NEVER,
    "HTTP_TIMEOUT": "60",
    "YAHOO_REQUESTS_PER_MINUTE": "100000",
    "BINANCE_REQUESTS_PER_MINUTE": "100000",
}
prices = count(1)


@dataclass
class Live:
    """A live market at work on `standin`, and every record so far."""

    market: "ReportingMarket"
    standin: StandIn
    records: list[Record]
    pause: float = 0.2
    """Seconds within which the next trade made by `is_streaming` has to come; more after each that did not."""

    def quotes(self, symbol: str = COIN.name) -> list[Quote]:
        """Its quotes, in the order of the log."""
        return [r for r in self.records[:] if isinstance(r, Quote) and r.symbol == symbol]

    def prices(self, symbol: str = COIN.name) -> list[float]:
        """The prices of its quotes, in the order of the log."""
        return [quote.price for quote in self.quotes(symbol)]

    def bars(self, symbol: str = COIN.name) -> list[RecordedBar]:
        """The bars of its history, in the order of the log."""
        return [r for r in self.records[:] if isinstance(r, RecordedBar) and r.symbol == symbol]

    def row(self, symbol: str = COIN.name) -> QualityRow | None:
        """Its row in the quality table; None if it has none."""
        return next((row for row in self.market.quality if row.symbol == symbol), None)

    def is_reported(self, cause: str, state: str = "", symbol: str = COIN.name) -> bool:
        """Whether it has this cause now, "" for none, and this state, if one is given."""
        row = self.row(symbol)
        return row is not None and row.cause == cause and state in ("", row.state)

    def wait_until_reported(self, cause: str, state: str = "", symbol: str = COIN.name) -> None:
        """Return when it has this cause, "" for none, and this state, if one is given; it must have it for long."""
        wait_for(lambda: self.is_reported(cause, state, symbol))

    def wait_until_reported_once(self, cause: str, since: int, symbol: str = COIN.name) -> None:
        """Return when it has or had this cause, after the first `since` reports."""
        wait_for(
            lambda: any((row.symbol, row.cause) == (symbol, cause) for row in self.market.reports[since:])
        )

    def wait_until_streaming(self, *sources: str) -> None:
        """Return when their streams are open and subscribed, and no cause is reported."""
        for source in sources:
            wait_for(lambda source=source: bool(self.standin.streams.subscribed[source]))  # type: ignore[misc]
        self.wait_until_reported("")

    def end_polls(self) -> None:
        """Let Yahoo answer no poll from now on: one more follows after a stream has opened, and an answer that
        overtakes the frames of the stream makes a quote of the same trade.
        """
        self.standin.answer_with(Fault.status(500), times=None, path="v7/finance/quote")

    def is_streaming(self, symbol: str = COIN.name) -> bool:
        """Whether no cause is reported and a new trade is received as a quote."""
        made = trade(self.standin, symbol)
        deadline = time.monotonic() + self.pause
        while not (is_here := self.has_received(made, symbol)) and time.monotonic() < deadline:
            time.sleep(0.01)
        self.pause = 0.2 if is_here else min(10.0, 1.5 * self.pause)
        return is_here and self.is_reported("", symbol=symbol)

    def has_received(self, made: Trade, symbol: str = COIN.name) -> bool:
        """Whether the price of this trade is in the log."""
        return made.price in self.prices(symbol)


class ReportingMarket(LiveMarket):
    """Keeps every row of the quality table that it reports, also one that is replaced before a test looks."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.reports: list[QualityRow] = []

    def _report(self, now: float) -> None:
        super()._report(now)
        self.reports += self.quality


@contextmanager
def at_work(
    standin: StandIn,
    sources: str,
    known: Mapping[str, KnownOfSymbol] | None = None,
    machine: Callable[[], datetime] = lambda: datetime.now(UTC),
    waits: Mapping[str, float] | None = None,
    **settings: str,
) -> Iterator[Live]:
    """A live market of these sources; `known` is what the log would hold, `machine` the clock of this machine,
    `waits` what is to differ from QUICK. At the end every thread has stopped.
    """
    config = load(None, {**standin.settings, **SETTINGS, "SOURCES": sources, **settings})
    stop, records = Event(), list[Record]()
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        for name, seconds in {**QUICK, **(waits or {})}.items():
            patch.setattr(name, seconds)
        patch.setattr(
            "producer.workers.live_market.time",
            SimpleNamespace(time=lambda: machine().timestamp(), monotonic=time.monotonic),
        )
        market = _market(config, known or {}, machine, stop)
        drained = pool.submit(lambda: records.extend(market.records(stop)))
        try:
            market.follow(config.producer.listings)
            yield Live(market, standin, records)
        finally:
            stop.set()
            market.close()
            drained.result(PATIENCE)


def _market(
    config: Config, known: Mapping[str, KnownOfSymbol], machine: Callable[[], datetime], stop: Event
) -> ReportingMarket:
    """The market, with providers that like to be asked often."""

    def provider(source: str) -> Provider:
        made = registry.provider(source, config.providers, ProviderClock(machine), stop)
        made.poll_seconds = POLL_SECONDS
        return made

    threshold = config.providers.disagreement_threshold
    return ReportingMarket(provider, known, POLL_SECONDS, config.running.bar_grace_seconds, threshold)


def seen(*symbols: str) -> dict[str, KnownOfSymbol]:
    """What a log holds that was written until a minute ago, before the first live trade of these symbols."""
    return {symbol: KnownOfSymbol(time.time() - 60, None, 1_000_000) for symbol in symbols or (COIN.name,)}


def trade(standin: StandIn, name: str = COIN.name, providers: tuple[str, ...] | None = None) -> Trade:
    """One trade now, at a price that no other has; `providers` are those whose streams send it."""
    return standin.quote(name, round(100 + next(prices) / 100, 2), size=2, providers=providers)


def trades(standin: StandIn, number: int, name: str = COIN.name) -> list[Trade]:
    """That number of trades, one after the other."""
    return [trade(standin, name) for _ in range(number)]


def has_every_trade(live: Live, symbol: str = COIN.name) -> bool:
    """Whether every numbered trade there ever was came exactly once, in order, and nothing else."""
    tape = live.standin.market.tape(symbol)
    received = [(q.trade_id, q.price, q.size, _milliseconds(q.event_time)) for q in live.quotes(symbol)]
    return received == [tape.trade(index)[:1] + _wire(tape.trade(index)) for index in range(len(tape.times))]


def _wire(sent: Trade) -> tuple[float, float, int]:
    return sent.price, sent.size, sent.time


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def has_in_order(live: Live, expected: Iterable[Trade], symbol: str = COIN.name) -> bool:
    """Whether all of these came exactly once each, in their order; others may lie between."""
    wanted = {sent.price: None for sent in expected}
    return [price for price in live.prices(symbol) if price in wanted] == list(wanted)


def prices_never_offered(live: Live, symbol: str = COIN.name) -> set[float]:
    """Prices in the log that the stand-in never offered."""
    market = live.standin.market
    offered = set(market.tape(symbol).prices)
    received = {quote.price for quote in live.quotes(symbol)} - offered
    for bar in live.bars(symbol):
        received |= {bar.open, bar.high, bar.low, bar.close} - _bar_prices(market, symbol, bar)
    return received


def _bar_prices(market: Market, symbol: str, bar: RecordedBar) -> set[float]:
    """The prices of the same bar in the stand-in's market."""
    seconds = {"1m": 60, "15m": 900, "1d": 86_400}[bar.interval]
    start = bar.start.timestamp()
    found = market.bars(symbol, seconds, start, start + 1)
    return {float(value) for column in found[1:5] for value in column}


@contextmanager
def stand_in(*instruments: Instrument) -> Iterator[StandIn]:
    """Every provider on 127.0.0.1, by the clock of this machine; each instrument has one trade."""
    with StandIn(Market(time.time, instruments or (COIN, OTHER))) as standin:
        for instrument in standin.market.instruments.values():
            trade(standin, instrument.name)
        yield standin
