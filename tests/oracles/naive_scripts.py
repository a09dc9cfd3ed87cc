"""What Pine and StockCharts calculate, by their descriptions, over whole columns; None is a value that is missing."""

from collections.abc import Callable, Sequence
from statistics import fmean, pstdev

Column = list[float | None]
Truths = list[bool | None]


def _each(one: Column, other: Column, of: Callable[[float, float], bool]) -> Truths:
    return [None if None in (a, b) else of(a, b) for a, b in zip(one, other, strict=True)]  # type: ignore[arg-type]


def above(one: Column, other: Column) -> Truths:
    return _each(one, other, lambda a, b: a > b)


def level(value: float, like: Column) -> Column:
    return [value] * len(like)


def before(column: Column, bars: int = 1) -> Column:
    return [None] * bars + column[:-bars]


def windows(column: Column, length: int, of: Callable[[list[float]], float]) -> Column:
    found: Column = []
    for end in range(1, len(column) + 1):
        window = [value for value in column[max(0, end - length) : end] if value is not None]
        found.append(of(window) if len(window) == length else None)
    return found


def sma(column: Column, length: int) -> Column:
    return windows(column, length, fmean)


def _smoothed(column: Column, length: int, share: float) -> Column:
    """An average that moves by a share of the distance; it begins with the mean of the first values."""
    found: Column = []
    known: list[float] = []
    average: float | None = None
    for value in column:
        if value is not None and average is not None:
            average += share * (value - average)
        elif value is not None:
            known.append(value)
            average = fmean(known) if len(known) == length else None
        found.append(average)
    return found


def ema(column: Column, length: int) -> Column:
    return _smoothed(column, length, 2 / (length + 1))


def rsi(column: Column, length: int) -> Column:
    moves = [None if None in (a, b) else a - b for a, b in zip(column, before(column), strict=True)]  # type: ignore[operator]
    gains = _smoothed([None if move is None else max(move, 0.0) for move in moves], length, 1 / length)
    losses = _smoothed([None if move is None else max(-move, 0.0) for move in moves], length, 1 / length)
    return [
        None if gain is None or loss is None else 100 - 100 / (1 + gain / loss) if loss else 100.0
        for gain, loss in zip(gains, losses, strict=True)
    ]


def difference(one: Column, other: Column) -> Column:
    return [None if None in (a, b) else a - b for a, b in zip(one, other, strict=True)]  # type: ignore[operator]


def macd(column: Column) -> tuple[Column, Column]:
    line = difference(ema(column, 12), ema(column, 26))
    return line, ema(line, 9)


def lower_band(column: Column, length: int, width: float) -> Column:
    return windows(column, length, lambda window: fmean(window) - width * pstdev(window))


def stochastic(high: Column, low: Column, close: Column, length: int) -> Column:
    tops, bottoms = windows(high, length, max), windows(low, length, min)
    return [
        None if top is None or bottom is None or value is None else 100 * (value - bottom) / (top - bottom)
        for top, bottom, value in zip(tops, bottoms, close, strict=True)
    ]


def crossover(one: Column, other: Column) -> Truths:
    was = _each(before(one), before(other), lambda a, b: a <= b)
    return both(was, above(one, other))


def both(one: Truths, other: Truths) -> Truths:
    return [
        False if False in (a, b) else None if None in (a, b) else True
        for a, b in zip(one, other, strict=True)
    ]


def becomes_true(truths: Sequence[bool | None]) -> list[int]:
    """The places at which a condition is true and was known to be false before."""
    return [place for place in range(1, len(truths)) if truths[place] and truths[place - 1] is False]
