"""An open minute that live quotes cover only in part is replaced by the source's whole bar."""

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Bar, Record
from tests.inputs.records import folded, mark, quote, recorded_bar, second

START = second("2024-01-03T15:00")
WHOLE = (100.0, 104.0, 98.0, 101.0)


def closed(records: list[Record], interval: str = "1m") -> list[Bar]:
    """The closed bars of an interval, after a day of silence."""
    events = folded(Engine(EngineSettings()), [*records, mark(START + 86_400)])
    return [event.closed.bar for event in events if event.closed.bar.interval == interval]


def test_history_completes_a_minute_that_is_open() -> None:
    (minute,) = closed(
        [quote(START + 40, 103.0, size=5.0), recorded_bar(START, "1m", WHOLE, 900.0)],
    )
    assert (minute.open, minute.high, minute.low, minute.close, minute.volume) == (*WHOLE, 900.0)


def test_completed_minute_is_what_longer_bars_are_made_of() -> None:
    (five,) = closed(
        [quote(START + 40, 103.0, size=5.0), recorded_bar(START, "1m", WHOLE, 900.0)], interval="5m"
    )
    assert (five.low, five.volume) == (98.0, 900.0)


def test_quotes_of_a_completed_minute_enter_it_no_more() -> None:
    (minute,) = closed(
        [
            quote(START + 40, 103.0),
            recorded_bar(START, "1m", WHOLE, 900.0),
            quote(START + 50, 190.0, size=7.0),
        ]
    )
    assert (minute.high, minute.volume) == (104.0, 900.0)


def test_closed_minute_stays_as_it_was_live() -> None:
    minute, *_ = closed(
        [quote(START + 40, 103.0), quote(START + 120, 103.0), recorded_bar(START, "1m", WHOLE, 900.0)]
    )
    assert (minute.open, minute.high, minute.low, minute.close) == (103.0,) * 4
