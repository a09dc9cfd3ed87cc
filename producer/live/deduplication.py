"""What of a source's quotes is news: each number once, in its own currency, with the size it stands for. Pure."""

from typing import NamedTuple

from msgspec.structs import replace

from producer.live.day_volume import DayVolume
from shared.calendars.calendars import SessionAt, SessionCalendar, calendar_of
from shared.market.currencies import is_same_unit
from shared.market.exchanges import newer_name
from shared.market.records import Quote

AFTER_CLOSE = (900, 3600, 4 * 3600)
"""Seconds that what belongs to a session may be told after its end, such as the price of a closing auction."""

BEFORE_OPENING = 900.0
"""Seconds before a session in which being connected says that all of it will be heard."""


NEW_COUNT = 60.0
"""Seconds that a trade is newer than all before and yet has a lower number: then the source counts anew."""


class KnownOfSymbol(NamedTuple):
    """What the log holds of a symbol: it is complete until `time`, epoch seconds; 0 where nothing is known of that.

    `bar` is (start, -seconds) of the last record where that was one of its history, `trade_id` the last number,
    `currency` that of its prices, `quoted` time and price of its last quote.
    """

    time: float
    bar: tuple[float, int] | None = None
    trade_id: int | None = None
    currency: str | None = None
    quoted: tuple[float, float] = (0.0, 0.0)


class DayFacts(NamedTuple):
    """What holds for a whole trading day, so that a quote that leaves it out still tells it.

    After the session (`is_after`) the close before is the one of the same day.
    """

    day: int
    is_after: bool
    previous_close: float | None = None
    day_open: float | None = None


def trading_day(calendar: SessionCalendar, second: int, at: SessionAt) -> int:
    """The beginning of the session that a quote of `second` belongs to, epoch seconds; `at` is what holds then.

    Where an exchange is closed, that of the session that has just ended, or rests; where none has, of the next one.
    """
    if at.name != "closed" or at.day_start <= second:
        return at.day_start
    before = (calendar.at(second - seconds) for seconds in AFTER_CLOSE)
    return next((session.day_start for session in before if session.name == "regular"), at.day_start)


class Intake:
    """The quotes of one symbol, in the order they came.

    A numbered trade is news when its number is higher than any before, or its source counts anew, as it may where a
    pair of coins was taken off and listed again. A trade without a number is always news: real feeds hold honest
    duplicates. A quote without a size is a view of the last trade, so the same view again is not, and a polled one
    is only where it is newer than all before.
    """

    def __init__(self, symbol: str, known: KnownOfSymbol | None) -> None:
        self.symbol = symbol
        self.quotes = self.duplicates = self.out_of_order = self.refused = 0
        self.trade_id = known.trade_id if known else None
        self.other_currency: str | None = None
        self.currency = known.currency if known else None
        self.exchange: str | None = None
        self.last: Quote | None = None
        self._before = known.time if known else 0.0
        self._quoted = known.quoted if known else (0.0, 0.0)
        self._newest = max(self._before, self._quoted[0])
        self._volume = DayVolume()
        self._facts = DayFacts(0, False)

    def admit(self, quote: Quote, polled: bool) -> Quote | None:
        """The quote as it goes into the log, None where it is no news."""
        time = quote.event_time.timestamp()
        if self._is_known(quote, time, polled):
            self.duplicates += 1
            return None
        if self._is_other_currency(quote):
            self.refused += 1
            return None
        in_order = time >= self._newest
        self.quotes += 1
        self.out_of_order += not in_order
        facts = self._learn(quote, int(time))
        size = self._size(quote, facts.day, time) if quote.size is None and in_order else quote.size
        if in_order:
            self._newest, self.last = time, quote
        if quote.trade_id is not None:
            self.trade_id = quote.trade_id
        return self._complete(quote, size, facts)

    def contact(self, time: float) -> None:
        """The source is heard at `time`: of a session that is about to begin nothing is missed."""
        day = calendar_of(self.exchange).at(int(time)).day_start
        if 0 < day - time <= BEFORE_OPENING:
            self._volume.begin(day)

    def learn(self, quote: Quote) -> None:
        """Take what a question says of the day, while the stream gives the prices."""
        if not self._is_other_currency(quote):
            self._learn(quote, int(quote.event_time.timestamp()))

    def after_gap(self) -> None:
        """Something was missed."""
        self._volume.forget()

    def after_change_of_source(self) -> None:
        """Another source speaks from here on: it counts volume in its own way."""
        self._volume.forget()
        self.trade_id = None

    def _is_known(self, quote: Quote, time: float, polled: bool) -> bool:
        if quote.trade_id is not None and self.trade_id is not None:
            counts_anew = 0 < self._newest <= time - NEW_COUNT
            return quote.trade_id <= self.trade_id and not counts_anew
        if time <= self._before or time < self._quoted[0] or (time, quote.price) == self._quoted:
            return True
        if quote.size is not None or self.last is None:
            return False
        if polled:
            return time <= self._newest
        return _view(quote) == _view(self.last)

    def _is_other_currency(self, quote: Quote) -> bool:
        """Prices in two currencies make no series: the second one is refused until the first one is back.

        A quote that names none is in the one that was named last.
        """
        return not self.admits(quote.currency) if quote.currency else self.other_currency is not None

    def admits(self, currency: str) -> bool:
        """Whether prices in this currency go on with those so far; the first one named is theirs."""
        self.currency = self.currency or currency
        self.other_currency = None if is_same_unit(currency, self.currency) else currency
        return self.other_currency is None

    def _size(self, quote: Quote, day: int, time: float) -> float | None:
        if time < day:
            self._volume.begin(day)
        return self._volume.size(day, quote.day_volume)

    def _learn(self, quote: Quote, second: int) -> DayFacts:
        """Keep the day's facts; those that hold for this quote."""
        if quote.exchange != self.exchange:
            self.exchange = newer_name(quote.exchange, self.exchange)
        calendar = calendar_of(self.exchange)
        at = calendar.at(second)
        day, is_after = trading_day(calendar, second, at), (quote.session or at.name) == "post"
        kept, previous_close, day_open = self._facts, quote.previous_close, quote.day_open
        if day != kept.day or is_after != kept.is_after:
            facts = DayFacts(day, is_after, previous_close, day_open)
        elif previous_close or day_open:
            facts = DayFacts(day, is_after, previous_close or kept.previous_close, day_open or kept.day_open)
        else:
            return kept
        if facts[:2] >= kept[:2]:
            self._facts = facts
        return facts

    def _complete(self, quote: Quote, size: float | None, facts: DayFacts) -> Quote:
        is_regular = quote.session in (None, "regular")
        return replace(
            quote,
            symbol=self.symbol,
            size=size,
            previous_close=quote.previous_close or facts.previous_close,
            day_open=quote.day_open or (facts.day_open if is_regular else None),
            currency=quote.currency or self.currency,
            exchange=self.exchange,
        )


def _view(quote: Quote) -> tuple[object, ...]:
    return quote.event_time, quote.price, quote.day_volume
