"""The values that a rule reads, and the symbols that it names. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache

from analytics.alerts.language.functions import OWN_PARTS
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import Call, Node, Past, Series

CALCULATING = ("abs", "min", "max")
COMBINING = (*CALCULATING, "highest", "lowest")
"""Functions whose value follows from those of their arguments."""
KEPT_CONDITIONS = 1_000
"""The conditions whose shown values are kept: a rule is compiled for each of thousands of series."""


def values_read(condition: Node) -> Iterable[Series | Call]:
    """The series and indicators that a condition reads, each once, in the order of the text."""
    found: dict[str, Series | Call] = {}
    parts = [condition]
    while parts:
        part = parts.pop(0)
        if isinstance(part, Series) or (isinstance(part, Call) and part.function not in COMBINING):
            found.setdefault(expression_text(part), part)
        else:
            parts = [*part.children, *parts]
    return found.values()


@lru_cache(maxsize=KEPT_CONDITIONS)
def values_shown(condition: Node) -> Mapping[str, tuple[Series | Call, int]]:
    """What an alert shows: the values that a condition reads, by their text in the order of the condition, and how many
    bars before each is read. The extreme of several bars is one value."""
    found: dict[str, tuple[Series | Call, int]] = {}
    parts = [(condition, 0)]
    while parts:
        part, ago = parts.pop(0)
        if isinstance(part, Past):
            parts.insert(0, (part.of, ago + part.bars))
        elif isinstance(part, Series) or (isinstance(part, Call) and part.function not in CALCULATING):
            for value in _deciding(part):
                found.setdefault(
                    expression_text(Past(value, ago, place=value.place) if ago else value), (value, ago)
                )
        else:
            parts = [*((child, ago) for child in part.children), *parts]
    return found


def _deciding(node: Series | Call) -> list[Series | Call]:
    """The values shown for one that is read: of an anomaly, those that decide it."""
    if isinstance(node, Call) and node.function == "anomaly" and not node.part:
        return [replace(node, part=part) for part in OWN_PARTS["anomaly"] if part]
    return [node]


def named_series(rule: Rule) -> list[Series]:
    """The series of symbols that a rule names, each once, in the order of the text."""
    found = [node for condition in rule.conditions for node in values_read(condition)]
    return list(dict.fromkeys(node for node in found if isinstance(node, Series) and node.symbol))


def reads(rule: Rule, function: str) -> bool:
    """Whether a rule reads values of this function."""
    nodes = (node for condition in rule.conditions for node in values_read(condition))
    return any(isinstance(node, Call) and node.function == function for node in nodes)


def home_of(rule: Rule) -> str:
    """The symbol at whose bars alone a rule is evaluated: the first one, if it names the symbol of every value."""
    read = [*values_read(rule.condition)]
    named = [node.symbol for node in read if isinstance(node, Series) and node.symbol]
    return named[0] if named and len(named) == len(read) else ""


def evaluated_symbols(rule: Rule) -> tuple[str, ...] | None:
    """The symbols at whose bars a rule is evaluated; None for all."""
    if home := home_of(rule):
        return (home,)
    if rule.scope.kind == "all":
        return None
    return rule.scope.names if rule.scope.kind == "symbols" else ()


def compared_symbols(rule: Rule) -> list[str]:
    """The symbols that a rule names in its condition, each once; none if it reads those alone at whose bars it is
    evaluated."""
    return list(dict.fromkeys(series.symbol for series in named_series(rule)))
