"""The rules of one symbol and interval, evaluated together. Pure."""

from collections.abc import Mapping, Set
from typing import Any, NamedTuple

from analytics.alerts.evaluation.conditions import NumberNow, TruthNow, number_of, truth_of
from analytics.alerts.evaluation.firing import Firing, Outcome
from analytics.alerts.evaluation.rule_book import ArmedRule
from analytics.alerts.evaluation.values import NOTHING, SeriesValues
from analytics.alerts.language.values_read import values_shown
from analytics.indicators.spec import Context
from shared.market.records import Bar

NO_VALUES: Mapping[str, float | None] = {}


class RuleEvaluation(NamedTuple):
    """What became of a rule at a bar. `values` are the values that its condition reads there, by their text; they are
    looked up only for a rule that fired."""

    armed: ArmedRule
    outcome: Outcome
    condition: bool | None
    values: Mapping[str, float | None]


class _CompiledRule(NamedTuple):
    """A rule with its compiled conditions and its state."""

    armed: ArmedRule
    condition: TruthNow
    clear: TruthNow | None
    firing: Firing
    reads: Mapping[str, NumberNow]


class SeriesRules:
    """Rules by id, for one symbol and interval; `context` is what indicators need to know of the series."""

    def __init__(self, rules: Mapping[int, ArmedRule], symbol: str, context: Context) -> None:
        self.values = SeriesValues(symbol, context)
        self._is_split = False
        self._rules = {rule_id: self._compiled(armed) for rule_id, armed in rules.items()}

    @property
    def rule_ids(self) -> Set[int]:
        """The ids of its rules."""
        return self._rules.keys()

    def _compiled(self, armed: ArmedRule) -> _CompiledRule:
        rule = armed.rule
        condition = truth_of(rule.condition, self.values)
        clear = None if rule.clear is None else truth_of(rule.clear, self.values)
        shown = values_shown(rule.condition).items()
        reads = {text: number_of(node, self.values, ago) for text, (node, ago) in shown}
        return _CompiledRule(armed, condition, clear, Firing(rule), reads)

    def update(self, bar: Bar, outside: Mapping[str, float] = NOTHING) -> list[RuleEvaluation]:
        """Evaluate all rules at a closed bar; `outside` has the values that are not calculated from bars."""
        self._add(bar, outside)
        found = []
        for rule in self._rules.values():
            condition = rule.condition()
            found.append(self._evaluation(rule, self._evaluate(rule, condition, bar), condition))
        return found

    def fired(self, bar: Bar, outside: Mapping[str, float] = NOTHING) -> list[RuleEvaluation]:
        """Evaluate all rules at a closed bar as `update` does; returns those that fired."""
        self._add(bar, outside)
        found: list[RuleEvaluation] = []
        for rule in self._rules.values():
            condition = rule.condition()
            if condition in rule.firing.idle_at:
                continue
            outcome = self._evaluate(rule, condition, bar)
            if outcome == "fired":
                found.append(self._evaluation(rule, outcome, condition))
        return found

    def _evaluate(self, rule: _CompiledRule, condition: bool | None, bar: Bar) -> Outcome:
        clear = None if rule.clear is None else rule.clear()
        return rule.firing.evaluate(condition, clear, bar)

    def _evaluation(self, rule: _CompiledRule, outcome: Outcome, condition: bool | None) -> RuleEvaluation:
        values = NO_VALUES
        if outcome == "fired":
            values = {text: read() for text, read in rule.reads.items()}
        return RuleEvaluation(rule.armed, outcome, condition, values)

    def begin(self) -> None:
        """All bars so far only warmed the values up: a rule may fire from the next bar on."""
        for rule in self._rules.values():
            rule.firing.begin(rule.condition())

    def add(self, rules: Mapping[int, ArmedRule], warm: "SeriesRules") -> None:
        """Evaluate more rules, which `warm` has at the same bar. The others stay compiled."""
        for rule_id, armed in rules.items():
            self._rules[rule_id] = self._compiled(armed)
        self.take_over(warm)

    def take_over(self, other: "SeriesRules") -> None:
        """Continue the values and rules of another one at the same bar, as far as it has them."""
        other._restate()
        self.values.take_over(other.values)
        for rule_id, rule in self._rules.items():
            before = other._rules.get(rule_id)
            if before is not None and before.armed == rule.armed:
                rule.firing.restore(before.firing.state())

    def copy(self, other: "SeriesRules") -> None:
        """Be at the bar at which another one is, which has these rules and values, and maybe more."""
        self.values.restore(other.values.state())
        for rule_id, rule in self._rules.items():
            rule.firing.restore(other._rules[rule_id].firing.state())

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self.values.split(ratio)
        self._is_split = True

    def split_other(self, text: str, ratio: float) -> None:
        """One share of the symbol of this series, which is another one, became `ratio` shares."""
        self.values.split_other(text, ratio)
        self._is_split = True

    def _add(self, bar: Bar, outside: Mapping[str, float]) -> None:
        self._restate()
        self.values.update(bar, outside)

    def _restate(self) -> None:
        """After all splits between two bars, evaluate the first one again with its prices adjusted to the second."""
        if self._is_split and self.values.seen:
            for rule in self._rules.values():
                rule.firing.restate(rule.condition())
        self._is_split = False

    def state(self) -> dict[str, Any]:
        """All that `restore` needs."""
        self._restate()
        firing = [[rule_id, rule.firing.state()] for rule_id, rule in self._rules.items()]
        return {"firing": firing, **self.values.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`, which has the same rules. Raises KeyError if one is missing."""
        self.values.restore(state)
        for rule_id, firing in state["firing"]:
            self._rules[rule_id].firing.restore(firing)
