"""The account of every offered quote, of every minute, and of every fault."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.staging.live.desk import LiveDesk
from benchmarks.staging.live.faults import Done, State, recoveries
from benchmarks.staging.live.offering import PROVIDERS, Key, Offer
from shared.market.records import Quote
from tests.standin import Market

IN_TRANSIT = 1.0
"""Seconds before a reset in which a frame may be in a buffer that is lost with the connection."""
BREAKING = 0.25
"""Seconds that a connection may take to break after the fault was recorded."""
MINUTE = 60
STORED = """
    select symbol, extract(epoch from date_trunc('second', event_time))::bigint, price
    from quotes where source = %s and event_time >= to_timestamp(%s)
"""
BARS = """
    select symbol, extract(epoch from start)::bigint, open, high, low, close, volume, source
    from bars where interval = '1m' and start >= to_timestamp(%s) and start < to_timestamp(%s)
"""


class Fate(NamedTuple):
    """The number of one provider's offers that are stored, and of the others by reason."""

    provider: str
    offered: int
    stored: int
    duplicates: int
    unknown: int
    lost: int
    in_transit: int
    not_sent: int


class MinutesAccount(NamedTuple):
    """Counts of one provider's minutes with trades."""

    provider: str
    traded: int
    missing: int
    by_history: int
    as_traded: int


class Recovery(NamedTuple):
    """One fault, with the seconds until a later quote was in the log and until the stream was received again."""

    kind: str
    quotes: float | None
    stream: float | None


def fate(desk: LiveDesk, provider: str, offers: Sequence[Offer], faults: Iterable[Done]) -> Fate:
    """Count one provider's quotes. Binance also returns past trades, so none of its trades may be missing."""
    first = int(offers[0].at) + 1
    stored = Counter[Key](map(tuple, desk.rows(STORED, provider, first)))
    own = [offer for offer in offers if offer.provider == provider and offer.at >= first]
    missing = [offer for offer in own if offer.key not in stored]
    breaks = [fault for fault in faults if fault.breaks and fault.provider == provider]
    recoverable = [offer for offer in missing if offer.was_sent or provider == "binance"]
    in_transit = [offer for offer in recoverable if provider == "yahoo" and _is_in_transit(offer.at, breaks)]
    return Fate(
        provider,
        offered=len(own),
        stored=sum(stored.values()),
        duplicates=sum(count - 1 for count in stored.values()),
        unknown=len(stored.keys() - {offer.key for offer in own}),
        lost=len(recoverable) - len(in_transit),
        in_transit=len(in_transit),
        not_sent=len(missing) - len(recoverable),
    )


def _is_in_transit(at: float, breaks: Sequence[Done]) -> bool:
    """Whether a frame sent at `at` may have been lost with a connection that broke then."""
    return any(-BREAKING <= fault.at - at <= (IN_TRANSIT if fault.resets else 0.0) for fault in breaks)


def minutes(desk: LiveDesk, market: Market, offers: Sequence[Offer], end: float) -> list[MinutesAccount]:
    """Compare minute bars with the trades, from the first whole minute to the last one before `end`."""
    first, last = -(-offers[0].at // MINUTE) * MINUTE, end // MINUTE * MINUTE
    bars = {(row[0], row[1]): row[2:] for row in desk.rows(BARS, first, last)}
    return [_compared(provider, market, offers, bars, first, last) for provider in PROVIDERS]


def _compared(
    provider: str,
    market: Market,
    offers: Sequence[Offer],
    bars: dict[tuple[str, int], tuple[float | str, ...]],
    first: float,
    last: float,
) -> MinutesAccount:
    symbols = {offer.symbol for offer in offers if offer.provider == provider}
    traded = {
        (symbol, minute): figures
        for symbol in symbols
        for minute, figures in market.tape(symbol).minutes.items()
        if first <= minute < last
    }
    found = {key: bars[key] for key in traded if key in bars}
    as_traded = sum(np.allclose(bar[:5], traded[key], rtol=1e-6, atol=0) for key, bar in found.items())
    by_history = sum(str(bar[5]).endswith("-history") for bar in found.values())
    return MinutesAccount(provider, len(traded), len(traded) - len(found), by_history, as_traded)


def recovered(
    desk: LiveDesk, offers: Sequence[Offer], faults: list[Done], seen: dict[str, list[State]]
) -> list[Recovery]:
    """The time to recover from each fault, by the log and by the stream."""
    offered = {offer.key: offer.at for offer in offers}
    before = offers[0].at
    logged: dict[str, list[tuple[float, float]]] = {provider: [] for provider in PROVIDERS}
    for taken, record in desk.records_since(before):
        if isinstance(record, Quote):
            # A quote polled before the first offer is older than every fault.
            at = offered.get((record.symbol, int(record.event_time.timestamp()), record.price), before)
            logged[record.source].append((at, taken))
    columns = {provider: np.array(pairs) for provider, pairs in logged.items()}
    return [
        Recovery(fault.kind, _first_taken(columns[fault.provider], fault.at), stream)
        for fault, stream in recoveries(faults, seen)
    ]


def _first_taken(pairs: np.ndarray, moment: float) -> float | None:
    """Seconds from `moment` until the log has a quote that was traded after it; None if it never has."""
    taken = pairs[pairs[:, 0] >= moment, 1]
    return float(taken.min() - moment) if len(taken) else None
