"""What a rule means, written a second time without any state: everything is calculated again from all bars so far."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import fsum, isfinite, sqrt
from operator import attrgetter, eq, ge, gt, le, lt, ne
from typing import Any, NamedTuple

from analytics.alerts.language.functions import INDICATOR_FUNCTIONS
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import (
    Arithmetic,
    Between,
    Call,
    Compared,
    Crosses,
    Duration,
    Joined,
    Negative,
    Node,
    Not,
    Number,
    Past,
    Series,
)
from analytics.indicators.series.inputs import Input
from analytics.mood.headline_mood import ScoredHeadline
from shared.market.records import Bar
from tests.inputs.records import context

RELATIONS = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}
DAY = 86_400
Moods = Sequence[ScoredHeadline]


class BarAmongOthers(Bar):
    """A bar, and the last bars of other symbols at its end, by symbol; None for one that is unknown there."""

    others: Mapping[str, Bar | None]


def value(node: Node, bars: Sequence[Bar], moods: Moods = ()) -> Any:
    """The value of an expression at the last bar: a number, a truth, or None if it is unknown."""
    if not bars:
        return None
    match node:
        case Number():
            return node.value
        case Series() if node.symbol and isinstance(bars[-1], BarAmongOthers):
            other = bars[-1].others.get(node.symbol)
            return None if other is None else getattr(other, node.name)
        case Series():
            return getattr(bars[-1], node.name)
        case Past():
            return value(node.of, bars[: max(0, len(bars) - node.bars)], moods)
        case Negative():
            of = value(node.of, bars, moods)
            return None if of is None else -of
        case Arithmetic():
            return _arithmetic(node, bars, moods)
        case Call():
            return _call(node, bars, moods)
        case _:
            return _truth(node, bars, moods)


def _arithmetic(node: Arithmetic, bars: Sequence[Bar], moods: Moods) -> float | None:
    one, other = value(node.left, bars, moods), value(node.right, bars, moods)
    if one is None or other is None:
        return None
    try:
        found = {"+": one + other, "-": one - other, "*": one * other}
        result = float(found[node.sign] if node.sign in found else one / other)
    except ZeroDivisionError:
        return None
    return result if isfinite(result) else None


def _truth(node: Node, bars: Sequence[Bar], moods: Moods) -> bool | None:
    match node:
        case Compared():
            sides = [value(node.left, bars, moods), value(node.right, bars, moods)]
            return None if None in sides else bool(RELATIONS[node.relation](*sides))
        case Between():
            low = Compared(">=", node.value, node.low, place=0)
            high = Compared("<=", node.value, node.high, place=0)
            return _truth(Joined("and", low, high, place=0), bars, moods)
        case Crosses():
            return _crosses(node, bars, moods)
        case Not():
            of = value(node.of, bars, moods)
            return None if of is None else not of
        case Joined():
            found = [value(node.left, bars, moods), value(node.right, bars, moods)]
            decisive = node.junction == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        case _:
            raise AssertionError(node)


def _crosses(node: Crosses, bars: Sequence[Bar], moods: Moods) -> bool | None:
    before = [value(node.left, bars[:-1], moods), value(node.right, bars[:-1], moods)]
    now = [value(node.left, bars, moods), value(node.right, bars, moods)]
    if None in before or None in now:
        return None
    above = bool(before[0] <= before[1] and now[0] > now[1])
    below = bool(before[0] >= before[1] and now[0] < now[1])
    return {"above": above, "below": below, "": above or below}[node.direction]


def _call(node: Call, bars: Sequence[Bar], moods: Moods) -> Any:
    arguments = node.arguments
    match node.function:
        case "abs":
            of = value(arguments[0], bars, moods)
            return None if of is None else abs(of)
        case "min" | "max":
            found = [value(each, bars, moods) for each in arguments]
            return None if None in found else (min if node.function == "min" else max)(found)
        case "highest" | "lowest":
            length = int(arguments[1].value)  # type: ignore[attr-defined]
            window = [
                value(arguments[0], bars[:end], moods)
                for end in range(max(0, len(bars) - length) + 1, len(bars) + 1)
            ]
            if len(window) < length or None in window:
                return None
            return (max if node.function == "highest" else min)(window)
        case "sentiment":
            return _mood(arguments, bars, moods)
        case _:
            return _of_bars(node, bars)


def _of_bars(node: Call, bars: Sequence[Bar]) -> Any:
    match node.function:
        case "change":
            return _change(node.arguments[0], bars)
        case "drawdown":
            return _drawdown(node.arguments[0], bars)
        case "typical_volume":
            return _typical_volume(bars)
        case "bar_volatility":
            annual = _indicator(Call("volatility", node.arguments, place=0), bars)
            return None if annual is None else annual * (1 / sqrt(context().periods_per_year))
        case "sma":
            series, length = _series_and_length(node)
            closes = [getattr(bar, series) for bar in bars[-length:]]
            return fsum(closes) / length if len(closes) == length else None
        case _:
            return _indicator(node, bars)


def _series_and_length(node: Call) -> tuple[str, int]:
    *series, length = node.arguments
    name = series[0].name if series and isinstance(series[0], Series) else "close"
    assert isinstance(length, Number)
    return name, int(length.value)


def _mood(durations: Sequence[Node], bars: Sequence[Bar], moods: Moods) -> float | None:
    """The weighted mean of all headlines that were known when the last bar closed."""
    span, half_life = (each.seconds for each in durations if isinstance(each, Duration))
    end = bars[-1].end
    known = [each for each in moods if each.counts_from <= end and end - each.published < span]
    newest = max((each.published for each in known), default=0.0)
    weights = [2.0 ** (-(newest - each.published) / half_life) for each in known]
    return (
        fsum(w * each.score for w, each in zip(weights, known, strict=True)) / fsum(weights)
        if known
        else None
    )


def _days(bars: Sequence[Bar]) -> list[int]:
    return sorted({bar.start // DAY for bar in bars})


def _change(span: Node, bars: Sequence[Bar]) -> float | None:
    last = bars[-1]
    if isinstance(span, Number):
        earlier = list(bars[: len(bars) - int(span.value)])
    elif isinstance(span, Duration) and span.text.endswith("d"):
        days = _days(bars)[: -(span.seconds // DAY)]
        earlier = [bar for bar in bars if bar.start // DAY in days and bar.session == "regular"]
    else:
        assert isinstance(span, Duration)
        earlier = [bar for bar in bars if bar.end <= last.end - span.seconds]
    return last.close / earlier[-1].close - 1.0 if earlier else None


def _typical_volume(bars: Sequence[Bar]) -> float | None:
    """The mean volume of the earlier bars at the same time of day; of more than 20 the newest has one twentieth."""
    *earlier, last = bars
    volumes = [bar.volume for bar in earlier if bar.start % DAY == last.start % DAY]
    mean = 0.0
    for count, volume in enumerate(volumes, start=1):
        mean += (volume - mean) / min(count, 20)
    return mean if len(volumes) >= 5 and mean > 0 else None


def _drawdown(span: Node, bars: Sequence[Bar]) -> float | None:
    last = bars[-1]
    if isinstance(span, Number):
        window = bars[-int(span.value) :]
        is_covered = len(window) == int(span.value)
    elif isinstance(span, Duration) and span.text.endswith("d"):
        days = _days(bars)
        window = [bar for bar in bars if bar.start // DAY in days[-(span.seconds // DAY) :]]
        is_covered = len(days) >= span.seconds // DAY
    else:
        assert isinstance(span, Duration)
        window = [bar for bar in bars if bar.end > last.end - span.seconds]
        is_covered = bars[0].start <= last.end - span.seconds
    return 1.0 - last.close / max(bar.high for bar in window) if is_covered else None


def _indicator(node: Call, bars: Sequence[Bar]) -> Any:
    """The indicator's own class, which has oracles of its own, over all bars."""
    function = INDICATOR_FUNCTIONS[node.function]
    given: dict[str, Any] = {}
    numbers: list[float] = []
    for argument in node.arguments:
        if isinstance(argument, Series):
            read = attrgetter(argument.name)
            given["of"] = Input(argument.name, read, argument.name == "volume")
        elif isinstance(argument, Number):
            numbers.append(argument.value)
    periods = [int(number) for number in numbers[: len(function.periods)]]
    given |= dict(zip([each.name for each in function.factors], numbers[len(periods) :], strict=True))
    needs = [getattr(context(), name) for name in function.spec.needs]
    indicator = function.spec.indicator(*periods, *needs, **given)
    found: Any = None
    for bar in bars:
        found = indicator.update(bar)
    return found[function.parts.index(node.part)] if isinstance(found, tuple) else found


