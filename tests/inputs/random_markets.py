"""Random markets: records of three symbols whose times move back and forth around an opening, a close, a midnight."""

from hypothesis import strategies as st
from msgspec.structs import replace

from shared.market.records import INTERVAL_SECONDS, INTERVALS, Record, RecordedInterval
from tests.inputs.records import mark, quote, recorded_bar, second, split

OPENS, CLOSES = second("2024-01-03T14:30"), second("2024-01-03T21:00")
MIDNIGHT = second("2024-01-04T00:00")
END = mark(second("2024-01-08T00:00"))
DAY = 86_400
EXCHANGES = {"A": "XNYS", "B": "24/7", "C": "XNYS"}
RECORDED: tuple[RecordedInterval, ...] = ("1s", *INTERVALS)
KINDS = ("quote",) * 8 + ("bar",) * 5 + ("mark", "extreme") + ("mark for all", "split") * 2

symbols = st.sampled_from("ABC")
cents = st.integers(5_000, 20_000)
sizes = st.none() | st.integers(0, 500).map(float)
conditions = st.sampled_from([*[None] * 8, "I", "Z", "T", "TI", "M"])
# A message cannot hold NaN, so a quote of the log has none.
offers = st.none() | st.sampled_from([0.0, 1e-16, 1e-9, 99.5, 100.0, 100.25, 1e14, 1e18])
graces = st.sampled_from([0.0, 0.5, 2.0, 60.0, 90.0])
steps = st.sampled_from(
    [0, 0, 1_000, 7_321, 30_000, 60_000, 61_500, 300_000, 900_000, -1_000, -45_000, -200_000]
)


@st.composite
def markets(draw: st.DrawFn) -> list[Record]:
    """Some dozens of records; times have milliseconds, and a split sometimes comes twice."""
    now = draw(st.sampled_from([OPENS, CLOSES, MIDNIGHT])) * 1000 - draw(st.integers(0, 3_600_000))
    records: list[Record] = []
    for step, symbol, kind in draw(
        st.lists(st.tuples(steps, symbols, st.sampled_from(KINDS)), min_size=5, max_size=70)
    ):
        now += step
        match kind:
            case "bar":
                records.append(draw(recorded_bars(now // 1000, symbol)))
            case "split":
                records += [draw(splits(now // 1000, symbol))] * draw(st.sampled_from([1, 1, 2]))
            case "mark" | "mark for all":
                records.append(mark(now / 1000, symbol if kind == "mark" else None))
            case _:
                price = draw(cents) / 100 * (1e6 if kind == "extreme" else 1.0)
                made = quote(now / 1000, price, symbol, draw(sizes), EXCHANGES[symbol])
                records.append(replace(made, conditions=draw(conditions), bid=draw(offers), ask=draw(offers)))
    return records


@st.composite
def recorded_bars(draw: st.DrawFn, now: int, symbol: str) -> Record:
    """The bar of any length that is open now, or one of the three before it."""
    interval = draw(st.sampled_from(RECORDED))
    seconds = INTERVAL_SECONDS[interval]
    start = (now // seconds - draw(st.sampled_from([0, 0, 0, 1, 3]))) * seconds
    if interval == "1d":
        start = OPENS if EXCHANGES[symbol] == "XNYS" else now // DAY * DAY
    low, opened, close, high = sorted(draw(st.tuples(cents, cents, cents, cents)))
    prices = opened / 100, high / 100, low / 100, close / 100
    return recorded_bar(start, interval, prices, draw(sizes) or 0.0, EXCHANGES[symbol], symbol)


@st.composite
def splits(draw: st.DrawFn, now: int, symbol: str) -> Record:
    """One that takes effect now, or is received too late; a power of two, so that new shares are exact to the bit."""
    time = now - draw(st.sampled_from([0, 0, 30, 400, DAY]))
    if draw(st.booleans()):
        time -= time % 60
    return split(time, draw(st.sampled_from([2.0, 8.0, 0.5])), symbol, EXCHANGES[symbol])
