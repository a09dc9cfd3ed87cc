"""Random rules as text, and random bars for them, by hypothesis."""

from typing import NamedTuple

from hypothesis import strategies as some

from analytics.mood.headline_mood import ScoredHeadline
from shared.market.records import Bar

NUMBERS = ("0", "1", "2.5", "100", "3%", "0.5")
VALUES = (
    *("open", "high", "low", "close", "volume", "vwap", "spread", "spread"),
    *("sma(3)", "sma(volume, 2)", "ema(3)", "rsi(2)", "macd(2, 3, 2).histogram", "bollinger(3, 2).lower"),
    *("atr(2)", "stochastic(3, 2, 2).k", "obv()", "session_vwap()", "z_score(3)", "year_drawdown()"),
    *("bar_volatility(2)", "typical_volume()"),
    *("change(1)", "change(2)", "change(1d)", "change(3m)", "drawdown(3)", "drawdown(2d)", "drawdown(4m)"),
    *("sentiment(1h)", "sentiment(1d, 1h)"),
    *("highest(high, 3)", "lowest(sma(2), 2)", "highest(rsi(2), 2)", "lowest(spread, 2)"),
)


def _operand(inner: some.SearchStrategy[str]) -> some.SearchStrategy[str]:
    return some.one_of(
        some.builds("({} {} {})".format, inner, some.sampled_from("+-*/"), inner),
        some.builds("-{}".format, inner),
        some.builds("({} * 1)[{}]".format, inner, some.integers(1, 3)),
        some.builds("abs({})".format, inner),
        some.builds("{}({}, {})".format, some.sampled_from(("min", "max")), inner, inner),
    )


LEAVES = some.one_of(
    some.sampled_from(NUMBERS),
    some.sampled_from(VALUES),
    some.builds("{}[{}]".format, some.sampled_from(VALUES), some.integers(1, 3)),
)
OPERANDS = some.recursive(LEAVES, _operand, max_leaves=3)
RELATIONS = some.sampled_from(("<", "<=", ">", ">=", "==", "!="))
COMPARED = some.one_of(
    some.builds("{} {} {}".format, OPERANDS, RELATIONS, OPERANDS),
    some.builds("{} between {} and {}".format, OPERANDS, OPERANDS, OPERANDS),
    some.builds("{} crosses{} {}".format, OPERANDS, some.sampled_from(("", " above", " below")), OPERANDS),
)
CONDITIONS = some.recursive(
    COMPARED,
    lambda inner: some.one_of(
        some.builds("not ({})".format, inner),
        some.builds("({}) {} ({})".format, inner, some.sampled_from(("and", "or")), inner),
        some.builds("({})[{}]".format, inner, some.integers(1, 2)),
    ),
    max_leaves=3,
)
ENDINGS = some.tuples(
    some.sampled_from(("", "for 2 bars", "for 3 bars")),
    some.one_of(some.just(""), some.builds("clear {}".format, COMPARED)),
    some.sampled_from(("", "once", "every 3m", "every 1d")),
    some.sampled_from(("", "while open")),
)
RULES = some.builds(lambda condition, endings: " ".join((condition, *endings)), CONDITIONS, ENDINGS)


class Market(NamedTuple):
    """Bars of a minute, splits by the place of the first bar after them, and headlines in any order."""

    bars: list[Bar]
    splits: dict[int, float]
    headlines: list[ScoredHeadline]


SCORES = some.sampled_from((-1.0, -0.6, 0.0, 0.1, 0.7))


@some.composite
def markets(draw: some.DrawFn) -> Market:
    """Few different prices, so that values are often equal; gaps, other sessions, bars without volume, splits."""
    bars: list[Bar] = []
    start = 86_400 * 100 + 86_400 - 600
    spreads = some.sampled_from((None, None, 0.0, 0.01, 0.03, 1.5))
    price = some.sampled_from((50.0, 75.0, 100.0, 100.5, 125.0, 200.0))
    for _ in range(draw(some.integers(1, 14))):
        start += draw(some.sampled_from((60, 60, 60, 300, 86_400)))
        first, last, other = draw(price), draw(price), draw(price)
        low, high = min(first, last, other), max(first, last, other)
        volume = draw(some.sampled_from((0.0, 64.0, 128.0, 1024.0)))
        session = draw(some.sampled_from(("regular", "regular", "post")))
        vwap = other if volume else None
        four, known = (first, high, low, last), (1, session, "test", draw(spreads))
        bars.append(Bar("AAPL", "1m", start, start + 60, *four, volume, vwap, *known))
    places = some.integers(0, len(bars))
    ratios = some.sampled_from((2.0, 4.0, 0.5))
    splits = draw(some.dictionaries(places, ratios, max_size=2))
    return Market(bars, splits, draw(some.lists(_headlines(bars[0].start, start), max_size=6)))


@some.composite
def _headlines(draw: some.DrawFn, first: int, last: int) -> ScoredHeadline:
    """A headline that was known at once or later, about the time of the bars."""
    published = draw(some.integers(first - 7_200, last + 60))
    counts_from = published + draw(some.sampled_from((0, 1, 60, 4_000, 90_000)))
    return ScoredHeadline(counts_from, published + draw(some.sampled_from((0.0, 0.25))), draw(SCORES))