def in_shares_of(bars: Sequence[Bar], splits: dict[int, float]) -> list[Bar]:
    """The bars before each split, whose place is that of the first bar after it, in the shares of the last bar."""
    found: list[Bar] = []
    for place, bar in enumerate(bars):
        if place in splits:
            found = [_split(each, splits[place]) for each in found]
        found.append(bar)
    return found


def _split(bar: Bar, ratio: float) -> Bar:
    prices = {name: getattr(bar, name) / ratio for name in ("open", "high", "low", "close")}
    vwap = None if bar.vwap is None else bar.vwap / ratio
    return bar._replace(**prices, volume=bar.volume * ratio, vwap=vwap)


class OtherMarket(NamedTuple):
    """The bars of another symbol, its splits by the place of the first bar after them, and the ends of the bars since
    and until which its values are unknown."""

    bars: Sequence[Bar]
    splits: dict[int, float]
    gap: tuple[int, int] = (0, 0)


ALONE: Mapping[str, OtherMarket] = {}


def among_others(
    bars: Sequence[Bar], splits: dict[int, float], others: Mapping[str, OtherMarket]
) -> list[Bar]:
    """The bars with those of other symbols, all in the shares of their last bar that is known at the last of these."""
    found: list[Bar] = []
    for bar in in_shares_of(bars, splits):
        among = BarAmongOthers(*bar)
        among.others = {symbol: _last_of(market, bars, bar.end) for symbol, market in others.items()}
        found.append(among)
    return found


