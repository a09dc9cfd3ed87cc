"""Rules that are evaluated at the open bar too: what fires there is provisional until the bar closes. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.series_rules import RuleEvaluation, SeriesRules
from analytics.indicators.spec import Context
from shared.market.records import Bar


class ProvisionalAlert(NamedTuple):
    """A rule fired at an open bar, which is given as it was then; its last quote was at `time`, epoch seconds."""

    bar: Bar
    evaluation: RuleEvaluation
    time: float


class OpenBarRules:
    """The live rules of one symbol and interval, evaluated at most once a second of event time.

    `provisional` has the rules that fired at the open bar, by their ids, and the times at which they did; each fires
    there once.
    """

    def __init__(self, rules: Mapping[int, ArmedRule], symbol: str, context: Context) -> None:
        self._rules = SeriesRules(rules, symbol, context)
        self.provisional: dict[int, float] = {}
        self._second = 0

    def is_due(self, now: float) -> bool:
        """Whether another second has begun, and some rule has not fired at the open bar yet."""
        if int(now) <= self._second or not self._rules.rule_ids - self.provisional.keys():
            return False
        self._second = int(now)
        return True

    def evaluate(
        self, closed: SeriesRules, bar: Bar, outside: Mapping[str, float], time: float
    ) -> list[ProvisionalAlert]:
        """Evaluate the open bar as if it closed now, after the bars that `closed` has; its last quote was at `time`.

        Returns the rules that fire and did not before.
        """
        self._rules.copy(closed)
        found = [
            each for each in self._rules.fired(bar, outside) if each.armed.rule_id not in self.provisional
        ]
        self.provisional |= {each.armed.rule_id: time for each in found}
        return [ProvisionalAlert(bar, each, time) for each in found]

    def take_provisional(self) -> dict[int, float]:
        """The bar has closed: the rules that had fired at it while it was open."""
        found, self.provisional = self.provisional, {}
        return found

    def continue_from(self, other: "OpenBarRules") -> None:
        """Continue after other rules were armed."""
        self._second = other._second
        kept = self._rules.rule_ids & other.provisional.keys()
        self.provisional = {rule_id: other.provisional[rule_id] for rule_id in sorted(kept)}

    def state(self) -> list[Any]:
        """All that `restore` needs."""
        return [self._second, *([rule_id, time] for rule_id, time in self.provisional.items())]

    def restore(self, state: list[Any]) -> None:
        """Continue from `state`."""
        self._second, *provisional = state
        self.provisional = dict(provisional)
