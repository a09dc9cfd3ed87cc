"""The past of a pair: its days, quarter-hours and minutes, as they were, in one sequence."""

import heapq
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import msgspec

from producer.http import Params
from producer.sources.binance.trades import Milliseconds
from producer.sources.piecewise import LeftOut, understood_rows
from producer.sources.provider import HistorySlice
from shared.errors import Unanswered
from shared.market import EPOCH, INTERVAL_SECONDS, Amount, RecordedBar, RecordedInterval

SOURCE = "binance-history"
DAYS: dict[RecordedInterval, int] = {"1d": 730, "15m": 60, "1m": 7}
"""How far back, from the midnight before: hours are made of whole quarter-hours only then."""
BARS_A_REQUEST = 1000

log = logging.getLogger("tickstream.producer")

Ask = Callable[[str, Params], Any]


class Kline(msgspec.Struct, array_like=True):
    """A bar as it comes, a row without names: the rest of the row is left alone. Times in milliseconds UTC."""

    opens_at: Milliseconds
    open: float
    high: float
    low: float
    close: float
    volume: Amount
    closes_at: object
    quote_volume: object
    trades: int


class History:
    """Every finished bar of a pair that starts later than `after`. `ask` gives the answer to a request.

    Raises what `ask` does, and Unanswered where an answer is unreadable.
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
        self._total = max(1, sum(self._requests(interval) for interval in DAYS))

    def slices(self) -> Iterator[HistorySlice]:
        """The bars in order of their starts, longer ones first."""
        each = (self._bars(interval) for interval in DAYS)
        bars = heapq.merge(*each, key=lambda bar: (bar.start, -INTERVAL_SECONDS[bar.interval]))
        while records := list(islice(bars, BARS_A_REQUEST)):
            yield HistorySlice([*records], self._done, self._total)
        yield HistorySlice([], self._total, self._total)

    def _requests(self, interval: RecordedInterval) -> int:
        """How many requests an interval takes at most."""
        bars = (_milliseconds(self._now) - self._starts[interval]) // (1000 * INTERVAL_SECONDS[interval])
        return max(0, -(-bars // BARS_A_REQUEST))

    def _bars(self, interval: RecordedInterval) -> Iterator[RecordedBar]:
        length = 1000 * INTERVAL_SECONDS[interval]
        start, now, rows = self._starts[interval], _milliseconds(self._now), BARS_A_REQUEST
        left_out = LeftOut()
        while rows == BARS_A_REQUEST and start + length <= now:
            klines, rows = self._page(interval, start)
            finished = (kline for kline in klines if kline.opens_at + length <= now)
            # Where nobody traded, a row repeats the last price: it was not paid in that time.
            traded = (self._bar(interval, kline, left_out) for kline in finished if kline.trades > 0)
            yield from (bar for bar in traded if bar is not None)
            start = klines[-1].opens_at + length if klines else start
        left_out.warn(log, f"Binance's {interval} bars of {self._name}")

    def _page(self, interval: RecordedInterval, start: int) -> tuple[list[Kline], int]:
        """Of at most a thousand bars that start at `start` or later, rising, those that can be understood, and how many
        there were.
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
        klines = understood_rows(answer, Kline, f"Binance's {interval} bars of {self._name}")
        times = [start - 1, *(kline.opens_at for kline in klines)]
        if any(earlier >= later for earlier, later in pairwise(times)):
            raise Unanswered(f"Binance's bars of {self._name} are out of order.")
        return klines, len(answer)

    def _bar(self, interval: RecordedInterval, kline: Kline, left_out: LeftOut) -> RecordedBar | None:
        """The bar; None where it can't be true."""
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
            left_out.note(f"the bar at {kline.opens_at}: {error}")
            return None


def _milliseconds(time: datetime) -> int:
    return (time - EPOCH) // timedelta(milliseconds=1)
