"""Comparisons that can never be true, or always are: usually percent without the percent sign. Pure."""

from collections.abc import Iterator
from math import inf, isinf
from typing import NamedTuple

from analytics.alerts.language.functions import INDICATOR_FUNCTIONS, SERIES
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import (
    Arithmetic,
    Between,
    Call,
    Compared,
    Crosses,
    Negative,
    Node,
    Number,
    Past,
    Series,
)


class Limits(NamedTuple):
    """The lowest and the highest value that are possible, and whether only while prices are above zero."""

    low: float = -inf
    high: float = inf
    of_prices_above_zero: bool = False


ANY = Limits()
OWN = {
    ("change", ""): Limits(-1.0, inf, of_prices_above_zero=True),
    ("drawdown", ""): Limits(0.0, 1.0, of_prices_above_zero=True),
    ("sentiment", ""): Limits(-1.0, 1.0),
    ("typical_volume", ""): Limits(0.0),
    ("bar_volatility", ""): Limits(0.0),
    ("anomaly", "frozen"): Limits(0.0),
}
"""The limits of the language's own functions, by name and part; every other value may be any number."""
FRACTIONS = ("change", "drawdown", "bar_volatility")


def certain_comparisons(rule: Rule) -> list[str]:
    """A sentence for each comparison of a rule that can never be true, or always is where its values are known."""
    nodes = (node for condition in rule.conditions for node in _all(condition))
    return list(dict.fromkeys(filter(None, map(_sentence, nodes))))


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _sentence(node: Node) -> str:
    match node:
        case Compared():
            answer = _answer(node.relation, limits_of(node.left), limits_of(node.right))
        case Crosses():
            answer = (
                None if _can_cross(node.direction, limits_of(node.left), limits_of(node.right)) else False
            )
        case Between():
            value, low, high = (limits_of(each) for each in node.children)
            answer = False if value.high < low.low or value.low > high.high else None
        case _:
            return ""
    return "" if answer is None else _sentence_with_reason(node, answer)


def _answer(relation: str, left: Limits, right: Limits) -> bool | None:
    """What every comparison of values within these limits gives; None if it depends on the values."""
    match relation:
        case ">" | ">=":
            return _answer(relation.replace(">", "<"), right, left)
        case "<":
            return True if left.high < right.low else False if left.low >= right.high else None
        case "<=":
            return True if left.high <= right.low else False if left.low > right.high else None
        case _:
            apart = left.high < right.low or left.low > right.high
            return (relation == "!=") if apart else None


def _can_cross(direction: str, left: Limits, right: Limits) -> bool:
    """Whether a value can be beyond another one and have been at it, or on its other side, before."""
    above, below = left.high > right.low, left.low < right.high
    meets = left.high >= right.low and left.low <= right.high
    return meets and {"above": above, "below": below}.get(direction, above or below)


def _sentence_with_reason(node: Node, answer: bool) -> str:
    found = {each: limits_of(each) for each in node.children}
    of_prices = any(limits.of_prices_above_zero for limits in found.values())
    why = ", ".join(
        f"{expression_text(each)} {_bounds(limits)}" for each, limits in found.items() if _is_shown(limits)
    )
    certain = "is always true" if answer else "can never be true"
    condition = " while prices are above zero" if of_prices else ""
    has_fraction = any(isinstance(each, Call) and each.function in FRACTIONS for each in _all(node))
    hint = "; five percent are 5% or 0.05" if has_fraction else ""
    return f"{expression_text(node)} {certain}{condition}: {why}{hint}."


def _is_shown(limits: Limits) -> bool:
    """Whether they are those of a value, and not of a number that is written out."""
    return limits.low != limits.high and limits[:2] != ANY[:2]


def _bounds(limits: Limits) -> str:
    low, high = limits[:2]
    if isinf(high):
        return f"is at least {low:g}"
    return f"is at most {high:g}" if isinf(low) else f"is from {low:g} to {high:g}"


def limits_of(node: Node) -> Limits:
    """The limits of a number that a rule reads or calculates."""
    match node:
        case Number():
            return Limits(node.value, node.value)
        case Negative():
            low, high, of_prices = limits_of(node.of)
            return Limits(0.0 - high, 0.0 - low, of_prices)
        case Past():
            return limits_of(node.of)
        case Series():
            return Limits(0.0) if SERIES[node.name] == "volume" else ANY
        case Call():
            return _limits_of_call(node)
        case Arithmetic():
            return _calculated(node)
    return ANY


def _calculated(node: Arithmetic) -> Limits:
    """Of numbers that are written out; what is calculated from values may be any number."""
    left, right = limits_of(node.left), limits_of(node.right)
    if left.low != left.high or right.low != right.high or (node.sign == "/" and right.low == 0):
        return ANY
    signs = {"+": left.low + right.low, "-": left.low - right.low, "*": left.low * right.low}
    value = signs[node.sign] if node.sign in signs else left.low / right.low
    return Limits(value, value)


def _limits_of_call(node: Call) -> Limits:
    if node.function == "abs":
        low, high, of_prices = limits_of(node.arguments[0])
        least = 0.0 if low <= 0.0 <= high else min(abs(low), abs(high))
        return Limits(least, max(abs(low), abs(high)), of_prices)
    if node.function in ("min", "max"):
        one, other = (limits_of(each) for each in node.arguments)
        choose = min if node.function == "min" else max
        of_prices = one.of_prices_above_zero or other.of_prices_above_zero
        return Limits(choose(one.low, other.low), choose(one.high, other.high), of_prices)
    function = INDICATOR_FUNCTIONS.get(node.function)
    if function is not None and node.part in function.parts:
        return Limits(*function.spec.outputs[function.parts.index(node.part)].limits)
    return OWN.get((node.function, node.part), ANY)
