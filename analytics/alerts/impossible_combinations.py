"""Rules whose parts exclude one another: what is joined by `and` or asked for at several closes in a row, and endings
that change nothing. Pure."""

from collections.abc import Iterator
from itertools import combinations
from math import inf
from typing import NamedTuple

from analytics.alerts.certain_comparisons import limits_of
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import (
    Arithmetic,
    Between,
    Compared,
    Crosses,
    Joined,
    NoData,
    Node,
    Not,
    Past,
)
from shared.market.records import INTERVAL_SECONDS

MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
MOST_CLOSES = 64
"""So many closes of `for n bars` are compared with one another."""


class Demand(NamedTuple):
    """Where a value has to be, `ago` bars before, for `of` to be true; it is at a limit only if `is_open` is not set
    for that side."""

    of: Node
    value: Node
    ago: int
    low: float
    high: float
    is_open: tuple[bool, bool]


def impossible_combinations(rule: Rule) -> list[str]:
    """A sentence for each combination in a rule that can never be true, and for each ending without effect."""
    return list(
        dict.fromkeys((*_never_together(rule), *_always_one(rule), *_never_in_a_row(rule), *_endings(rule)))
    )


def _never_together(rule: Rule) -> Iterator[str]:
    for condition in rule.conditions:
        for part in _joined_by_and(condition):
            if conflict := _conflict(list(_demands(part, 0))):
                at_once = " at the same bar" if len(conflict) > 1 else ""
                yield f"{' and '.join(map(expression_text, conflict))} can never be true{at_once}."


def _always_one(rule: Rule) -> Iterator[str]:
    """Of `or`: what is true if one is false of two conditions that can't both be false."""
    for condition in rule.conditions:
        if isinstance(condition, Joined) and condition.junction == "or":
            opposite = Not(condition, place=condition.place)
            if _conflict(list(_demands(opposite, 0))):
                yield f"{expression_text(condition)} is always true where its values are known."


def _never_in_a_row(rule: Rule) -> Iterator[str]:
    """Of `for n bars`: a crossing is true at one bar, and not at the next."""
    if rule.bars == 1 or _conflict(list(_demands(rule.condition, 0))):
        return
    closes = range(min(rule.bars, MOST_CLOSES))
    conflict = _conflict([each for ago in closes for each in _demands(rule.condition, ago)])
    crossing = next((each for each in conflict if isinstance(each, Crosses)), None)
    undirected = next((each for each in _parts(rule.condition) if _is_undirected(each)), None)
    if crossing is not None:
        yield (
            f"{expression_text(crossing)} is true at one bar and not at the next, never for {rule.bars} bars: write"
            f" {_stays(crossing)} for {rule.bars} bars."
        )
    elif conflict:
        yield f"{' and '.join(map(expression_text, conflict))} can never be true for {rule.bars} bars."
    elif undirected is not None:
        yield f"{expression_text(undirected)} for {rule.bars} bars asks for a crossing at each of these bars."


def _endings(rule: Rule) -> Iterator[str]:
    """What has no effect beside another ending."""
    if rule.is_once and rule.clear is not None:
        yield "clear has no effect beside once: the rule fires once a symbol, and is never to be cleared."
    every, seconds = rule.every, INTERVAL_SECONDS[rule.interval]
    if every is not None and every.seconds <= seconds and not isinstance(rule.condition, NoData):
        yield f"every {every.text} has no effect on {rule.interval}: from one bar to the next it is as long."


def _joined_by_and(node: Node) -> Iterator[Node]:
    """The largest parts of a condition that have no `or` around their `and`."""
    if isinstance(node, Joined) and node.junction == "or":
        for child in node.children:
            yield from _joined_by_and(child)
    else:
        yield node


def _parts(node: Node) -> Iterator[Node]:
    """What must be true for a condition to be."""
    if isinstance(node, Joined) and node.junction == "and":
        for child in node.children:
            yield from _parts(child)
    else:
        yield node


def _is_undirected(node: Node) -> bool:
    return isinstance(node, Crosses) and not node.direction


def _stays(crossing: Crosses) -> str:
    """The comparison that stays true after a crossing."""
    relation = ">" if crossing.direction == "above" else "<"
    return f"{expression_text(crossing.left)} {relation} {expression_text(crossing.right)}"


def _demands(node: Node, ago: int) -> Iterator[Demand]:
    """What a condition that is true demands of values. Of conditions that are joined by `or` nothing is certain."""
    match node:
        case Joined(junction="and"):
            for child in node.children:
                yield from _demands(child, ago)
        case Past():
            yield from _demands(node.of, ago + node.bars)
        case Not(of=Joined(junction="or") as joined):
            for child in joined.children:
                yield from _demands(Not(child, place=child.place), ago)
        case Not(of=Compared() as compared):
            yield from _demand(node, OPPOSITE[compared.relation], compared.left, compared.right, ago)
        case Compared():
            yield from _demand(node, node.relation, node.left, node.right, ago)
        case Between():
            yield from _demand(node, ">=", node.value, node.low, ago)
            yield from _demand(node, "<=", node.value, node.high, ago)
        case Crosses(direction="above" | "below"):
            now, before = (">", "<=") if node.direction == "above" else ("<", ">=")
            yield from _demand(node, now, node.left, node.right, ago)
            yield from _demand(node, before, node.left, node.right, ago + 1)


def _demand(of: Node, relation: str, left: Node, right: Node, ago: int) -> Iterator[Demand]:
    """Two values that both change are compared by their difference, whichever is written first."""
    if _is_written(left) or (not _is_written(right) and expression_text(right) < expression_text(left)):
        left, right, relation = right, left, MIRRORED[relation]
    number = limits_of(right).low if _is_written(right) else 0.0
    value = left if _is_written(right) else Arithmetic("-", left, right, place=left.place)
    if isinstance(value, Past):
        ago += value.bars
        value = value.of
    is_low, is_high = relation in (">", ">=", "=="), relation in ("<", "<=", "==")
    if is_low or is_high:
        limits = (number if is_low else -inf, number if is_high else inf)
        yield Demand(of, value, ago, *limits, (relation == ">", relation == "<"))


def _is_written(node: Node) -> bool:
    limits = limits_of(node)
    return limits.low == limits.high


def _conflict(demands: list[Demand]) -> list[Node]:
    """The conditions of the first two demands that exclude one another; of one alone if both are its own."""
    of_values: dict[tuple[Node, int], list[Demand]] = {}
    for each in demands:
        of_values.setdefault((each.value, each.ago), []).append(each)
    for found in of_values.values():
        for one, other in combinations(found, 2):
            if _are_apart(one, other):
                return list(dict.fromkeys((one.of, other.of)))
    return []


def _are_apart(one: Demand, other: Demand) -> bool:
    low, high = max(one.low, other.low), min(one.high, other.high)
    is_excluded = any(
        (each.low == low and each.is_open[0]) or (each.high == low and each.is_open[1])
        for each in (one, other)
    )
    return low > high or (low == high and is_excluded)
