"""What a rule may contain to be armed: more can be tried than judged live."""

from collections.abc import Iterator

from analytics.alerts.evaluation.series_rules import named_series, values_read
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import Call, NoData
from shared.errors import ConfigError

OUTSIDE = ("forecast", "sentiment", "anomaly")
"""Functions whose values nothing provides to the analysis yet."""


def require_armable(rule: Rule) -> None:
    """Raise ConfigError if a rule can be tried, but not armed."""
    if reason := next(_reasons(rule), None):
        raise ConfigError(f"This rule can be tried, but not armed yet: {reason}.")


def _reasons(rule: Rule) -> Iterator[str]:
    if rule.scope.kind in ("list", "held"):
        yield "nothing provides lists of symbols and holdings"
    if named := named_series(rule):
        yield f"it compares symbols ({named[0].symbol}), which lie in several partitions of the log"
    if isinstance(rule.condition, NoData):
        yield "missing quotes are noticed by the data alerts of the page"
    if rule.is_live:
        yield "rules are judged at closed bars"
    for condition in (rule.condition, rule.clear):
        for node in values_read(condition) if condition is not None else ():
            if isinstance(node, Call) and node.function in OUTSIDE:
                yield f"nothing provides {node.function}()"
