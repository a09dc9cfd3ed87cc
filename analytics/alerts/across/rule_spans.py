"""Between which changes of the log a version of a rule that compares symbols is armed. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Set
from math import inf
from typing import NamedTuple

from analytics.alerts.evaluation.rule_book import ArmedRule, rule_of
from analytics.alerts.language.values_read import compared_symbols, evaluated_symbols
from shared.market.records import Interval

RuleInterval = tuple[int, int, str, Interval]
"""A rule by its id and version, a symbol and an interval."""


class StoredChange(NamedTuple):
    """A change of a rule as it was found in a partition; changes are in the order of their offsets."""

    rule_id: int
    version: int
    partition: int
    text: str


class RuleSpan(NamedTuple):
    """A version of a rule in a partition, until the version `next_version` replaced it, if one did."""

    armed: ArmedRule
    partition: int
    next_version: int | None


class RunKey(NamedTuple):
    """A version of a rule, and the symbol at whose bars it is evaluated."""

    rule_id: int
    version: int
    symbol: str


class PlannedRun(NamedTuple):
    """A version of a rule at the bars of a symbol that end after `start`, up to `stop`; epoch seconds.

    `named` are the other symbols whose values it reads.
    """

    armed: ArmedRule
    symbol: str
    named: tuple[str, ...]
    start: float
    stop: float

    @property
    def key(self) -> RunKey:
        """What its progress is stored by."""
        return RunKey(self.armed.rule_id, self.armed.version, self.symbol)


def spans_of(changes: Iterable[StoredChange]) -> list[RuleSpan]:
    """The versions of rules that compare symbols, by partition. Repeated and older changes change nothing."""
    applied: dict[tuple[int, int], list[StoredChange]] = {}
    for change in changes:
        versions = applied.setdefault((change.partition, change.rule_id), [])
        if not versions or change.version > versions[-1].version:
            versions.append(change)
    return [span for versions in applied.values() for span in _spans(versions)]


def _spans(versions: list[StoredChange]) -> Iterator[RuleSpan]:
    for place, change in enumerate(versions):
        rule = rule_of(change.text)
        if rule is not None and compared_symbols(rule):
            following = versions[place + 1].version if place + 1 < len(versions) else None
            yield RuleSpan(ArmedRule(change.rule_id, change.version, rule), change.partition, following)


def planned_runs(
    spans: Iterable[RuleSpan], places: Mapping[RuleInterval, float], partitions: Mapping[str, int]
) -> Iterator[PlannedRun]:
    """The runs of these rules; `places` are those of their changes, and `partitions` those of the known symbols. A
    rule waits for a symbol that is not known yet."""
    for armed, partition, following in spans:
        rule = armed.rule
        names = compared_symbols(rule)
        evaluated = evaluated_symbols(rule)
        for symbol in partitions if evaluated is None else evaluated:
            if partitions.get(symbol) != partition:
                continue
            where = symbol, rule.interval
            start = places.get((armed.rule_id, armed.version, *where), 0.0)
            stop = inf if following is None else places.get((armed.rule_id, following, *where), 0.0)
            if start < stop:
                yield PlannedRun(armed, symbol, tuple(each for each in names if each != symbol), start, stop)


def is_over(span: RuleSpan, places: Mapping[RuleInterval, float], finished: Set[RunKey]) -> bool:
    """Whether nothing is left to evaluate by a version that was replaced: it was evaluated at every bar of each
    symbol."""
    armed, _, following = span
    if following is None:
        return False
    for (rule_id, version, symbol, interval), stop in places.items():
        if (rule_id, version, interval) == (armed.rule_id, following, armed.rule.interval):
            start = places.get((rule_id, armed.version, symbol, interval), 0.0)
            if start < stop and RunKey(rule_id, armed.version, symbol) not in finished:
                return False
    return True


def concerned_symbols(spans: Iterable[RuleSpan]) -> set[str] | None:
    """The symbols that these rules concern; None for all."""
    found: set[str] = set()
    for armed, _, _ in spans:
        evaluated = evaluated_symbols(armed.rule)
        if evaluated is None:
            return None
        found.update(evaluated, compared_symbols(armed.rule))
    return found
