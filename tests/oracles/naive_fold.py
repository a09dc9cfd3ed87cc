"""The engine's rules in the plainest code: a bar is a list of its quotes, and its values are calculated at the end.

No state is kept that can be calculated again. It has one session of New York and the days of UTC, and sets no extreme
price aside.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import NamedTuple

from shared.market.records import (
    INTERVAL_SECONDS,
    INTERVALS,
    Bar,
    CorporateAction,
    Interval,
    Quote,
    Record,
    RecordedBar,
    TimeMark,
)
from tests.inputs.random_markets import CLOSES, EXCHANGES, OPENS

ODD_LOT, OFFICIAL_CLOSE, FORM_T = "IMT"
"""The sale conditions of random markets that set no price; they also have trades out of sequence."""


class Piece(NamedTuple):
    """A quote or a recorded bar, as it falls into a bar; of `sized` shares the prices count: `paid` in all. It may
    set neither open nor close, and no price at all."""

    began: float
    ended: float
    prices: tuple[float, float, float, float]
    volume: float
    paid: float = 0.0
    sized: float = 0.0
    is_last: bool = True
    has_price: bool = True
    spread: float | None = None

    def in_new_shares(self, ratio: float) -> "Piece":
        opened, high, low, close = self.prices
        prices = opened / ratio, high / ratio, low / ratio, close / ratio
        return self._replace(prices=prices, volume=self.volume * ratio, sized=self.sized * ratio)


@dataclass
class Box:
    """An open bar: what fell into it so far, in the order in which it came."""

    start: int
    end: int
    pieces: list[Piece] = field(default_factory=list)
    whole: bool = False

    @property
    def last_pieces(self) -> list[Piece]:
        """Those that set open and close. Without any there is no bar."""
        return [piece for piece in self.pieces if piece.is_last]

    def bar(self, symbol: str, interval: Interval) -> Bar:
        """Of equal times the first to come opens, and the last to come closes."""
        opened = min(self.last_pieces, key=lambda piece: piece.began).prices[0]
        close = sorted(self.last_pieces, key=lambda piece: piece.ended)[-1].prices[3]
        high, low = (
            max(piece.prices[1] for piece in self.pieces if piece.has_price),
            min(piece.prices[2] for piece in self.pieces if piece.has_price),
        )
        volume, sized = (
            fsum(piece.volume for piece in self.pieces),
            fsum(piece.sized for piece in self.pieces),
        )
        vwap = fsum(piece.paid for piece in self.pieces) / sized if sized else None
        vwap = None if vwap is None else min(max(vwap, low), high)
        four = opened, high, low, close
        offered = [piece for piece in self.last_pieces if piece.spread is not None]
        spread = sorted(offered, key=lambda piece: piece.ended)[-1].spread if offered else None
        count = len(self.pieces)
        return Bar(symbol, interval, self.start, self.end, *four, volume, vwap, count, "", "", spread)

    def split(self, ratio: float, time: float) -> None:
        """A bar that saw prices of both sides stays as it is."""
        ended = [piece.ended for piece in self.last_pieces] or [self.end]
        if self.start < time and max(ended) <= time:
            self.pieces = [piece.in_new_shares(ratio) for piece in self.pieces]


class Closing(NamedTuple):
    """A bar that closed at a record's `offset`, as the last of its series, all in the shares of then."""

    offset: int
    series: list[Bar]


