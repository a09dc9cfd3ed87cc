"""Judges rules that compare symbols again, after the log was folded again, as far as they were judged before."""

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
from analytics.runtime.across.judging import Judging
from analytics.runtime.across.written_times import splits_of_series
from analytics.store.across.given_up import Gaps, stored_gaps
from analytics.store.across.rule_runs import progress_of_runs
from analytics.store.across.symbol_times import SplitPlace, SymbolTime, write_split_places
from analytics.store.comparison.compared_tables import Period
from analytics.store.times import AFTER_ALL_BARS
from shared.postgres.database import Cursor


class StoredJudging(NamedTuple):
    """Until which end of a bar each run was judged, in epoch seconds, and what was decided about stalled symbols."""

    judged_until: Mapping[RunKey, int]
    gaps: Gaps


def stored_judging(cursor: Cursor) -> StoredJudging:
    """Read what is stored now."""
    progress = progress_of_runs(cursor)
    return StoredJudging({key: run.judged_until for key, run in progress.items()}, stored_gaps(cursor))


class JudgedAgain:
    """The changes of rules, symbols and splits that the log gave, of all partitions."""

    def __init__(self, stored: StoredJudging) -> None:
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

    def judge(self, cursor: Cursor, period: Period) -> None:
        """Write the alerts at the bars of a period, to the tables that `cursor` means by their names. The bars are
        those that are stored."""
        planned = self._planned()
        if not planned:
            return
        write_split_places(cursor, self._splits)
        judging = Judging("public.bars", period.has)
        while judging.judge(cursor, planned, self._times, self._stored.gaps, inf, None):
            continue

    def _planned(self) -> list[PlannedRun]:
        partitions = {symbol: time.partition for symbol, time in self._times.items()}
        runs = planned_runs(spans_of(self._changes), self._places, partitions)
        judged_until = self._stored.judged_until
        return [run._replace(stop=judged_until[run.key]) for run in runs if run.key in judged_until]
