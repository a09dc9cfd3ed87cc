"""Keeps the figures of the whole market at closed bars: breadth and betas.

They are a function of the stored bars and splits, never of the order in which those arrived. Whoever changes these
tables notes it in the same transaction (`db/migrations/0019_market_figures.sql`). Here the figures are brought up to
date where something was noted, a bounded number of bars at a time, in transactions that also delete the notes: after a
kill the rest is still noted. One process of all does it at a time.
"""

import time
from collections.abc import Callable, Sequence

from analytics.cross_section.closes import earliest_start, earliest_time
from analytics.cross_section.moves import (
    Benchmark,
    PricedBar,
    PricedSeries,
    breadth_change,
    moves_between,
    with_logarithms,
)
from analytics.cross_section.rolling_beta import REACH, earliest_needed
from analytics.store.cross_section_tables import Wanted, bars_around, bars_of, splits_of
from analytics.store.market_tables import (
    CALCULATING,
    KeptSettings,
    MarketChange,
    MoveSpan,
    add_to_breadth,
    changes,
    changes_of,
    is_anything_noted,
    keep,
    kept_settings,
    moves_of,
    note_other_symbols,
    replace_moves,
    replace_notes,
    stop_keeping,
)
from analytics.store.times import AFTER_ALL_BARS
from shared.market.records import Interval
from shared.observability.heartbeat import beat, long_step
from shared.postgres.database import Connection, Cursor, transaction
from shared.settings.analysis_settings import MarketFiguresSettings

PAUSE_SECONDS = 1.0
"""Between two looks for changes: the bars of a market close one after the other, and are calculated together."""
STEP_SECONDS = 0.05
"""How long a step takes; the rest follows in further steps."""
MAX_FRACTION, HISTORY_FRACTION = 0.1, 0.02
"""The largest fraction of the time that steps take; and while a history is read, which should end soon."""
FINISH_SECONDS = 5.0
"""The longest time that the end of the part waits for the figures; what is left stays noted."""
SYMBOLS_A_STEP, SYMBOLS_AT_ONCE = 500, 10
"""The most symbols of a step, and those that are read and written together."""
BARS_AT_ONCE, BENCHMARK_BARS_AT_ONCE = 100, 5_000
"""The most bars of a symbol that are calculated at once; of the benchmark there are more, because after each time all
others are outdated. No more of it are read for the others either."""
SETTINGS_SECONDS = 3600.0
"""Longest time that it may take to delete the figures of intervals that are no longer kept."""


