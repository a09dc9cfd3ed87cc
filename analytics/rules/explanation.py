"""Why a rule fired, or did not: each bar with the value of each part of its condition, and what held it back."""

from collections.abc import Callable, Iterator, Mapping

from analytics.alerts.evaluation.conditions import number_of, truth_of
from analytics.alerts.evaluation.series_rules import SeriesRules
from analytics.alerts.language.checking import kind_of
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import Duration, Node, Number
from analytics.rules.dry_run import bars_for, rules_for
from analytics.rules.series_context import CalendarOf
from analytics.rules.texts import minute_text, value_text
from analytics.store.rules.closed_bars import SymbolHistory

Part = tuple[str, Callable[[], float | bool | None]]
"""The text of a part of a condition, and its value."""


def explained(
    rule: Rule,
    history: SymbolHistory,
    named: Mapping[str, SymbolHistory],
    since: float,
    until: float,
    calendars: CalendarOf,
) -> Iterator[str]:
    """A line for each bar that ended in the period. The bars before it are evaluated too, because the values and the
    state of a rule may depend on all of them, but what became of the rule there is not put together."""
    rules = rules_for(rule, history, calendars)
    parts = [
        (expression_text(node), _value_of(node, rules))
        for condition in rule.conditions
        for node in named_parts(condition)
    ]
    for bar, outside in bars_for(rule, rules, history, named):
        if bar.end < since:
            rules.fired(bar, outside)
            continue
        if bar.end > until:
            return
        (evaluation,) = rules.update(bar, outside)
        values = "; ".join(f"{text} = {value_text(value())}" for text, value in parts)
        yield f"{minute_text(bar.end)}  {evaluation.outcome}: {values}"


def named_parts(condition: Node) -> list[Node]:
    """A condition, then its parts down to the values that it reads, each once."""
    found: dict[Node, None] = {condition: None}
    for part in condition.children:
        if not isinstance(part, Number | Duration):
            found |= dict.fromkeys(_parts_within(part))
    return list(found)


def _parts_within(part: Node) -> list[Node]:
    """A condition within another is taken apart too; a number is one part, whatever it is calculated from."""
    return named_parts(part) if kind_of(part) == "condition" else [part]


def _value_of(node: Node, rules: SeriesRules) -> Callable[[], float | bool | None]:
    return truth_of(node, rules.values) if kind_of(node) == "condition" else number_of(node, rules.values)
