"""Short constructors of records and folds."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.events import Event
from analytics.forecasting.forecasts import NoSearches, Searches
from analytics.indicators.catalog import COLUMNS, DEFAULTS, PARAMETERS
from analytics.indicators.indicator_row import COLUMN_PLACES, IndicatorRow
from analytics.indicators.series.sessions import session_of
from analytics.indicators.spec import Context, Parameters
from shared.market.records import (
    EPOCH,
    AlertHandling,
    Bar,
    CorporateAction,
    Headline,
    Interval,
    Quote,
    Record,
    RecordedBar,
    RecordedInterval,
    RuleChange,
    TimeMark,
)


def second(text: str) -> int:
    """Epoch seconds of a time of day and date in UTC, such as 2024-01-03T14:30."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def periods(**given: int) -> Parameters:
    """The parameters of the indicators: their defaults, except for the ones given."""
    assert given.keys() <= DEFAULTS.keys()
    return {**DEFAULTS, **given}


def context(periods_per_year: float = 252.0) -> Context:
    """A series of which every UTC day is a session."""
    return Context(periods_per_year, session_of(lambda start: start - start % 86_400))


UPPER = {parameter.below for parameter in PARAMETERS.values()}
WARM_AT_ONCE: Parameters = {
    name: max(2, parameter.least) + (name in UPPER) for name, parameter in PARAMETERS.items()
}
"""Periods that are warm after a few bars, and different where they must be."""

NO_VALUES = IndicatorRow([None] * len(COLUMNS))


def with_values(row: IndicatorRow, **given: float | None) -> IndicatorRow:
    """The row with other values in these columns."""
    values = list(row)
    for name, value in given.items():
        values[COLUMN_PLACES[name]] = value
    return IndicatorRow(values)


def flat_bar(close: float) -> Bar:
    """A minute in which every price is `close`."""
    return Bar("A", "1m", 0, 60, close, close, close, close, 1.0, None, 1, "regular", "test")


def moment(seconds: float) -> datetime:
    """The time that lies so many seconds after 1970, to the microsecond."""
    return EPOCH + timedelta(seconds=seconds)


def quote(
    seconds: float,
    price: float,
    symbol: str = "A",
    size: float | None = None,
    exchange: str | None = "XNYS",
    position: int = 0,
) -> Quote:
    return Quote(
        symbol=symbol,
        event_time=moment(seconds),
        price=price,
        size=size,
        source="test",
        position=position,
        received_time=moment(seconds),
        exchange=exchange,
    )


def recorded_bar(
    start: int,
    interval: RecordedInterval,
    prices: tuple[float, float, float, float],
    volume: float = 0.0,
    exchange: str = "XNYS",
    symbol: str = "A",
) -> RecordedBar:
    """A recorded bar; `prices` are open, high, low, close. It was received two days after its start."""
    return RecordedBar(
        symbol=symbol,
        interval=interval,
        start=moment(start),
        open=prices[0],
        high=prices[1],
        low=prices[2],
        close=prices[3],
        volume=volume,
        source="test",
        position=0,
        received_time=moment(start + 172_800),
        exchange=exchange,
    )


def mark(seconds: float, symbol: str | None = None) -> TimeMark:
    now = moment(seconds)
    return TimeMark(time=now, source="test", position=0, received_time=now, symbol=symbol)


def split(seconds: float, ratio: float, symbol: str = "A", exchange: str | None = "XNYS") -> CorporateAction:
    return CorporateAction(
        symbol=symbol,
        action="split",
        time=moment(seconds),
        value=ratio,
        source="test",
        position=0,
        received_time=moment(seconds),
        exchange=exchange,
    )


def rule_change(seconds: float, version: int, text: str, rule_id: int = 1) -> RuleChange:
    now = moment(seconds)
    return RuleChange(
        rule_id=rule_id,
        version=version,
        text=text,
        time=now,
        source="rules",
        position=version,
        received_time=now,
    )


def acknowledgement(seconds: float) -> AlertHandling:
    now = moment(seconds)
    return AlertHandling(
        handling_id=str(UUID(int=int(seconds))),
        action="acknowledge",
        until=now,
        handled_by="test",
        time=now,
        source="handlings",
        position=0,
        received_time=now,
    )


def headline(
    seconds: float, score: float, symbol: str = "A", published: float | None = None, title: str = "A gains"
) -> Headline:
    """A headline that was received at this second and published then, or earlier."""
    return Headline(
        symbol=symbol,
        title=title,
        published_time=moment(seconds if published is None else published),
        score=score,
        scorer="test",
        source="news",
        position=0,
        received_time=moment(seconds),
    )


def folded(engine: Engine, records: Iterable[Record]) -> list[Event]:
    """What closes while these records are folded, each at its place as its offset."""
    for offset, record in enumerate(records):
        engine.fold(record, offset)
    return engine.take_events()


def bars_of(events: Iterable[Event], interval: Interval, symbol: str = "A") -> list[Bar]:
    """The closed bars of one series."""
    bars = (event.closed.bar for event in events)
    return [bar for bar in bars if bar.interval == interval and bar.symbol == symbol]


def kept(engine: Engine) -> bytes:
    """Everything a snapshot keeps, as the bytes that lie in the database."""
    return msgspec.json.encode(
        [engine.state(), {name: engine.symbols[name].state() for name in engine.symbols}]
    )


def restored(snapshot: bytes, settings: EngineSettings) -> Engine:
    """An engine that goes on where the snapshot was taken."""
    return restored_with(snapshot, settings, NoSearches())


def restored_with(snapshot: bytes, settings: EngineSettings, searches: Searches) -> Engine:
    """The same, with forecasts whose models are searched for."""
    partition, symbols = msgspec.json.decode(snapshot, type=tuple[dict[str, Any], dict[str, dict[str, Any]]])
    engine = Engine(settings, searches)
    engine.restore(partition, symbols)
    return engine
