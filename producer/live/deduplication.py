"""Deduplication of a symbol's quotes, with a check of their currency and with trade sizes from volumes. Pure."""

from typing import NamedTuple

from msgspec.structs import replace

from producer.live.day_volume import DayVolume
from shared.calendars.calendars import SessionAt, SessionCalendar, calendar_of
from shared.market.currencies import is_same_unit
from shared.market.exchanges import merged_exchange
from shared.market.records import Quote

AFTER_CLOSE = (900, 3600, 4 * 3600)
"""Seconds after the end of a session in which a quote may still belong to it, such as a closing auction's price."""

BEFORE_OPENING = 900.0
"""If connected within this many seconds before a session, all of the session is received."""


NEW_COUNT = 60.0
"""If a trade is newer than all before by so many seconds but has a lower number, the source restarted its numbers."""


class KnownOfSymbol(NamedTuple):
    """What the log holds of a symbol: it is complete until `time`, in epoch seconds, 0 if unknown.

    `bar` is (start, -seconds) of the last record if that is a bar of its history, `trade_id` the last trade number,
    `currency` that of its prices, `quoted` time and price of its last quote.
    """

    time: float
    bar: tuple[float, int] | None = None
    trade_id: int | None = None
    currency: str | None = None
    quoted: tuple[float, float] = (0.0, 0.0)


class DayFacts(NamedTuple):
    """Values of a whole trading day, used for quotes without them.

    After the session (`is_after`) the previous close is that of the same day.
    """

    day: int
    is_after: bool
    previous_close: float | None = None
    day_open: float | None = None


def trading_day(calendar: SessionCalendar, second: int, at: SessionAt) -> int:
    """The start of the session to which a quote at `second` belongs, in epoch seconds; `at` is the session then.

    If the exchange is closed: the session that has just ended or has a break, else the next one.
    """
    if at.name != "closed" or at.day_start <= second:
        return at.day_start
    before = (calendar.at(second - seconds) for seconds in AFTER_CLOSE)
    return next((session.day_start for session in before if session.name == "regular"), at.day_start)


class Deduplicator:
    """The quotes of one symbol, in the order received.

    A numbered trade is new if its number is higher than all before, or if its source restarted its numbers, which may
    happen when a pair of coins is delisted and listed again. A trade without a number is always new: real feeds contain
    genuine duplicates. A quote without a size is a view of the last trade, so an equal one is not new, and a polled one
    is new only if it is newer than all before.
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
        """The quote to publish, None if it is not new."""
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
        """Note that the source is connected at `time`: nothing of a session that is about to begin is missed."""
        day = calendar_of(self.exchange).at(int(time)).day_start
        if 0 < day - time <= BEFORE_OPENING:
            self._volume.begin(day)

    def learn(self, quote: Quote) -> None:
        """Take the day's values from a polled quote, while the stream provides the prices."""
        if not self._is_other_currency(quote):
            self._learn(quote, int(quote.event_time.timestamp()))

    def after_gap(self) -> None:
        """Note that quotes were missed."""
        self._volume.forget()

    def after_change_of_source(self) -> None:
        """Note that another source is active from now on, with its own volumes and trade numbers."""
        self._volume.forget()
        self.trade_id = None

    def _is_known(self, quote: Quote, time: float, polled: bool) -> bool:
        if quote.trade_id is not None and self.trade_id is not None:
            has_restarted = 0 < self._newest <= time - NEW_COUNT
            return quote.trade_id <= self.trade_id and not has_restarted
        if time <= self._before or time < self._quoted[0] or (time, quote.price) == self._quoted:
            return True
        if quote.size is not None or self.last is None:
            return False
        if polled:
            return time <= self._newest
        return _view(quote) == _view(self.last)

    def _is_other_currency(self, quote: Quote) -> bool:
        """Whether a quote is in another currency than the series; such quotes are rejected.

        A quote without a currency has the last one given.
        """
        return not self.admits(quote.currency) if quote.currency else self.other_currency is not None

    def admits(self, currency: str) -> bool:
        """Whether prices in this currency can continue the series, whose currency is the first one given."""
        self.currency = self.currency or currency
        self.other_currency = None if is_same_unit(currency, self.currency) else currency
        return self.other_currency is None

    def _size(self, quote: Quote, day: int, time: float) -> float | None:
        if time < day:
            self._volume.begin(day)
        return self._volume.size(day, quote.day_volume)

    def _learn(self, quote: Quote, second: int) -> DayFacts:
        """Update the day's values; returns those that apply to this quote."""
        if quote.exchange != self.exchange:
            self.exchange = merged_exchange(quote.exchange, self.exchange)
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
