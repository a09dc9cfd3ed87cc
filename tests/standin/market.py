"""The stand-in's market: its instruments, its trades, and its time."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import numpy as np

from tests.standin.instrument import SAMPLE, Instrument
from tests.standin.walk import Bars, gathered, made, walked_minutes

DAY = 86_400
FIRST_TRADE_ID = 1_000_001
_LONGEST_CLOSURE = 14 * DAY


class Clock:
    """A time that stands still until a test moves it: `clock.now += timedelta(minutes=1)`."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now.timestamp()


class Trade(NamedTuple):
    """One live trade. `time` in epoch milliseconds; `trade_id` counts up by instrument."""

    trade_id: int
    time: int
    price: float
    size: float
    bid: float | None = None
    ask: float | None = None


class Day(NamedTuple):
    """The latest session so far: `time` is that of the last trade, in epoch seconds, `price` its price.

    `close` is the last price within the session, `volume` cumulative since `opens`, `previous_close` in the shares
    of this day.
    """

    opens: int
    closes: int
    time: float
    price: float
    open: float
    high: float
    low: float
    close: float
    volume: float
    previous_close: float


class Tape:
    """Every live trade of one instrument, and the minutes they make."""

    def __init__(self) -> None:
        self.times, self.prices, self.sizes = array("q"), array("d"), array("d")
        self.minutes: dict[int, tuple[float, float, float, float, float]] = {}
        self.begins: int | None = None
        self.day: Day | None = None

    def begin(self, time: int) -> None:
        """From the minute of this time on, in epoch milliseconds, nothing is walked any more."""
        minute = time // 60_000 * 60
        self.begins = minute if self.begins is None else min(self.begins, minute)

    def add(self, time: int, price: float, size: float) -> int:
        """Take in one trade; its number."""
        minute = time // 60_000 * 60
        first, high, low, _, volume = self.minutes.get(minute, (price, price, price, price, 0.0))
        self.minutes[minute] = (first, max(high, price), min(low, price), price, volume + size)
        self.times.append(time)
        self.prices.append(price)
        self.sizes.append(size)
        return FIRST_TRADE_ID + len(self.times) - 1

    def trade(self, index: int) -> Trade:
        """The trade at that place of the tape."""
        return Trade(FIRST_TRADE_ID + index, self.times[index], self.prices[index], self.sizes[index])

    def laid_over(self, bars: Bars) -> Bars:
        """`bars` with nothing but what was really traded since the first live trade."""
        if self.begins is None:
            return bars
        for row in np.flatnonzero(bars.start >= self.begins):
            traded = self.minutes.get(int(bars.start[row]), (np.nan,) * 5)
            for column, value in zip(bars[1:], traded, strict=True):
                column[row] = value
        return bars


