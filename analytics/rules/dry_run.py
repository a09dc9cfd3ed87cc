"""Tries a rule on stored history: where it would have fired, and what came of it."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.alerts.across.other_symbols import NextBars, OtherSymbol, values_at
from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import RuleEvaluation, SeriesRules
from analytics.alerts.evaluation.values import NOTHING
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.values_read import named_series
from analytics.alerts.track_record.returns import SymbolBars
from analytics.alerts.track_record.track_record import Fired
from analytics.mood.headline_mood import KnownInOrder
from analytics.rules.series_context import CalendarOf, context_for
from analytics.store.rules.closed_bars import Intervals, SymbolHistory
from shared.calendars.calendars import SessionCalendar, calendar_of
from shared.market.records import Bar

HOUR, DAY = 3_600, 86_400
RULE_ID = 0


class EvaluatedBar(NamedTuple):
    """A bar with the evaluation of the rule on it."""

    bar: Bar
    evaluation: RuleEvaluation


class SymbolRun(NamedTuple):
    """The bars of one symbol at which a rule would have fired, and what its track record is calculated from."""

    hits: list[EvaluatedBar]
    fired: Fired


def dry_run(
    rule: Rule,
    history: SymbolHistory,
    named: Mapping[str, SymbolHistory],
    since: float,
    until: float,
    calendars: CalendarOf = calendar_of,
) -> SymbolRun:
    """Evaluate a rule at every stored bar; bars that ended outside of the period only warm it up.

    `named` are the histories of the symbols that the rule names, by symbol.
    """
    rules = rules_for(rule, history, calendars)
    hits: list[EvaluatedBar] = []
    places: list[int] = []
    for place, (bar, outside) in enumerate(bars_for(rule, rules, history, named)):
        found = rules.fired(bar, outside)
        if found and since <= bar.end <= until:
            places.append(place)
            hits.append(EvaluatedBar(bar, found[0]))
    bars = symbol_bars(history, calendars(history.exchange))
    return SymbolRun(hits, Fired(bars, np.array(places, dtype=np.int64)))


def rules_for(rule: Rule, history: SymbolHistory, calendars: CalendarOf) -> SeriesRules:
    """The rule, to be evaluated at the bars of a history."""
    context = context_for(rule, history.exchange, calendars)
    return SeriesRules({RULE_ID: ArmedRule(RULE_ID, 0, rule)}, history.symbol, context)


def bars_for(
    rule: Rule, rules: SeriesRules, history: SymbolHistory, named: Mapping[str, SymbolHistory]
) -> Iterator[tuple[Bar, Mapping[str, float]]]:
    """Every bar to be evaluated next, with the values of other symbols there.

    Each split is applied before the first bar that ends after it, as it is when bars close live.
    """
    others = [OtherSymbol(series) for series in named_series(rule) if series.symbol != history.symbol]
    for other in others:
        if (found := named.get(other.symbol)) is not None:
            other.provide(NextBars(found.bars, sorted(found.splits)))
    remaining = sorted(history.splits, reverse=True)
    headlines = KnownInOrder(history.headlines)
    forecast: Intervals = {}
    for bar in history.bars:
        while remaining and remaining[-1].time < bar.end:
            ratio = remaining.pop().ratio
            rules.split(ratio)
            forecast = {level: (low / ratio, high / ratio) for level, (low, high) in forecast.items()}
        rules.values.add_headlines(headlines.until(bar.end))
        if others or history.forecasts:
            yield bar, values_at(others, bar.end, rules) | _bounds(rules, forecast)
            forecast = history.forecasts.get(bar.start, {})
        else:
            yield bar, NOTHING


def _bounds(rules: SeriesRules, forecast: Intervals) -> dict[str, float]:
    """The ends of the forecast intervals that a rule reads, by their text."""
    known = [each for each in rules.values.forecasts if each.coverage in forecast]
    return {text: forecast[coverage][part == "high"] for text, coverage, part in known}


def symbol_bars(history: SymbolHistory, calendar: SessionCalendar) -> SymbolBars:
    """The bars of a history for its track record, adjusted for the splits before the last one."""
    ends = np.array([bar.end for bar in history.bars], dtype=np.int64)
    closes = np.array([bar.close for bar in history.bars])
    for split in history.splits:
        closes[ends <= split.time] /= split.ratio
    local = ends + _offsets(ends, calendar)
    return SymbolBars(ends, closes, local % DAY // HOUR, local // DAY)


def _offsets(ends: NDArray[np.int64], calendar: SessionCalendar) -> NDArray[np.int64]:
    """The seconds by which the clock of the exchange is ahead of UTC at each end; it changes at full hours."""
    hours, places = np.unique(ends // HOUR, return_inverse=True)
    found = [_offset(int(hour) * HOUR, calendar) for hour in hours]
    return np.array(found, dtype=np.int64)[places]


def _offset(second: int, calendar: SessionCalendar) -> int:
    offset = datetime.fromtimestamp(second, UTC).astimezone(calendar.zone).utcoffset()
    assert offset is not None, "a time with a zone has an offset"
    return int(offset.total_seconds())