def box_of(symbol: str, interval: Interval, time: float) -> Box | None:
    """The empty box that `time` falls into; a day is the session, and outside it there is none."""
    if interval == "1d" and EXCHANGES[symbol] == "XNYS":
        return Box(OPENS, CLOSES) if OPENS <= time < CLOSES else None
    start = int(time // INTERVAL_SECONDS[interval]) * INTERVAL_SECONDS[interval]
    return Box(start, start + INTERVAL_SECONDS[interval])


class NaiveSymbol:
    """One symbol: its open boxes by interval and start, its closed bars, and how many records came too late."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.boxes: dict[tuple[Interval, int], Box] = {}
        self.closed: dict[Interval, list[Bar]] = {interval: [] for interval in INTERVALS}
        self.split_at = 0.0
        self.late = 0

    def close(self, until: int) -> Iterable[list[Bar]]:
        """The series that got a bar, in order: the earliest end first, and of equal ones the shortest bar."""
        while due := [key for key, box in self.boxes.items() if box.end <= until]:
            interval, start = min(due, key=lambda key: (self.boxes[key].end, INTERVAL_SECONDS[key[0]]))
            box = self.boxes.pop((interval, start))
            if box.last_pieces:
                self.closed[interval].append(box.bar(self.name, interval))
                yield list(self.closed[interval])
            if interval == "1m":
                self.fill(INTERVALS[1:], start, box.pieces, 0)

    def fill(
        self,
        intervals: Sequence[Interval],
        time: float,
        pieces: list[Piece],
        closed: int,
        is_whole: bool = False,
    ) -> None:
        """Pieces fall into one bar after the other, the shorter first, and no further than into a whole one; a day is
        reached by what ends within it."""
        last = max(time, *(piece.ended - 1 for piece in pieces))
        for interval in intervals:
            found = box_of(self.name, interval, time) or box_of(self.name, interval, last)
            if found is None or found.end <= closed:
                continue
            box = self.boxes.setdefault((interval, found.start), found)
            if box.whole:
                return
            if is_whole and not box.last_pieces and interval == intervals[0]:
                box.pieces = []
            box.pieces += pieces

    def quote(self, quote: Quote, closed: int) -> None:
        """A quote falls into its minute, unless that is closed."""
        time, price, size = quote.event_time.timestamp(), quote.price, quote.size or 0.0
        if time < closed:
            self.late += 1
        else:
            is_last, has_price, has_size = self.updates(quote.conditions or "", time)
            size = size if has_size else 0.0
            sized = size if has_price else 0.0
            spread = spread_of(quote.bid, quote.ask)
            piece = Piece(time, time, (price,) * 4, size, price * sized, sized, is_last, has_price, spread)
            self.fill(["1m"], time, [piece], closed)

    def updates(self, conditions: str, time: float) -> tuple[bool, bool, bool]:
        """Whether a quote sets open and close, high and low, and volume."""
        codes = set(conditions)
        if EXCHANGES[self.name] != "XNYS" or not OPENS <= time < CLOSES:
            codes -= {FORM_T}
        return (
            not codes,
            not codes & {ODD_LOT, OFFICIAL_CLOSE, FORM_T},
            OFFICIAL_CLOSE not in codes,
        )

    def recorded(self, record: RecordedBar, closed: int) -> None:
        """A second falls into its minute; a longer one is whole, and comes too late where its time has begun."""
        interval: Interval = "1m" if record.interval == "1s" else record.interval
        start = record.start.timestamp()
        box = box_of(self.name, interval, start)
        assert box is not None, "days are drawn within their session"
        ended = start + 1 if record.interval == "1s" else box.end
        prices = record.open, record.high, record.low, record.close
        piece = Piece(start, ended, prices, record.volume or 0.0)
        if box.end <= closed:
            self.late += 1
        elif record.interval == "1s":
            self.fill(["1m"], start, [piece], closed)
        elif not self.has_begun(interval, box):
            self.fill(
                INTERVALS[INTERVALS.index(interval) :][: 1 if interval == "1m" else None],
                start,
                [piece],
                closed,
                is_whole=True,
            )
            self.boxes[interval, box.start].whole = True
        elif interval == "1m" and not self.boxes["1m", box.start].whole:
            self.boxes["1m", box.start] = Box(box.start, box.end, [piece], whole=True)

    def has_begun(self, interval: Interval, box: Box) -> bool:
        """Whether a price of its time came, be it only into a minute that is still open."""
        priced = {key for key, each in self.boxes.items() if each.last_pieces}
        minutes = (start for length, start in priced if length == "1m")
        return (interval, box.start) in priced or any(box.start <= start < box.end for start in minutes)

    def action(self, action: CorporateAction) -> None:
        """A split is applied once to whatever has not seen the new shares yet; a dividend changes nothing."""
        time, ratio = action.time.timestamp(), action.value
        if action.action == "dividend" or time <= self.split_at:
            return
        self.split_at = time
        for box in self.boxes.values():
            box.split(ratio, time)
        for interval, bars in self.closed.items():
            if bars and bars[-1].end <= time:
                self.closed[interval] = [in_new_shares(bar, ratio) for bar in bars]


def spread_of(bid: float | None, ask: float | None) -> float | None:
    """Their distance as a share of their mean; None unless both are possible prices in order."""
    if bid is None or ask is None or not 1e-15 < bid < 1e15 or not bid <= ask < 1e15:
        return None
    return 2.0 * (ask - bid) / (ask + bid)


def in_new_shares(bar: Bar, ratio: float) -> Bar:
    """A closed bar with its prices and its volume in new shares."""
    prices = {name: getattr(bar, name) / ratio for name in ("open", "high", "low", "close")}
    vwap = None if bar.vwap is None else bar.vwap / ratio
    return bar._replace(volume=bar.volume * ratio, vwap=vwap, **prices)


class NaiveFold:
    """All symbols. A symbol's minutes close by the latest time of any record of it, or of all."""

    def __init__(self, grace: float) -> None:
        self.grace = grace
        self.symbols: dict[str, NaiveSymbol] = {}
        self.closings: list[Closing] = []
        self._times: defaultdict[str | None, list[float]] = defaultdict(list)

    def fold(self, record: Record, offset: int) -> None:
        if record.symbol is not None and not isinstance(record, TimeMark):
            self.symbols.setdefault(record.symbol, NaiveSymbol(record.symbol))
        self.receive(record)
        for symbol in self.symbols.values():
            if record.symbol in (None, symbol.name):
                bars = symbol.close(self.closed_until(symbol.name))
                self.closings += [Closing(offset, series) for series in bars]
        self.put(record)

    def receive(self, record: Record) -> None:
        """Late records are waited for, but not after a split; a mark of a symbol yet unknown is ignored."""
        if record.symbol is None or record.symbol in self.symbols:
            grace = 0.0 if isinstance(record, CorporateAction) else self.grace
            self._times[record.symbol].append(time_of(record) - grace)

    def closed_until(self, symbol: str) -> int:
        """The last full minute."""
        return int(max(self._times[None] + self._times[symbol]) // 60) * 60

    def put(self, record: Record) -> None:
        """Where the record itself goes, now that its time is known."""
        match record:
            case Quote():
                self.symbols[record.symbol].quote(record, self.closed_until(record.symbol))
            case RecordedBar():
                self.symbols[record.symbol].recorded(record, self.closed_until(record.symbol))
            case CorporateAction():
                self.symbols[record.symbol].action(record)


def time_of(record: Record) -> float:
    """The time that a record gives its symbol, epoch seconds."""
    match record:
        case Quote():
            return record.event_time.timestamp()
        case RecordedBar():
            return record.start.timestamp()
    return record.time.timestamp()