class Market:
    """A deterministic market: the past is a random walk by `seed`, the present comes from calls of `trade`.

    `clock` gives the time in epoch seconds. From an instrument's first live trade on its history holds live trades
    alone, so that a stream and the history of the same minutes agree exactly.
    """

    def __init__(
        self, clock: Callable[[], float], instruments: Iterable[Instrument] = SAMPLE, seed: int = 7
    ) -> None:
        self.clock = clock
        self.instruments = {instrument.name: instrument for instrument in instruments}
        self.seed = seed
        self._tapes = {name: Tape() for name in self.instruments}
        self._past_days: dict[tuple[str, int], Bars] = {}

    def find(self, provider: str, name: str) -> Instrument | None:
        """The instrument that a provider knows by that name."""
        for instrument in self.instruments.values():
            if instrument.name_at(provider) == name:
                return instrument
        return None

    def tape(self, name: str) -> Tape:
        """The live trades of an instrument."""
        return self._tapes[name]

    def trade(self, name: str, price: float, size: float, time: datetime | None) -> tuple[Trade, Day]:
        """A trade happens at `time`, or now; it and the day it belongs to."""
        moment = self.clock() if time is None else time.timestamp()
        milliseconds, tape = round(moment * 1000), self._tapes[name]
        tape.begin(milliseconds)
        tape.day = day = self._day_of_trade(self.instruments[name], moment, price, size)
        return Trade(tape.add(milliseconds, price, size), milliseconds, float(price), float(size)), day

    def day(self, name: str) -> Day:
        """The latest session so far."""
        return self._tapes[name].day or self._walked_day(self.instruments[name], self.clock())

    def bars(self, name: str, seconds: int, start: float, end: float) -> Bars:
        """Bars of `seconds` that start in [start, end) and not after now, counted from the session's opening.

        A day's bar, of 86,400 seconds, starts with the session. Prices are those paid, never adjusted.
        """
        instrument, end = self.instruments[name], min(end, self.clock() + 1e-6)
        parts = [
            self._session(instrument, seconds, opens, closes)
            for opens, closes in self.sessions(instrument, start, end)
        ]
        if not parts:
            return made([np.empty(0, dtype=np.int64), *(np.empty(0) for _ in range(5))])
        joined = made([np.concatenate(columns) for columns in zip(*parts, strict=True)])
        return joined.where((joined.start >= start) & (joined.start < end))

    def sessions(self, instrument: Instrument, start: float, end: float) -> Iterator[tuple[int, int]]:
        """Openings and closings of the regular sessions that overlap [start, end), in time order."""
        moment, calendar = int(start), instrument.sessions
        while moment < end:
            found = calendar.at(moment)
            if found.day_end <= moment:
                moment += 1800
            elif found.day_start < end:
                yield found.day_start, found.day_end
                moment = found.day_end
            else:
                return

    def _session(self, instrument: Instrument, seconds: int, opens: int, closes: int) -> Bars:
        """All bars of one session, up to now; days that are over and were walked are kept."""
        key = (instrument.name, opens)
        begins = self._tapes[instrument.name].begins
        lasting = seconds >= DAY and closes <= self.clock() and (begins is None or closes <= begins)
        if lasting and key in self._past_days:
            return self._past_days[key]
        minutes = self._minutes(instrument, opens, closes)
        slots = opens + (minutes.start - opens) // seconds * seconds if seconds < DAY else None
        bars = gathered(minutes, np.full_like(minutes.start, opens) if slots is None else slots)
        if lasting:
            self._past_days[key] = bars
        return bars

    def _minutes(self, instrument: Instrument, opens: int, closes: int) -> Bars:
        """The minutes of one session that have begun."""
        minutes = walked_minutes(instrument, self.seed, opens, closes)
        begun = minutes.where(minutes.start <= self.clock())
        return self._tapes[instrument.name].laid_over(begun)

    def _walked_day(self, instrument: Instrument, moment: float) -> Day:
        """The latest session by `moment`, from its minutes."""
        *_, previous, (opens, closes) = self.sessions(instrument, moment - _LONGEST_CLOSURE, moment + 1e-6)
        before = self._session(instrument, DAY, *previous)
        bar = self._session(instrument, DAY, opens, closes)
        today = instrument.trading_date(opens)
        factor = instrument.split_factor(instrument.trading_date(previous[0]), today)
        open_, high, low, close, volume = (float(np.nan_to_num(column[0])) for column in bar[1:])
        time = float(min(int(moment), closes))
        previous_close = float(before.close[0]) / factor
        return Day(opens, closes, time, close, open_, high, low, close, volume, previous_close)

    def _day_of_trade(self, instrument: Instrument, moment: float, price: float, size: float) -> Day:
        """The day with this trade in it; outside the regular session it counts for the price alone."""
        found, day = instrument.sessions.at(int(moment)), self._tapes[instrument.name].day
        day = day or self._walked_day(instrument, moment)
        if found.name != "regular":
            return day._replace(time=moment, price=price)
        if day.opens != found.day_start:
            day = _next_day(instrument, day, found.day_start, found.day_end)
        return day._replace(
            time=moment,
            price=price,
            open=day.open or price,
            high=max(day.high, price),
            low=min(day.low or price, price),
            close=price,
            volume=day.volume + size,
        )


def _next_day(instrument: Instrument, day: Day, opens: int, closes: int) -> Day:
    """A session that has seen no trade yet: zeros, after `day`."""
    factor = instrument.split_factor(instrument.trading_date(day.opens), instrument.trading_date(opens))
    return Day(opens, closes, float(opens), 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, day.close / factor)
