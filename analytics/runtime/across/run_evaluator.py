"""Evaluates rules that compare symbols over the stored bars, behind the slowest of the symbols that each concerns.

What a rule reads at a bar is the last bar of each other symbol that had ended by then. So each rule may be evaluated at
a bar as soon as every symbol that it concerns has closed its bars up to there, and the result does not depend on when
that was, or in which order the partitions were read.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby, islice
from math import inf
from typing import NamedTuple

from analytics.alerts.across.compared_run import ComparedRun, Gap
from analytics.alerts.across.other_symbols import NextBars
from analytics.alerts.across.rule_spans import PlannedRun, RunKey
from analytics.alerts.evaluation.series_rules import RuleEvaluation
from analytics.engine.series import context_of
from analytics.store.across.given_up import Gaps, SymbolPair
from analytics.store.across.rule_runs import (
    NOT_EVALUATED,
    EvaluatedRun,
    FiredRule,
    RunProgress,
    progress_of_runs,
    save_runs,
    state_of_run,
    write_fired,
)
from analytics.store.across.symbol_times import BarsWanted, BarTable, SymbolTime, bars_between, split_places
from shared.calendars.calendars import calendar_of
from shared.market.records import Bar, Interval
from shared.observability.heartbeat import beat
from shared.postgres.database import Cursor

RUNS_AT_ONCE, BARS_AT_ONCE = 50, 1_000
"""The most runs whose bars are read together, and the most bars of each."""

Wanted = Callable[[Bar], bool]
"""Whether alerts at a bar are to be written."""


class DueRun(NamedTuple):
    """A run that can be evaluated at the bars that end by `limit`, epoch seconds."""

    planned: PlannedRun
    progress: RunProgress
    limit: int

    @property
    def is_last(self) -> bool:
        """Whether no bar after the limit counts."""
        return self.limit >= self.planned.stop


class RunEvaluator:
    """The runs that are evaluated, as far as this process knows them. `table` has the bars."""

    def __init__(self, table: BarTable = "bars", writes: Wanted = lambda _: True) -> None:
        self._table, self._writes = table, writes
        self._runs: dict[RunKey, tuple[ComparedRun, int]] = {}
        self._evaluated: dict[RunKey, tuple[RunProgress, int]] = {}

    def evaluate(
        self,
        cursor: Cursor,
        planned: Sequence[PlannedRun],
        times: Mapping[str, SymbolTime],
        gaps: Gaps,
        until: float,
        now: datetime | None,
    ) -> bool:
        """Evaluate these runs as far as possible, until about this time of the monotonic clock. Alerts count as
        published `now`, None for recalculated ones. Returns whether more can be evaluated."""
        due = sorted(self._due(progress_of_runs(cursor), planned, times, gaps), key=_interval)
        has_more = False
        for interval, found in groupby(due, _interval):
            while slice_ := list(islice(found, RUNS_AT_ONCE)):
                beat()
                has_more |= self._evaluate_slice(cursor, interval, slice_, times, gaps, now)
                if time.monotonic() >= until:
                    return True
        return has_more

    def _due(
        self,
        progress: Mapping[RunKey, RunProgress],
        planned: Sequence[PlannedRun],
        times: Mapping[str, SymbolTime],
        gaps: Gaps,
    ) -> Iterator[DueRun]:
        for run in planned:
            reached, limit = progress.get(run.key, NOT_EVALUATED), limit_of(run, times, gaps)
            if limit is None or reached.is_finished or self._evaluated.get(run.key) == (reached, limit):
                continue
            yield DueRun(run, reached, limit)

    def _evaluate_slice(
        self,
        cursor: Cursor,
        interval: Interval,
        due: Sequence[DueRun],
        times: Mapping[str, SymbolTime],
        gaps: Gaps,
        now: datetime | None,
    ) -> bool:
        """Evaluate some runs of an interval at their next bars. Returns whether there are more of these."""
        runs = [(each, self._run_of(cursor, each, times)) for each in due]
        own = bars_between(cursor, interval, [_own(*each) for each in runs], BARS_AT_ONCE, self._table)
        wanted = [want for each in runs for want in _others(each[1], own[_own(*each)]).values()]
        others = bars_between(cursor, interval, wanted, None, self._table)
        splits = split_places(cursor, interval, _symbols(due))
        fired: list[FiredRule] = []
        evaluated: list[EvaluatedRun] = []
        for each, run in runs:
            bars = own[_own(each, run)]
            read = {
                symbol: NextBars(others[want], splits.get(symbol, ()))
                for symbol, want in _others(run, bars).items()
            }
            partition = times[run.symbol].partition
            hits = run.evaluate(bars, splits.get(run.symbol, ()), read, _gaps_of(each.planned, gaps))
            fired += [FiredRule(partition, *hit) for hit in hits if self._is_alert(each, *hit)]
            evaluated += self._noted(each, run, len(bars))
        write_fired(cursor, fired, now)
        save_runs(cursor, evaluated)
        return any(len(found) == BARS_AT_ONCE for found in own.values())

    def _run_of(self, cursor: Cursor, due: DueRun, times: Mapping[str, SymbolTime]) -> ComparedRun:
        """The run where its progress is stored: the one of this process, unless another process has evaluated since."""
        armed, symbol, _, start, _ = due.planned
        run, written_until = self._runs.get(due.planned.key, (None, 0))
        known = RunProgress(0 if run is None else run.evaluated_until, written_until, False)
        if run is None or known != due.progress:
            context = context_of(calendar_of(times[symbol].exchange), armed.rule.interval)
            run = ComparedRun(armed, symbol, context, start)
            if (state := state_of_run(cursor, due.planned.key)) is not None:
                run.restore(state)
            self._runs[due.planned.key] = run, due.progress.written_until
        return run

    def _is_alert(self, due: DueRun, bar: Bar, evaluation: RuleEvaluation) -> bool:
        return evaluation.outcome == "fired" and bar.end > due.progress.written_until and self._writes(bar)

    def _noted(self, due: DueRun, run: ComparedRun, bars: int) -> Iterator[EvaluatedRun]:
        """What is to be stored of a run that was evaluated at so many bars."""
        key, is_finished = due.planned.key, due.is_last and bars < BARS_AT_ONCE
        if bars < BARS_AT_ONCE:
            progress = RunProgress(run.evaluated_until, due.progress.written_until, is_finished)
            self._evaluated[key] = progress, due.limit
        if bars or is_finished:
            symbols = run.symbol, *due.planned.named
            yield EvaluatedRun(key, symbols, run.evaluated_until, is_finished, run.state())
        if is_finished:
            self._runs.pop(key, None)


def limit_of(run: PlannedRun, times: Mapping[str, SymbolTime], gaps: Gaps) -> int | None:
    """The end of the last bars at which a run can be evaluated, epoch seconds; None while a symbol is not known."""
    waits_for = [
        run.symbol,
        *(symbol for symbol in run.named if not is_given_up(SymbolPair(run.symbol, symbol), gaps)),
    ]
    if any(symbol not in times for symbol in waits_for):
        return None
    return int(min(run.stop, *(times[symbol].closed_until for symbol in waits_for)))


def is_given_up(pair: SymbolPair, gaps: Gaps) -> bool:
    """Whether rules at bars of the first symbol do not wait for the second one now."""
    return pair in gaps and gaps[pair][-1].until == inf


def _interval(due: DueRun) -> Interval:
    return due.planned.armed.rule.interval


def _symbols(due: Sequence[DueRun]) -> list[str]:
    return sorted({symbol for each in due for symbol in (each.planned.symbol, *each.planned.named)})


def _own(due: DueRun, run: ComparedRun) -> BarsWanted:
    return BarsWanted(run.symbol, run.evaluated_until, due.limit)


def _others(run: ComparedRun, bars: Sequence[Bar]) -> dict[str, BarsWanted]:
    """The bars of the other symbols that a run reads at these bars."""
    until = bars[-1].end if bars else 0
    return {other.symbol: BarsWanted(other.symbol, other.until, until) for other in run.others}


def _gaps_of(run: PlannedRun, gaps: Gaps) -> dict[str, Sequence[Gap]]:
    return {symbol: gaps.get(SymbolPair(run.symbol, symbol), ()) for symbol in run.named}
