"""The history of a pair: bars of days, quarter-hours and minutes, in one sequence."""

import heapq
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from producer.sources.answers import HistorySlice, Skipped
from producer.sources.binance.trades import Milliseconds
from producer.sources.mixed_units import MixedUnitDetector, mixed_unit_doubts
from producer.sources.piecewise import log_skipped, parsed_rows, rising
from producer.transport.http import Params
from shared.errors import Unanswered
from shared.market.records import EPOCH, INTERVAL_SECONDS, Amount, RecordedBar, RecordedInterval

SOURCE = "binance-history"
DAYS: dict[RecordedInterval, int] = {"1d": 730, "15m": 60, "1m": 7}
"""Days before the last midnight, so that hourly bars are built from complete quarter-hours."""
BARS_A_REQUEST = 1000

log = logging.getLogger("tickstream.producer")

Ask = Callable[[str, Params], Any]


class Kline(msgspec.Struct, array_like=True):
    """A bar as received, a row without names; the rest of the row is ignored. Times in milliseconds UTC."""

    opens_at: Milliseconds
    open: float
    high: float
    low: float
    close: float
    volume: Amount
    closes_at: object
    quote_volume: object
    trades: int


class BinanceHistory:
    """All finished bars of a pair that start after `after`. `ask` sends a request and returns the response.

    Raises the errors of `ask`, and Unanswered if a response is unreadable.
    """

    def __init__(self, ask: Ask, name: str, after: datetime | None, now: datetime) -> None:
        self._ask, self._name, self._now = ask, name, now
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        later = _milliseconds(after) + 1 if after else 0
        self._starts = {
            interval: max(later, _milliseconds(midnight - timedelta(days=days)))
            for interval, days in DAYS.items()
        }
        self._done = 0
        self._skipped = Skipped()
        self._mixed = 0
        self._total = max(1, sum(self._requests(interval) for interval in DAYS))

    def slices(self) -> Iterator[HistorySlice]:
        """The bars in order of their starts, longer ones first."""
        each = (self._bars(interval) for interval in DAYS)
        bars = heapq.merge(*each, key=lambda bar: (bar.start, -INTERVAL_SECONDS[bar.interval]))
        while records := list(islice(bars, BARS_A_REQUEST)):
            yield HistorySlice([*records], self._done, self._total)
        yield HistorySlice([], self._total, self._total, mixed_unit_doubts(self._mixed), self._skipped)

    def _requests(self, interval: RecordedInterval) -> int:
        """The maximum number of requests for an interval."""
        bars = (_milliseconds(self._now) - self._starts[interval]) // (1000 * INTERVAL_SECONDS[interval])
        return max(0, -(-bars // BARS_A_REQUEST))

    def _bars(self, interval: RecordedInterval) -> Iterator[RecordedBar]:
        length = 1000 * INTERVAL_SECONDS[interval]
        start, now, rows = self._starts[interval], _milliseconds(self._now), BARS_A_REQUEST
        skipped, detector = Skipped(), MixedUnitDetector()
        while rows == BARS_A_REQUEST and start + length <= now:
            klines, rows = self._page(interval, start, skipped)
            finished = (kline for kline in klines if kline.opens_at + length <= now)
            # Without trades, a row repeats the last price, which was not traded in that time.
            traded = (
                self._bar(interval, kline, skipped)
                for kline in finished
                if kline.trades > 0 and not self._has_mixed_units(kline, detector)
            )
            yield from (bar for bar in traded if bar is not None)
            start = klines[-1].opens_at + length if klines else start
        log_skipped(skipped, log, f"Binance's {interval} bars of {self._name}")
        self._skipped.add(skipped)

    def _has_mixed_units(self, kline: Kline, detector: MixedUnitDetector) -> bool:
        has_mixed_units = detector.has_mixed_units(kline.open, kline.high, kline.low, kline.close)
        self._mixed += has_mixed_units
        return has_mixed_units

    def _page(self, interval: RecordedInterval, start: int, skipped: Skipped) -> tuple[list[Kline], int]:
        """Request up to a thousand bars from `start` on: the valid ones in order, and the number of rows received.

        Raises Unanswered if there are rows but no valid bar.
        """
        params: Params = {
            "symbol": self._name.upper(),
            "interval": interval,
            "startTime": start,
            "endTime": _milliseconds(self._now),
            "limit": BARS_A_REQUEST,
        }
        answer = self._ask("/api/v3/klines", params)
        self._done += 1
        subject = f"Binance's {interval} bars of {self._name}"
        parsed = parsed_rows(answer, Kline, subject, skipped)
        klines = rising(parsed, lambda kline: kline.opens_at, start - 1, skipped)
        if answer and not klines:
            raise Unanswered(f"{subject} are not those requested: {skipped.reason}.")
        return klines, len(answer)

    def _bar(self, interval: RecordedInterval, kline: Kline, skipped: Skipped) -> RecordedBar | None:
        """The bar; None if it is invalid."""
        try:
            return RecordedBar(
                symbol=self._name,
                interval=interval,
                start=EPOCH + timedelta(milliseconds=kline.opens_at),
                open=kline.open,
                high=kline.high,
                low=kline.low,
                close=kline.close,
                volume=kline.volume,
                source=SOURCE,
                position=0,
                received_time=self._now,
            )
        except ValueError as error:
            skipped.note(f"the bar at {kline.opens_at}: {error}")
            return None


def _milliseconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)
