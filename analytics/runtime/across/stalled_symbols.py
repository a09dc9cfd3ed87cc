"""Decides which symbols rules no longer wait for, because they stay behind the one at whose bars these are evaluated.

How far behind is measured in event time. A partition that is not read to its end yet only looks as if its symbols had
stalled: what the log held when this was noticed is read first.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from typing import NamedTuple

from analytics.alerts.across.rule_spans import PlannedRun
from analytics.runtime.across.run_evaluator import is_given_up
from analytics.store.across.given_up import Gaps, SymbolPair, give_up, take_back
from analytics.store.across.rule_runs import NOT_EVALUATED, progress_of_runs
from analytics.store.across.symbol_times import SymbolTime
from shared.postgres.database import Cursor
from shared.progress.offsets import GroupOnTopic, all_reached

SURE_SECONDS = 2.5
"""After the log was read so far, the times of its symbols are stored within this time."""

Ends = Callable[[], Mapping[int, int]]
"""The end of each partition of the log, as the offset of the next message."""


class Lag(NamedTuple):
    """By how many seconds of event time a symbol is behind, and until which end of a bar it was evaluated without
    it."""

    seconds: float
    evaluated_until: int


class Suspicion(NamedTuple):
    """A symbol seems to have stalled; `end` is the end of its partition when that was noticed, and `read_at` when the
    partition was read so far, by the monotonic clock."""

    end: int
    read_at: float | None = None


class StalledSymbols:
    """The decisions of one process. Rules wait for a symbol that is behind by up to `wait_seconds` of event time."""

    def __init__(self, reading: GroupOnTopic, wait_seconds: float, ends: Ends) -> None:
        self._reading, self._wait_seconds, self._ends = reading, wait_seconds, ends
        self._suspected: dict[SymbolPair, Suspicion] = {}

    def decide(
        self,
        cursor: Cursor,
        lags: Mapping[SymbolPair, Lag],
        times: Mapping[str, SymbolTime],
        gaps: Gaps,
    ) -> None:
        """Give up symbols that have stalled, and wait again for those that are back."""
        given_up = {pair for pair in lags if is_given_up(pair, gaps)}
        back = {
            pair: lags[pair].evaluated_until for pair in given_up if lags[pair].seconds <= self._wait_seconds
        }
        behind = {pair for pair in lags.keys() - given_up if lags[pair].seconds > self._wait_seconds}
        stalled = {pair: times[pair.symbol].closed_until for pair in self._surely(cursor, behind, times)}
        give_up(cursor, stalled)
        take_back(cursor, back)

    def _surely(
        self, cursor: Cursor, behind: Set[SymbolPair], times: Mapping[str, SymbolTime]
    ) -> Iterator[SymbolPair]:
        """Those of which everything was read that the log held when they were first seen to be behind."""
        self._suspected = {pair: since for pair, since in self._suspected.items() if pair in behind}
        if new := behind - self._suspected.keys():
            ends = self._ends()
            self._suspected |= {pair: Suspicion(ends.get(times[pair.symbol].partition, 0)) for pair in new}
        reached, now = all_reached(cursor, self._reading) if behind else {}, time.monotonic()
        for pair, (end, read_at) in self._suspected.items():
            at = reached.get(times[pair.symbol].partition)
            if read_at is None and at is not None and at.next_offset >= end:
                self._suspected[pair] = Suspicion(end, now)
            elif read_at is not None and now - read_at >= SURE_SECONDS:
                yield pair


def lags_of_rules(
    cursor: Cursor, planned: Iterable[PlannedRun], times: Mapping[str, SymbolTime]
) -> dict[SymbolPair, Lag]:
    """How far the symbols that rules read are behind those at whose bars these are evaluated."""
    progress, found = progress_of_runs(cursor), dict[SymbolPair, Lag]()
    for run in planned:
        reached = progress.get(run.key, NOT_EVALUATED)
        for symbol in run.named:
            if symbol in times and not reached.is_finished:
                pair = SymbolPair(run.symbol, symbol)
                seconds = times[run.symbol].closed_until - times[symbol].closed_until
                evaluated_until = max(
                    found[pair].evaluated_until if pair in found else 0, reached.evaluated_until
                )
                found[pair] = Lag(seconds, evaluated_until)
    return found
