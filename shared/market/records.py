"""The data types of the log: records of sources (Quote, RecordedBar, CorporateAction, TimeMark), changes of rules
(RuleChange), what somebody did with alerts (AlertHandling), headlines (Headline), and our own Bar.

All times are aware datetimes in UTC; all prices are finite positive floats in the quote's currency, except that a
quote of a future may have a price of zero or below.
Records are msgspec structs rather than dataclasses, so that they are decoded and validated in C.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, NamedTuple

import msgspec

from shared.market.prices import MIN_PRICE, PRICE_LIMIT, require_possible_negative, require_price

Interval = Literal["1m", "5m", "15m", "1h", "1d"]
RecordedInterval = Literal["1s", "1m", "5m", "15m", "1h", "1d"]

INTERVALS: tuple[Interval, ...] = ("1m", "5m", "15m", "1h", "1d")
INTERVAL_SECONDS: dict[str, int] = {"1s": 1, "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(seconds=5)
LARGEST_ZONE = timedelta(hours=15, minutes=59)
"""The largest offset from UTC that PostgreSQL accepts, in whole minutes."""
AMOUNT_LIMIT = 1e18
TITLE_LENGTH, LINK_LENGTH = 300, 1_000
"""The most characters of a headline, and of the address of its story."""
Symbol = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.^=\-_:/&]{1,32}\Z")]
Text = Annotated[str, msgspec.Meta(max_length=64)]
Amount = Annotated[float, msgspec.Meta(ge=0, le=AMOUNT_LIMIT)]
Time = Annotated[datetime, msgspec.Meta(tz=True)]
Correction = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
"""Seconds added to `received_time` because the machine's clock was found to be slow."""
HandlingId = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", max_length=36)
]
Position = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


def _require_past(event_time: datetime, received_time: datetime) -> None:
    """Raise ValueError if the event time is after the received time, or either of them before 1970 or in a time zone
    that no table can store."""
    if event_time.tzinfo is not UTC or received_time.tzinfo is not UTC:
        _require_storable_zone(event_time)
        _require_storable_zone(received_time)
    if EPOCH <= event_time <= received_time:  # nearly always: one comparison is cheaper than a difference
        return
    if event_time - received_time > FUTURE_TOLERANCE:
        raise ValueError(f"from the future: event time {event_time.isoformat()} is after its receipt")
    if event_time < EPOCH:
        raise ValueError(f"event time {event_time.isoformat()} is before 1970")
    if received_time < EPOCH:
        raise ValueError(f"received time {received_time.isoformat()} is before 1970")


def _require_storable_zone(time: datetime) -> None:
    offset = time.utcoffset()
    if offset is None or abs(offset) > LARGEST_ZONE:
        raise ValueError(
            f"{time.isoformat()} has a time zone of more than 15:59 hours, which no table can store"
        )


class Quote(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="quote.v1"):
    """One price of one symbol from its source; missing values are None.

    `size` is the amount traded at this price. `trade_id` is the source's own number of the trade, if it provides one;
    it increases by symbol. `position` increases by source and partition, so that a restarted producer knows what it has
    published. The price of a future may be zero or negative: such a quote is stored and shown, but enters no bar.
    `conditions` are the codes of the trade's sale conditions, as in `shared.market.trade_conditions`.
    Raises ValueError if the price or the times are invalid.
    """

    symbol: Symbol
    event_time: Time
    price: float
    source: Text
    position: Position
    received_time: Time
    size: Amount | None = None
    trade_id: Position | None = None
    bid: Amount | None = None
    ask: Amount | None = None
    day_open: Amount | None = None
    day_high: Amount | None = None
    day_low: Amount | None = None
    previous_close: Amount | None = None
    day_volume: Amount | None = None
    currency: Text | None = None
    exchange: Text | None = None
    session: Text | None = None
    conditions: Text | None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        if not MIN_PRICE < self.price < PRICE_LIMIT:
            require_possible_negative(self.symbol, self.exchange, self.price)
        _require_past(self.event_time, self.received_time)


