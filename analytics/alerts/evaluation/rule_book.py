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

NO_RULE = -1
"""The id of no rule."""
KEPT_TEXTS = 1_000
"""The texts of rules that are kept as they were read."""


class ArmedRule(NamedTuple):
    """A rule with its id and the version of its text."""

    rule_id: int
    version: int
    rule: Rule


class RuleBook:
    """The rules by id, in the order in which they were first armed; `watches_silence` if any is on missing quotes.

    Those that compare symbols are apart: they are not judged where the bars of one symbol close.
    """

    def __init__(self) -> None:
        self.watches_silence = False
        self._versions: dict[int, tuple[int, str]] = {}
        self._armed: dict[int, ArmedRule] = {}
        self._comparing: dict[int, ArmedRule] = {}

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
        self.watches_silence = any(isinstance(armed.rule.condition, NoData) for armed in self._armed.values())

    def rules_for(self, symbol: str, interval: Interval) -> dict[int, ArmedRule]:
        """The armed rules that are judged at the closed bars of a series and read nothing else."""
        return {
            rule_id: armed
            for rule_id, armed in self._armed.items()
            if armed.rule.interval == interval
            and _applies(armed.rule, symbol)
            and not isinstance(armed.rule.condition, NoData)
        }

    def silence_rules_for(self, symbol: str) -> dict[int, ArmedRule]:
        """The armed rules on missing quotes of a symbol."""
        return {
            rule_id: armed
            for rule_id, armed in self._armed.items()
            if isinstance(armed.rule.condition, NoData) and _applies(armed.rule, symbol)
        }

    def state(self) -> list[list[Any]]:
        """All that `restore` needs."""
        return [[rule_id, *version] for rule_id, version in self._versions.items()]

    def restore(self, state: list[list[Any]]) -> None:
        """Continue from `state`."""
        for rule_id, version, text in state:
            self._set(rule_id, version, text)


def _applies(rule: Rule, symbol: str) -> bool:
    return rule.scope.kind == "all" or (rule.scope.kind == "symbols" and symbol in rule.scope.names)


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
