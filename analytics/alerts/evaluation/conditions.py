"""Three-valued conditions and the numbers in them, as functions without arguments. Pure.

Each is compiled for a fixed place in the past, so that nothing but the values is looked up at a bar. A number that is
missing, not warm, not finite or divided by zero is unknown, and so is a condition that depends on it: `not unknown` is
unknown, `false and unknown` is false, `true or unknown` is true.
"""

import operator
from collections.abc import Callable
from math import isfinite
from typing import TypeVar

from analytics.alerts.evaluation.histories import History
from analytics.alerts.evaluation.values import SeriesValues
from analytics.alerts.language.syntax import (
    Arithmetic,
    Between,
    Call,
    Compared,
    Crosses,
    Joined,
    Negative,
    Node,
    Not,
    Number,
    Past,
    Series,
)

Result = TypeVar("Result")

NumberNow = Callable[[], float | None]
"""A number at the newest bar; None if it is unknown."""
TruthNow = Callable[[], bool | None]
"""Whether a condition is true at the newest bar; None if that is unknown."""

RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def number_of(node: Node, values: SeriesValues, ago: int = 0) -> NumberNow:
    """Reads the number that an expression was `ago` bars before the newest one. The histories that it needs keep
    that many bars from now on."""
    match node:
        case Number():
            value = node.value
            return lambda: value
        case Series():
            return values.history(node).reader(ago)
        case Call():
            return _called(node, values, ago)
        case Past():
            return _if_there(number_of(node.of, values, ago + node.bars), values, ago + node.bars)
        case Negative():
            of = number_of(node.of, values, ago)
            return lambda: None if (value := of()) is None else -value
        case Arithmetic():
            return _calculated(node, values, ago)
        case _:
            raise AssertionError(f"{node} is no number")


def truth_of(node: Node, values: SeriesValues, ago: int = 0) -> TruthNow:
    """Reads whether an expression was true `ago` bars before the newest one, as `number_of` does."""
    match node:
        case Compared():
            return _compared(
                node.relation, number_of(node.left, values, ago), number_of(node.right, values, ago)
            )
        case Between():
            value, low, high = (number_of(each, values, ago) for each in node.children)
            return _both(_compared(">=", value, low), _compared("<=", value, high))
        case Crosses():
            return _crossed(node, values, ago)
        case Joined():
            one, other = truth_of(node.left, values, ago), truth_of(node.right, values, ago)
            return _both(one, other) if node.junction == "and" else _either(one, other)
        case Not():
            return _opposite(truth_of(node.of, values, ago))
        case Past():
            return _if_there(truth_of(node.of, values, ago + node.bars), values, ago + node.bars)
        case Call():
            flag = values.history(node).reader(ago)
            return lambda: None if (value := flag()) is None else value != 0.0
        case _:
            raise AssertionError(f"{node} is no condition")


def _if_there(of: Callable[[], Result | None], values: SeriesValues, ago: int) -> Callable[[], Result | None]:
    """Unknown while there is no bar so far back."""
    return lambda: of() if ago < values.seen else None


def _called(node: Call, values: SeriesValues, ago: int) -> NumberNow:
    match node.function:
        case "abs":
            of = number_of(node.arguments[0], values, ago)
            return lambda: None if (value := of()) is None else abs(value)
        case "min" | "max":
            parts = [number_of(each, values, ago) for each in node.arguments]
            return _extreme_of(parts, min if node.function == "min" else max)
        case "highest" | "lowest":
            return _extreme_over(node, values, ago)
        case _:
            return values.history(node).reader(ago)


def _extreme_of(parts: list[NumberNow], choose: Callable[[list[float]], float]) -> NumberNow:
    def extreme() -> float | None:
        found = [value for part in parts if (value := part()) is not None]
        return choose(found) if len(found) == len(parts) else None

    return extreme


def _extreme_over(node: Call, values: SeriesValues, ago: int) -> NumberNow:
    of, length = node.arguments
    assert isinstance(of, Series | Call) and isinstance(length, Number)
    choose = max if node.function == "highest" else min
    return _ExtremeOver(values, values.history(of), int(length.value), ago, choose)


class _ExtremeOver:
    """The extreme of so many bars up to `ago` bars before the newest one.

    Bars are counted by the turns of the values. While the extreme of the turn before is in the window, only the newest
    value can be beyond it; otherwise the window is searched.
    """

    def __init__(
        self, values: SeriesValues, history: History, bars: int, ago: int, choose: Callable[..., float]
    ) -> None:
        self._values, self._history, self._choose = values, history, choose
        self._bars, self._ago = bars, ago
        self._window, self._newest = history.window_reader(bars, ago), history.reader(ago)
        self._turn = self._best = -1

    def __call__(self) -> float | None:
        turn = self._values.turn
        is_next, self._turn = turn == self._turn + 1, turn
        if not is_next or turn - self._best >= self._bars:
            return self._search()
        best, newest = self._history.ago(self._ago + turn - self._best), self._newest()
        if best is None or newest is None:
            return self._search()
        extreme = self._choose(best, newest)
        if extreme == newest:
            self._best = turn
        return extreme

    def _search(self) -> float | None:
        window = self._window()
        if len(window) < self._bars or None in window:
            self._best = self._turn - self._bars
            return None
        extreme = self._choose(window)
        self._best = self._turn - self._bars + 1 + window.index(extreme)
        return extreme


def _calculated(node: Arithmetic, values: SeriesValues, ago: int) -> NumberNow:
    left, right = (number_of(side, values, ago) for side in node.children)
    calculate, is_division = SIGNS[node.sign], node.sign == "/"

    def calculated() -> float | None:
        one, other = left(), right()
        if one is None or other is None or (is_division and other == 0.0):
            return None
        value = calculate(one, other)
        return value if isfinite(value) else None

    return calculated


def _compared(relation: str, left: NumberNow, right: NumberNow) -> TruthNow:
    holds = RELATIONS[relation]

    def compared() -> bool | None:
        one, other = left(), right()
        return None if one is None or other is None else holds(one, other)

    return compared


def _crossed(node: Crosses, values: SeriesValues, ago: int) -> TruthNow:
    left, right = (number_of(side, values, ago) for side in node.children)
    left_before, right_before = (number_of(side, values, ago + 1) for side in node.children)
    direction = node.direction

    def crossed() -> bool | None:
        now, level, before, level_before = left(), right(), left_before(), right_before()
        if now is None or level is None or before is None or level_before is None:
            return None
        above = before <= level_before and now > level
        below = before >= level_before and now < level
        return above if direction == "above" else below if direction == "below" else above or below

    return _if_there(crossed, values, ago + 1)


def _opposite(of: TruthNow) -> TruthNow:
    def opposite() -> bool | None:
        value = of()
        return None if value is None else not value

    return opposite


def _both(one: TruthNow, other: TruthNow) -> TruthNow:
    def both() -> bool | None:
        first = one()
        if first is False:
            return False
        second = other()
        if second is False:
            return False
        return None if first is None or second is None else True

    return both


def _either(one: TruthNow, other: TruthNow) -> TruthNow:
    def either() -> bool | None:
        first = one()
        if first:
            return True
        second = other()
        if second:
            return True
        return None if first is None or second is None else False

    return either
