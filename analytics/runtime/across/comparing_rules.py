"""Evaluates the rules that compare symbols, a step between two commits of the analytics part.

One process of all does it at a time. Alerts are written in the transaction that stores how far each rule was evaluated,
so that a kill at any place changes nothing. Without such a rule, or after the last one was evaluated to its end,
nothing is asked of the database.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from analytics.alerts.across.rule_spans import (
    RuleInterval,
    RuleSpan,
    concerned_symbols,
    is_over,
    planned_runs,
    spans_of,
)
from analytics.runtime.across.run_evaluator import RunEvaluator
from analytics.runtime.across.stalled_symbols import Ends, StalledSymbols, lags_of_rules
from analytics.runtime.across.written_times import TimesWriter
from analytics.runtime.partition import Partition
from analytics.store.across.given_up import stored_gaps
from analytics.store.across.rule_places import number_of_changes, stored_changes, stored_places
from analytics.store.across.rule_runs import EVALUATION, progress_of_runs
from analytics.store.across.symbol_times import times_of_symbols
from shared.observability.heartbeat import beat
from shared.postgres.database import Connection, Cursor, transaction
from shared.progress.offsets import GroupOnTopic

PAUSE_SECONDS = 1.0
"""Between two looks: the bars of many symbols close one after the other, and are evaluated together."""
STEP_SECONDS, MAX_FRACTION = 0.05, 0.1
"""How long a step takes, and the largest fraction of the time that steps take."""
FINISH_SECONDS = 5.0
"""The longest time that the end of the part waits; what is left is evaluated after the next start."""


class ComparingRules:
    """The rules that compare symbols, for the partitions of one process.

    A symbol that stays more than `wait_seconds` of event time behind is no longer waited for. `ends` are those of
    the log. With `delivers`, alerts are stored in the outbox too.
    """

    def __init__(
        self,
        reading: GroupOnTopic,
        partitions: Mapping[int, Partition],
        wait_seconds: float,
        ends: Ends,
        delivers: bool,
    ) -> None:
        self._delivers = delivers
        self._times = TimesWriter(reading, partitions)
        self._stalled = StalledSymbols(reading, wait_seconds, ends)
        self._evaluator = RunEvaluator()
        self._changes = 0
        self._spans: list[RuleSpan] = []
        self._places: dict[RuleInterval, float] = {}
        self._unfinished: list[RuleSpan] = []
        self._is_outdated = True
        self._next = 0.0

    def note_changes(self) -> None:
        """A rule was changed: it may be one that compares symbols."""
        self._is_outdated = True

    def evaluate_due(self, connection: Connection) -> None:
        """Do a step, if one is due."""
        began = time.monotonic()
        if began < self._next or not (self._unfinished or self._is_outdated):
            return
        has_more = self._step(connection, EVALUATION.take)
        now = time.monotonic()
        pause = (now - began) / MAX_FRACTION
        self._next = now + (pause if has_more else max(pause, PAUSE_SECONDS))

    def evaluate_all(self, connection: Connection) -> None:
        """Evaluate as far as possible, or as far as there is time for."""
        until = time.monotonic() + FINISH_SECONDS
        while (self._unfinished or self._is_outdated) and time.monotonic() < until:
            if not self._step(connection, EVALUATION.wait):
                return
            beat()

    def _step(self, connection: Connection, lock: Callable[[Cursor], bool]) -> bool:
        """Evaluate what can be evaluated, or a part of it. Returns whether there is more."""
        with transaction(connection) as cursor:
            self._read_rules(cursor)
        if not self._unfinished:
            return False
        self._times.write(connection, concerned_symbols(self._unfinished))
        with transaction(connection) as cursor:
            return lock(cursor) and self._evaluate(cursor, time.monotonic() + STEP_SECONDS)

    def _read_rules(self, cursor: Cursor) -> None:
        changes = number_of_changes(cursor)
        if self._is_outdated or changes != self._changes:
            self._spans, self._places = spans_of(stored_changes(cursor)), stored_places(cursor)
            self._unfinished = self._spans
        self._is_outdated, self._changes = False, changes

    def _evaluate(self, cursor: Cursor, until: float) -> bool:
        """The times are read first: what is read after them belongs to them or is later, and changes no bar before."""
        times = times_of_symbols(cursor)
        self._read_rules(cursor)
        partitions = {symbol: time.partition for symbol, time in times.items()}
        planned = list(planned_runs(self._unfinished, self._places, partitions))
        self._stalled.decide(cursor, lags_of_rules(cursor, planned, times), times, stored_gaps(cursor))
        now = datetime.now(UTC) if self._delivers else None
        has_more = self._evaluator.evaluate(cursor, planned, times, stored_gaps(cursor), until, now)
        finished = {key for key, progress in progress_of_runs(cursor).items() if progress.is_finished}
        self._unfinished = [span for span in self._spans if not is_over(span, self._places, finished)]
        return has_more
