"""The thresholds of the settings, evaluated at the closed bars of one symbol and interval. Pure."""

from collections.abc import Mapping
from math import sqrt
from typing import Any, NamedTuple

from analytics.alerts.evaluation.conditions import NumberNow, TruthNow, number_of, truth_of
from analytics.alerts.evaluation.firing import Firing
from analytics.alerts.evaluation.values import SeriesValues
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.threshold_rules import (
    AlertSettings,
    ThresholdName,
    ThresholdRule,
    bar_volatility,
    rsi,
    threshold_rules,
)
from analytics.indicators.indicator_row import COLUMN_PLACES, IndicatorRow
from analytics.indicators.spec import Context, Parameters
from shared.market.records import Bar, Interval

RSI, VOLATILITY = COLUMN_PLACES["rsi"], COLUMN_PLACES["volatility"]


class ReachedThreshold(NamedTuple):
    """A threshold that was reached at the close of a bar. `value` and `threshold` are in the rule's own unit."""

    rule: ThresholdName
    value: float
    threshold: float


class _Compiled(NamedTuple):
    """A threshold with its compiled conditions and its state."""

    of: ThresholdRule
    condition: TruthNow
    clear: TruthNow
    value: NumberNow
    firing: Firing


class Thresholds:
    """The thresholds of one symbol and interval, with the stored indicators of these `parameters`.

    Unlike other rules they fire also where a value becomes known that is beyond its threshold already.
    """

    def __init__(
        self, settings: AlertSettings, parameters: Parameters, interval: Interval, context: Context
    ) -> None:
        self._bar_volatility = 1 / sqrt(context.periods_per_year)
        self._stored = tuple(expression_text(each(parameters)) for each in (rsi, bar_volatility))
        self._values = SeriesValues("", context, self._stored)
        self._rules = [self._compiled(each) for each in threshold_rules(settings, parameters, interval)]

    def _compiled(self, each: ThresholdRule) -> _Compiled:
        rule = each.rule
        assert rule.clear is not None, "every threshold has a margin"
        conditions = truth_of(rule.condition, self._values), truth_of(rule.clear, self._values)
        return _Compiled(each, *conditions, number_of(each.reads, self._values), Firing(rule, is_eager=True))

    def update(self, bar: Bar, row: IndicatorRow) -> list[ReachedThreshold]:
        """The alerts of a bar that has just closed, with its indicators."""
        self._values.update(bar, self._stored_values(row))
        return [each for rule in self._rules if (each := self._evaluate(rule, bar)) is not None]

    def _stored_values(self, row: IndicatorRow) -> Mapping[str, float]:
        strength, annual = row[RSI], row[VOLATILITY]
        values = strength, None if annual is None else annual * self._bar_volatility
        return {text: value for text, value in zip(self._stored, values, strict=True) if value is not None}

    def _evaluate(self, rule: _Compiled, bar: Bar) -> ReachedThreshold | None:
        condition = rule.condition()
        if condition in rule.firing.idle_at or rule.firing.evaluate(condition, rule.clear(), bar) != "fired":
            return None
        value = rule.value()
        assert value is not None, "a threshold is not reached by an unknown value"
        return ReachedThreshold(rule.of.name, value, rule.of.threshold)

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares. Exact, because thresholds use only ratios of closes and of volumes."""
        self._values.split(ratio)

    def state(self) -> dict[str, Any]:
        """The state for a snapshot."""
        firing = {rule.of.name: rule.firing.state() for rule in self._rules}
        return {"firing": firing, "values": self._values.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a snapshot. If settings have changed, rules that fired stay disarmed until they are cleared, and new
        ones begin."""
        self._values.restore_known(state["values"])
        for rule in self._rules:
            if rule.of.name in state["firing"]:
                rule.firing.restore(state["firing"][rule.of.name])