def _last_of(market: OtherMarket, bars: Sequence[Bar], end: int) -> Bar | None:
    since, until = market.gap
    if since < end <= until:
        return None
    known_at = max(bar.end for bar in bars if not since < bar.end <= until)
    known = in_shares_of([bar for bar in market.bars if bar.end <= known_at], market.splits)
    return max((bar for bar in known if bar.end <= end), key=lambda bar: bar.end, default=None)


def fires(
    rule: Rule,
    bars: Sequence[Bar],
    splits: dict[int, float],
    moods: Moods = (),
    others: Mapping[str, OtherMarket] = ALONE,
) -> list[int]:
    """The places of the bars at which a rule fires."""
    prefixes = [among_others(bars[: place + 1], splits, others) for place in range(len(bars))]
    evaluated = [place for place, bar in enumerate(bars) if not rule.while_open or bar.session == "regular"]
    condition = [value(rule.condition, prefixes[place], moods) for place in evaluated]
    clear = [value(rule.clear, prefixes[place], moods) if rule.clear else None for place in evaluated]
    # What the condition of a bar is in the shares of the next one, where it is known there.
    known = [restated(rule, bars, splits, moods, others, *pair) for pair in pairwise([*evaluated, len(bars)])]
    after = [new if new is not None else old for new, old in zip(known, condition, strict=True)]
    fired: list[int] = []
    for last in range(rule.bars, len(evaluated)):
        armed_at = last - rule.bars
        is_true = [*condition[armed_at + 1 : last + 1], *after[armed_at + 1 : last]]
        if after[armed_at] is not False or is_true != [True] * (2 * rule.bars - 1):
            continue
        if rule.clear and fired and True not in clear[fired[-1] + 1 : armed_at + 1]:
            continue
        if fired and (rule.is_once or _is_too_soon(rule, bars[evaluated[fired[-1]]], bars[evaluated[last]])):
            continue
        fired.append(last)
    return [evaluated[place] for place in fired]


def restated(
    rule: Rule,
    bars: Sequence[Bar],
    splits: dict[int, float],
    moods: Moods,
    others: Mapping[str, OtherMarket],
    place: int,
    following: int,
) -> bool | None:
    """The condition as splits between two evaluated bars leave it: that at the bar before each, in the shares after it.
    None without any, or where none is known."""
    found: bool | None = None
    for number in range(place + 1, min(following + 1, len(bars))):
        old = among_others(bars[:number], splits, others)
        new = among_others(bars[: number + 1], splits, others)[:-1]
        if _with_others(old) != _with_others(new):
            truth = value(rule.condition, new, moods)
            found = found if truth is None else truth
    return found


def _with_others(bars: Sequence[Bar]) -> list[tuple[Bar, object]]:
    return [(bar, getattr(bar, "others", None)) for bar in bars]


def _is_too_soon(rule: Rule, before: Bar, now: Bar) -> bool:
    since = now.end - before.end
    if rule.interval == "1d":
        since = round(since / DAY) * DAY
    return rule.every is not None and since < rule.every.seconds
