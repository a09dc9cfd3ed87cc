"""Groups the alerts of a rule that fired for many symbols at the end of the same bars.

Alerts are written when their bars close, before it is known how many others fire. They are grouped as soon as every
symbol has closed its bars up to there, and everything was read that the log held when many of them were first seen:
then no more symbols follow, in whatever order the partitions are read. While no rule has fired for many symbols, it
costs one look at the newest alerts a second.
"""

import time
from collections.abc import Iterable, Mapping
from math import inf

from analytics.alerts.evaluation.rule_book import rule_of
from analytics.alerts.language.syntax import NoData
from analytics.alerts.language.values_read import compared_symbols
from analytics.engine.events import Event
from analytics.runtime.across.stalled_symbols import SURE_SECONDS, Ends, Lag, StalledSymbols
from analytics.runtime.across.written_times import TimesWriter
from analytics.runtime.partition import Partition
from analytics.store.across.given_up import Gaps, SymbolPair, stored_gaps
from analytics.store.across.rule_runs import EVALUATION
from analytics.store.across.storm_tables import (
    Storm,
    StormCandidate,
    storm_candidates,
    storm_of,
    storms_evaluated_until,
    write_storms,
)
from analytics.store.across.symbol_times import SymbolTime, is_any_calculated_again, times_of_symbols
from shared.observability.heartbeat import beat
from shared.postgres.database import Connection, Cursor, transaction
from shared.progress.offsets import GroupOnTopic, all_reached
from shared.settings.analysis_settings import AcrossSettings

PAUSE_SECONDS = 1.0
"""Between two looks."""
PAUSES_A_LOOK = 20.0
"""The pause is at least so many times as long as the look before it: while a history is read, the alerts that are not
decided pile up, and each look goes through all of them."""
GROUPED_AT_ONCE = 200
"""Candidates that are decided in one look, with all others at the end of the last one's bars."""
FINISH_SECONDS = 5.0
"""The longest time that the end of the part waits; what is left is grouped after the next start."""
FINISH_PAUSE = 0.1
EVERY_RULE = ""
"""Stands for the symbol at whose bars a rule is evaluated, in decisions about symbols that all others wait for."""


class Storms:
    """Groups alerts, for the partitions of one process; `ends` are those of the log."""

    def __init__(
        self,
        reading: GroupOnTopic,
        partitions: Mapping[int, Partition],
        settings: AcrossSettings,
        ends: Ends,
    ) -> None:
        self._reading, self._partitions, self._settings = reading, partitions, settings
        self._ends = ends
        self._times = TimesWriter(reading, partitions)
        self._stalled = StalledSymbols(reading, settings.wait_seconds, ends)
        self._to_read: Mapping[int, int] | None = None
        self._read_at: float | None = None
        self._is_due = True
        self._next = 0.0

    def note(self, events: Iterable[Event]) -> None:
        """These bars are being stored, with their alerts."""
        self._is_due = self._is_due or any(event.closed.alerts or event.closed.fired for event in events)

    def group_due(self, connection: Connection) -> None:
        """Look for alerts to group, if it is time to."""
        began = time.monotonic()
        if self._is_due and began >= self._next:
            self._step(connection)
            ended = time.monotonic()
            self._next = ended + max(PAUSE_SECONDS, PAUSES_A_LOOK * (ended - began))

    def group_all(self, connection: Connection) -> None:
        """Group what can be grouped, or as much as there is time for."""
        until = time.monotonic() + FINISH_SECONDS
        while self._is_due and self._step(connection) and time.monotonic() < until:
            beat()
            time.sleep(FINISH_PAUSE)

    def _step(self, connection: Connection) -> bool:
        """Group what can be grouped now. Returns whether more follows without further records."""
        with transaction(connection) as cursor:
            candidates = storm_candidates(cursor, self._settings.storm_symbols)
        self._is_due = bool(candidates)
        if not candidates:
            self._to_read = self._read_at = None
            return False
        self._times.write(connection, None)
        with transaction(connection) as cursor:
            return EVALUATION.take(cursor) and self._group(cursor, candidates[0].end)

    def _group(self, cursor: Cursor, first: int) -> bool:
        """Group alerts, the oldest ones those at bars that ended at `first`, epoch seconds."""
        if is_any_calculated_again(cursor):
            return False
        times = times_of_symbols(cursor)
        evaluated_until = storms_evaluated_until(cursor)
        self._stalled.decide(cursor, _lags(times, evaluated_until), times, stored_gaps(cursor))
        gaps = stored_gaps(cursor)
        until = min((times[symbol].closed_until for symbol in times if _counts(symbol, inf, gaps)), default=0)
        if first > until:
            return False
        if not self._has_read(cursor):
            return self._read_at is not None
        self._to_read = self._read_at = None
        return self._write(cursor, until, times, gaps)

    def _write(self, cursor: Cursor, until: int, times: Mapping[str, SymbolTime], gaps: Gaps) -> bool:
        """Group alerts at bars that ended by `until`, epoch seconds. Returns whether there are more of these."""
        found = [each for each in storm_candidates(cursor, self._settings.storm_symbols) if each.end <= until]
        if not found:
            return False
        last = found[:GROUPED_AT_ONCE][-1].end
        storms = [
            storm_of(cursor, each, [symbol for symbol in times if _counts(symbol, each.end, gaps)])
            for each in found
            if each.end <= last and _is_of_all(each)
        ]
        write_storms(cursor, [storm for storm in storms if self._is_storm(storm)], last)
        return last < found[-1].end

    def _has_read(self, cursor: Cursor) -> bool:
        """Whether everything was read that the log held at the first look, and the times of its symbols are stored."""
        if self._to_read is None:
            self._to_read = self._ends()
        if self._read_at is None:
            reached = {
                partition: at.next_offset for partition, at in all_reached(cursor, self._reading).items()
            }
            if any(reached.get(partition, 0) < end for partition, end in self._to_read.items()):
                return False
            self._read_at = time.monotonic()
        is_alone = self._to_read.keys() <= self._partitions.keys()
        return is_alone or time.monotonic() - self._read_at >= SURE_SECONDS

    def _is_storm(self, storm: Storm) -> bool:
        least, fraction = self._settings.storm_symbols, self._settings.storm_share
        return len(storm.members) >= max(least, fraction * storm.symbols)


def _lags(times: Mapping[str, SymbolTime], evaluated_until: int) -> dict[SymbolPair, Lag]:
    front = max((time.closed_until for time in times.values()), default=0)
    return {
        SymbolPair(EVERY_RULE, symbol): Lag(front - time.closed_until, evaluated_until)
        for symbol, time in times.items()
    }


def _counts(symbol: str, end: float, gaps: Gaps) -> bool:
    """Whether all others wait for a symbol at bars that end then, epoch seconds."""
    return not any(gap.has(end) for gap in gaps.get(SymbolPair(EVERY_RULE, symbol), ()))


def _is_of_all(candidate: StormCandidate) -> bool:
    """Whether a rule names no symbol, and fires at the end of bars."""
    if candidate.text is None:
        return True
    rule = rule_of(candidate.text)
    return (
        rule is not None
        and rule.scope.kind != "symbols"
        and not compared_symbols(rule)
        and not isinstance(rule.condition, NoData)
    )
