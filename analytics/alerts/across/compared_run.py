"""One rule that compares symbols, evaluated at the bars of one of them. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from analytics.alerts.across.other_symbols import NextBars, OtherSymbol, values_at
from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import RuleEvaluation, SeriesRules
from analytics.alerts.language.values_read import named_series
from analytics.indicators.spec import Context
from shared.market.records import Bar
from shared.market.splits import SplitAt


class Gap(NamedTuple):
    """The values of a symbol are unknown at bars that end after `since`, up to `until`; in epoch seconds."""

    since: float
    until: float = inf

    def has(self, end: float) -> bool:
        """Whether a bar that ends then is in it."""
        return self.since < end <= self.until


NO_GAPS: Mapping[str, Sequence[Gap]] = {}


class ComparedRun:
    """A version of a rule at the bars of `symbol`. `evaluated_until` is the end of the last one, in epoch seconds.

    Bars that ended by `start` only warm its values up. The rule is evaluated at each later bar, with the values of the
    others at its end.
    """

    def __init__(self, armed: ArmedRule, symbol: str, context: Context, start: float) -> None:
        self.armed, self.symbol, self._start = armed, symbol, start
        self.rules = SeriesRules({armed.rule_id: armed}, symbol, context)
        named = named_series(armed.rule)
        self.others = [OtherSymbol(series) for series in named if series.symbol != symbol]
        self.evaluated_until = 0
        self._has_begun = False
        self._applied = 0

    def evaluate(
        self,
        bars: Iterable[Bar],
        splits: Sequence[SplitAt],
        others: Mapping[str, NextBars],
        gaps: Mapping[str, Sequence[Gap]] = NO_GAPS,
    ) -> Iterator[tuple[Bar, RuleEvaluation]]:
        """Evaluate the next bars; `splits` are all of the symbol so far, and `others` have every bar of the other
        symbols that ended by the last of these and was not read yet. Yields each bar from the start on."""
        for other in self.others:
            other.provide(others[other.symbol])
        for bar in bars:
            if bar.end > self._start and not self._has_begun:
                self.rules.begin()
                self._has_begun = True
            while self._applied < len(splits) and splits[self._applied].time < bar.end:
                self.rules.split(splits[self._applied].ratio)
                self._applied += 1
            known = [other for other in self.others if not _is_in_gap(gaps.get(other.symbol, ()), bar.end)]
            outside = values_at(known, bar.end, self.rules)
            self.evaluated_until = bar.end
            if self._has_begun:
                (evaluation,) = self.rules.update(bar, outside)
                yield bar, evaluation
            else:
                self.rules.values.update(bar, outside)

    def state(self) -> dict[str, Any]:
        """All that `restore` needs."""
        return {
            "judged_until": self.evaluated_until,
            "has_begun": self._has_begun,
            "splits": self._applied,
            "others": [other.state() for other in self.others],
            "rules": self.rules.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`, which is that of the same rule and symbol."""
        self.evaluated_until, self._has_begun = state["judged_until"], state["has_begun"]
        self._applied = state["splits"]
        for other, kept in zip(self.others, state["others"], strict=True):
            other.restore(kept)
        self.rules.restore(state["rules"])


def _is_in_gap(gaps: Sequence[Gap], end: int) -> bool:
    return any(gap.has(end) for gap in gaps)