class MarketKeeper:
    """Brings the figures up to date with these settings, between the commits of one process."""

    def __init__(self, settings: MarketFiguresSettings) -> None:
        self._intervals = settings.intervals
        self._kept = KeptSettings(settings.benchmark or None, settings.returns)
        self._is_prepared = False
        self._next = 0.0

    def update_due(self, connection: Connection, reads_history: bool) -> None:
        """Do a step, if one is due."""
        began = time.monotonic()
        if began < self._next:
            return
        has_more = self._step(connection, CALCULATING.take)
        now = time.monotonic()
        pause = (now - began) / (HISTORY_FRACTION if reads_history else MAX_FRACTION)
        self._next = now + (pause if has_more else max(pause, PAUSE_SECONDS))

    def update_all(self, connection: Connection) -> None:
        """Bring everything up to date, or as much as there is time for."""
        until = time.monotonic() + FINISH_SECONDS
        while self._step(connection, CALCULATING.wait) and time.monotonic() < until:
            beat()

    def _step(self, connection: Connection, lock: Callable[[Cursor], bool]) -> bool:
        """Calculate what is noted, or a part of it. Returns whether anything was noted."""
        if not self._is_prepared:
            with transaction(connection) as cursor:
                if not lock(cursor):
                    return False
                self._prepare(cursor)
            self._is_prepared = True
        if not self._intervals:
            return False
        with transaction(connection) as cursor:
            until = time.monotonic() + STEP_SECONDS
            return is_anything_noted(cursor) and lock(cursor) and self._calculate(cursor, until)

    def _prepare(self, cursor: Cursor) -> None:
        """Note everything that other settings calculated, and delete what is no longer kept."""
        stored = kept_settings(cursor)
        with long_step(SETTINGS_SECONDS):
            if dropped := sorted(stored.keys() - set(self._intervals)):
                stop_keeping(cursor, dropped)
            for interval in self._intervals:
                if stored.get(interval) != self._kept:
                    keep(cursor, interval, self._kept)

    def _calculate(self, cursor: Cursor, until: float) -> bool:
        """The benchmark is calculated first, because all others depend on it."""
        if self._kept.benchmark and (noted := changes_of(cursor, self._kept.benchmark)):
            note_other_symbols(cursor, noted[0])
            self._bring_up(cursor, noted, self._benchmark(cursor, noted), BENCHMARK_BARS_AT_ONCE)
            return True
        if not (noted := changes(cursor, SYMBOLS_A_STEP)):
            return False
        benchmark = self._benchmark(cursor, noted)
        if benchmark is not None:
            noted = [each for each in noted if earliest_time(each.interval, each.since) < benchmark.until]
        for first in range(0, len(noted), SYMBOLS_AT_ONCE):
            self._bring_up(cursor, noted[first : first + SYMBOLS_AT_ONCE], benchmark, BARS_AT_ONCE)
            if time.monotonic() >= until:
                break
        return True

    def _benchmark(self, cursor: Cursor, noted: Sequence[MarketChange]) -> Benchmark | None:
        """The closes of the benchmark that the figures of these symbols depend on; None if it has none."""
        interval, symbol = noted[0].interval, self._kept.benchmark
        if symbol is None:
            return None
        since = min(earliest_time(interval, change.since) for change in noted)
        start, before = earliest_start(interval, since), self._kept.returns * REACH
        bars = bars_around(cursor, interval, symbol, start, before, BENCHMARK_BARS_AT_ONCE)
        if not bars:
            return None
        splits = splits_of(cursor, [symbol]).get(symbol, ())
        until = _until(interval, bars, start, BENCHMARK_BARS_AT_ONCE)
        return Benchmark(symbol, with_logarithms(interval, PricedSeries(bars, splits)), until)

    def _bring_up(
        self, cursor: Cursor, noted: Sequence[MarketChange], benchmark: Benchmark | None, most: int
    ) -> None:
        """Replace the figures of some symbols from the times on that are noted, of at most so many bars of each."""
        interval = noted[0].interval
        series = self._series(cursor, noted, benchmark, most)
        spans = [_span(change, series[change.symbol].bars, benchmark, most) for change in noted]
        before = moves_of(cursor, interval, spans)
        after = {
            symbol: moves_between(interval, series[symbol], benchmark, self._kept.returns, since, until)
            for symbol, since, until in spans
        }
        replace_moves(cursor, interval, before, after)
        add_to_breadth(cursor, interval, breadth_change(before.values(), after.values()))
        rest = {symbol: until for symbol, _, until in spans if until < AFTER_ALL_BARS}
        replace_notes(cursor, noted, rest)

    def _series(
        self, cursor: Cursor, noted: Sequence[MarketChange], benchmark: Benchmark | None, most: int
    ) -> dict[str, PricedSeries]:
        """The bars of some symbols: at most so many from the times on that are noted, and those that their figures
        depend on."""
        wanted = []
        for interval, symbol, changed_from, _ in noted:
            since = earliest_time(interval, changed_from)
            earliest = earliest_needed(benchmark.closes, self._kept.returns, since) if benchmark else since
            wanted.append(Wanted(symbol, earliest_start(interval, earliest), earliest_start(interval, since)))
        bars = bars_of(cursor, noted[0].interval, wanted, most)
        splits = splits_of(cursor, [change.symbol for change in noted])
        return {symbol: PricedSeries(bars.get(symbol, ()), splits.get(symbol, ())) for symbol, _, _ in wanted}


def _span(
    change: MarketChange, bars: Sequence[PricedBar], benchmark: Benchmark | None, most: int
) -> MoveSpan:
    """The times from the change on for which all bars were read, those of the benchmark too."""
    since = earliest_time(change.interval, change.since)
    until = _until(change.interval, bars, earliest_start(change.interval, since), most)
    return MoveSpan(change.symbol, since, until if benchmark is None else min(until, benchmark.until))


def _until(interval: Interval, bars: Sequence[PricedBar], start: int, most: int) -> int:
    """The time before which these are all bars that start at `start` or later, of which up to `most` were read."""
    is_all = len([bar for bar in bars if bar.start >= start]) < most
    return AFTER_ALL_BARS if is_all else earliest_time(interval, bars[-1].start)
