"""The armed rules of a partition: changes in, rules by symbol and interval out. Pure."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import NoData
from analytics.alerts.language.values_read import compared_symbols
from analytics.indicators.catalog import DEFAULTS
from shared.errors import TickstreamError
from shared.market.records import Interval, RuleChange

ALL = ""
"""In place of a symbol: all of them."""
KEPT_TEXTS = 1_000
"""The texts of rules that are kept as they were read."""


class ArmedRule(NamedTuple):
    """A rule with its id and the version of its text."""

    rule_id: int
    version: int
    rule: Rule


class RuleBook:
    """The rules by id, in the order in which they were first armed; `watches_time` if any can fire between closes.

    Those that compare symbols are apart: they are not evaluated where the bars of one symbol close.
    """

    def __init__(self) -> None:
        self.watches_time = False
        self._versions: dict[int, tuple[int, str]] = {}
        self._armed: dict[int, ArmedRule] = {}
        self._comparing: dict[int, ArmedRule] = {}
        self._ranks: dict[int, int] = {}
        self._ids: dict[str, set[int]] = {}

    @property
    def comparing(self) -> Mapping[int, ArmedRule]:
        """The armed rules that compare symbols, by id."""
        return self._comparing

    def apply(self, change: RuleChange) -> bool:
        """Arm, change or disarm a rule. Returns False for a change that is not newer than the one before.

        A text that can't be read disarms the rule too: it was not written by the command.
        """
        version, _ = self._versions.get(change.rule_id, (-1, ""))
        if change.version <= version:
            return False
        self._set(change.rule_id, change.version, change.text)
        return True

    def _set(self, rule_id: int, version: int, text: str) -> None:
        self._versions[rule_id] = (version, text)
        rule = rule_of(text)
        for rules, belongs in ((self._armed, False), (self._comparing, True)):
            if rule is None or bool(compared_symbols(rule)) != belongs:
                rules.pop(rule_id, None)
            else:
                rules[rule_id] = ArmedRule(rule_id, version, rule)
        self.watches_time = any(
            armed.rule.is_live or isinstance(armed.rule.condition, NoData) for armed in self._armed.values()
        )
        self._index(rule_id)

    def _index(self, rule_id: int) -> None:
        """Note the rank of an armed rule and what it applies to."""
        for ids in self._ids.values():
            ids.discard(rule_id)
        armed = self._armed.get(rule_id)
        if armed is None:
            self._ranks.pop(rule_id, None)
            return
        self._ranks.setdefault(rule_id, 1 + max(self._ranks.values(), default=0))
        for scope in _scopes(armed.rule):
            self._ids.setdefault(scope, set()).add(rule_id)

    def is_evaluated(self, rule_id: int, symbol: str, interval: Interval) -> bool:
        """Whether a rule is among those that `rules_for` returns."""
        applies = any(rule_id in self._ids.get(scope, ()) for scope in (ALL, symbol))
        return applies and _is_evaluated(self._armed[rule_id].rule, interval)

    def rules_for(self, symbol: str, interval: Interval) -> dict[int, ArmedRule]:
        """The armed rules that are evaluated at the closed bars of a series and read nothing else."""
        return {each.rule_id: each for each in self._rules_of(symbol) if _is_evaluated(each.rule, interval)}

    def no_data_rules_for(self, symbol: str) -> dict[int, ArmedRule]:
        """The armed rules on missing quotes of a symbol."""
        return {
            each.rule_id: each for each in self._rules_of(symbol) if isinstance(each.rule.condition, NoData)
        }

    def _rules_of(self, symbol: str) -> list[ArmedRule]:
        """The armed rules that apply to a symbol. Those of other symbols are not looked at: there may be thousands."""
        ids = self._ids.get(ALL, set()) | self._ids.get(symbol, set())
        return [self._armed[rule_id] for rule_id in sorted(ids, key=self._ranks.__getitem__)]

    def state(self) -> list[list[Any]]:
        """All that `restore` needs."""
        return [[rule_id, *version] for rule_id, version in self._versions.items()]

    def restore(self, state: list[list[Any]]) -> None:
        """Continue from `state`."""
        for rule_id, version, text in state:
            self._set(rule_id, version, text)


def _scopes(rule: Rule) -> tuple[str, ...]:
    """The symbols that a rule names, or ALL of them; nothing provides lists and holdings yet."""
    return {"all": (ALL,), "symbols": rule.scope.names}.get(rule.scope.kind, ())


def _is_evaluated(rule: Rule, interval: Interval) -> bool:
    return rule.interval == interval and not isinstance(rule.condition, NoData)


@lru_cache(maxsize=KEPT_TEXTS)
def rule_of(text: str) -> Rule | None:
    """The rule with this text; None for one that is empty or can't be read."""
    if not text:
        return None
    # Imported here, because a desk without rules needs no parser.
    from analytics.alerts.language.reading import read_rule

    try:
        return read_rule(text, DEFAULTS)
    except TickstreamError:
        return None