class RecordedBar(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="bar.v1"
):
    """A finished bar from a recording or from a provider's history.

    It covers [start, start + interval); a daily bar ends with the session. Raises ValueError unless low <= open,
    close <= high, or if the start of an intraday bar is not a multiple of its interval.
    """

    symbol: Symbol
    interval: RecordedInterval
    start: Time
    open: float
    high: float
    low: float
    close: float
    volume: Amount | None = None
    source: Text
    position: Position
    received_time: Time
    currency: Text | None = None
    exchange: Text | None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        low, high = self.low, self.high
        if not (MIN_PRICE < low <= self.open <= high < PRICE_LIMIT and low <= self.close <= high):
            require_price("low", low)
            require_price("high", high)
            raise ValueError(f"open {self.open} or close {self.close} outside low {low} to high {high}")
        if self.interval != "1d" and self.start.timestamp() % INTERVAL_SECONDS[self.interval]:
            raise ValueError(
                f"a bar of {self.interval} starts at a multiple of it in UTC, not at {self.start}"
            )
        _require_past(self.start, self.received_time)


class CorporateAction(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="action.v1"
):
    """A split or a cash dividend. Prices are stored unadjusted; these records are used to adjust them.

    It takes effect at `time`, the exchange's midnight at the start of the ex-date. `value` is the split ratio (7.0 for
    7:1), or the dividend per share in `currency`. Raises ValueError if the value is invalid, or if the action is only
    announced, because it would advance the symbol's time into the future.
    """

    symbol: Symbol
    action: Literal["split", "dividend"]
    time: Time
    value: float
    source: Text
    position: Position
    received_time: Time
    currency: Text | None = None
    exchange: Text | None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        require_price("value", self.value)
        _require_past(self.time, self.received_time)


class TimeMark(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="time.v1"
):
    """A watermark: no older record than `time` will follow, so that bars close in a quiet market.

    Without a `symbol` it applies to all symbols and is written to every partition once a second; with one, it applies
    to that symbol only. `end` marks the end of a recording.
    """

    time: Time
    source: Text
    position: Position
    received_time: Time
    symbol: Symbol | None = None
    end: bool = False
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        _require_past(self.time, self.received_time)


class RuleChange(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="rule.v1"
):
    """A rule of alerts was armed, or was disarmed if its `text` is empty; written to every partition.

    Of the changes of one rule the one with the highest `version` applies. `text` is in the normal form.
    """

    rule_id: Position
    version: Position
    text: Annotated[str, msgspec.Meta(max_length=4_000)]
    time: Time
    source: Text
    position: Position
    received_time: Time
    symbol: None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        _require_past(self.time, self.received_time)


class AlertHandling(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="handling.v1"
):
    """Somebody acknowledged alerts, or snoozed them; written to the first partition, because it changes no number.

    It concerns the alerts of `rule`, as named in the table of alerts, or of all rules; of one symbol, or of all. An
    acknowledgement is for alerts whose bar ended by `until`; a snooze stops their delivery until then. The same
    `handling_id` twice has no further effect.
    """

    handling_id: HandlingId
    action: Literal["acknowledge", "snooze"]
    until: Time
    handled_by: Text
    time: Time
    source: Text
    position: Position
    received_time: Time
    rule: Text | None = None
    of_symbol: Symbol | None = None
    symbol: None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        _require_storable_zone(self.until)
        _require_past(self.time, self.received_time)


class Headline(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="headline.v1"
):
    """The title of a story about a symbol, with the score that `scorer` gave it: from -1, bad for the holders of the
    share, to 1, good.

    The score is part of the record, so that rules that read it fire alike whenever the log is processed. A headline is
    no sign that time has passed: it closes no bar.
    """

    symbol: Symbol
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=TITLE_LENGTH)]
    published_time: Time
    score: Annotated[float, msgspec.Meta(ge=-1, le=1)]
    scorer: Text
    source: Text
    position: Position
    received_time: Time
    publisher: Text | None = None
    link: Annotated[str, msgspec.Meta(max_length=LINK_LENGTH)] | None = None
    correction: Correction = 0.0

    def __post_init__(self) -> None:
        _require_past(self.published_time, self.received_time)

    @property
    def time(self) -> datetime:
        """When it became known."""
        return self.received_time


Record = Quote | RecordedBar | CorporateAction | TimeMark | RuleChange | AlertHandling | Headline


class Bar(NamedTuple):
    """Open, high, low and close of the quotes in [start, end), in epoch seconds UTC.

    `vwap` is the size-weighted mean price, None if no quote has a size. `session` is that at the start. `spread` is
    that of its last quote with a bid and an ask, as a fraction of the price between them; None if no quote has both.
    """

    symbol: str
    interval: Interval
    start: int
    end: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float | None
    quotes: int
    session: str
    source: str
    spread: float | None = None
