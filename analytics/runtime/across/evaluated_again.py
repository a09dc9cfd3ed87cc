"""Evaluates rules that compare symbols again, after the log was folded again, as far as they were evaluated before."""

from collections.abc import Mapping, Sequence
from math import inf
from typing import NamedTuple

from analytics.alerts.across.rule_spans import (
    PlannedRun,
    RuleInterval,
    RunKey,
    StoredChange,
    planned_runs,
    spans_of,
)
from analytics.engine.armed_rules import AppliedChange
from analytics.engine.symbol_state import SymbolState
from analytics.runtime.across.run_evaluator import RunEvaluator
from analytics.runtime.across.written_times import splits_of_series
from analytics.store.across.given_up import Gaps, stored_gaps
from analytics.store.across.rule_runs import progress_of_runs
from analytics.store.across.symbol_times import SplitPlace, SymbolTime, write_split_places
from analytics.store.comparison.compared_tables import Period
from analytics.store.times import AFTER_ALL_BARS
from shared.postgres.database import Cursor


class StoredEvaluations(NamedTuple):
    """Until which end of a bar each run was evaluated, in epoch seconds, and what was decided about stalled symbols."""

    evaluated_until: Mapping[RunKey, int]
    gaps: Gaps


def stored_evaluations(cursor: Cursor) -> StoredEvaluations:
    """Read what is stored now."""
    progress = progress_of_runs(cursor)
    return StoredEvaluations({key: run.evaluated_until for key, run in progress.items()}, stored_gaps(cursor))


class EvaluatedAgain:
    """The changes of rules, symbols and splits that the log gave, of all partitions."""

    def __init__(self, stored: StoredEvaluations) -> None:
        self._stored = stored
        self._changes: list[StoredChange] = []
        self._places: dict[RuleInterval, float] = {}
        self._times: dict[str, SymbolTime] = {}
        self._splits: list[SplitPlace] = []

    def note_changes(self, partition: int, changes: Sequence[AppliedChange]) -> None:
        """These changes were found in a partition, in order."""
        for _, change, places in changes:
            self._changes.append(StoredChange(change.rule_id, change.version, partition, change.text))
            for symbol, interval, after in places:
                self._places.setdefault((change.rule_id, change.version, symbol, interval), after)

    def note_symbols(self, partition: int, symbols: Mapping[str, SymbolState]) -> None:
        """These symbols are in a partition, which was folded to its end."""
        for symbol, state in symbols.items():
            self._times[symbol] = SymbolTime(partition, state.exchange, AFTER_ALL_BARS)
            self._splits += splits_of_series(state)

    def evaluate(self, cursor: Cursor, period: Period) -> None:
        """Write the alerts at the bars of a period, to the tables that `cursor` means by their names. The bars are
        those that are stored."""
        planned = self._planned()
        if not planned:
            return
        write_split_places(cursor, self._splits)
        evaluator = RunEvaluator("public.bars", period.has)
        while evaluator.evaluate(cursor, planned, self._times, self._stored.gaps, inf, None):
            continue

    def _planned(self) -> list[PlannedRun]:
        partitions = {symbol: time.partition for symbol, time in self._times.items()}
        runs = planned_runs(spans_of(self._changes), self._places, partitions)
        evaluated_until = self._stored.evaluated_until
        return [run._replace(stop=evaluated_until[run.key]) for run in runs if run.key in evaluated_until]
