"""Rules on missing quotes, such as `no data 5m`: they fire between closes, as time passes. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, NamedTuple

from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.language.syntax import NoData
from shared.calendars.calendars import SessionCalendar

NO_QUOTE = 0.0
"""The time of the last quote of a symbol that has none."""


class NoDataAlert(NamedTuple):
    """A rule on missing quotes fired: at `time`, epoch seconds, the last quote was as old as the rule states. `price`
    is that of this quote, `seconds` its age."""

    symbol: str
    armed: ArmedRule
    time: int
    price: float
    seconds: float


@dataclass
class _Watched:
    """A rule, and the time at which it is true after the quote at `last`; it `is_over` if it was true already.

    `fired_at` is the time of its last alert.
    """

    armed: ArmedRule
    last: float = NO_QUOTE
    due: int = 0
    is_over: bool = True
    fired_at: int | None = None


class NoDataRules:
    """The rules on missing quotes of one symbol."""

    def __init__(self, symbol: str, calendar: SessionCalendar) -> None:
        self._symbol, self._calendar = symbol, calendar
        self._rules: dict[int, _Watched] = {}

    def watch(self, rules: Mapping[int, ArmedRule], last: float, now: float) -> None:
        """Evaluate these rules from `now` on, epoch seconds; the last quote was at `last`. What is true already is no
        alert: it first has to become false."""
        before, self._rules = self._rules, {}
        for rule_id, armed in rules.items():
            known = before.get(rule_id)
            if known is not None and known.armed == armed:
                self._rules[rule_id] = known
                continue
            added = self._rules[rule_id] = _Watched(armed)
            self._note_quote(added, last)
            added.is_over = now >= added.due

    def pass_time(self, now: float, last: float, price: float) -> Iterator[NoDataAlert]:
        """Go on to `now`, while the last quote is the one at `last`. Returns the rules that fire."""
        if last == NO_QUOTE:
            return
        for rule in self._rules.values():
            if rule.last != last:
                self._note_quote(rule, last)
            if rule.is_over or now < rule.due:
                continue
            rule.is_over = True
            if _may_fire(rule):
                rule.fired_at = rule.due
                yield NoDataAlert(self._symbol, rule.armed, rule.due, price, rule.due - last)

    def _note_quote(self, rule: _Watched, last: float) -> None:
        condition = rule.armed.rule.condition
        assert isinstance(condition, NoData), "only such rules are watched here"
        seconds = condition.duration.seconds
        due = self._after_open_time(last, seconds) if rule.armed.rule.while_open else last + seconds
        rule.last, rule.due, rule.is_over = last, ceil(due), False

    def _after_open_time(self, last: float, seconds: float) -> float:
        """The time at which the exchange has been open for so long since `last`."""
        place = last
        while True:
            change = self._calendar.next_change(int(place))
            if self._calendar.at(int(place)).name == "regular":
                if place + seconds <= change:
                    return place + seconds
                seconds -= change - place
            place = change

    def state(self) -> list[list[Any]]:
        """All that `restore` needs."""
        return [
            [rule_id, each.last, each.due, each.is_over, each.fired_at]
            for rule_id, each in self._rules.items()
        ]

    def restore(self, state: list[list[Any]]) -> None:
        """Continue from `state`, which has the same rules. Raises KeyError if one is missing."""
        for rule_id, last, due, is_over, fired_at in state:
            rule = self._rules[rule_id]
            rule.last, rule.due, rule.is_over, rule.fired_at = last, due, is_over, fired_at


def _may_fire(rule: _Watched) -> bool:
    before, every = rule.fired_at, rule.armed.rule.every
    if before is None:
        return True
    if rule.due <= before:  # a quote of the same second came later than time went on: one gap
        return False
    is_soon = every is not None and rule.due - before < every.seconds
    return not rule.armed.rule.is_once and not is_soon
