"""Daily bars cover the regular session: half days, daylight saving, holidays, markets that never close."""

import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Bar, Interval, Record
from tests.inputs.records import bars_of, folded, mark, quote, recorded_bar, second


def closed(interval: Interval, *quotes: tuple[str, float], exchange: str | None = "XNYS") -> list[Bar]:
    """The bars of quotes given as (time, price), once a week has passed."""
    records = [quote(second(time), price, exchange=exchange) for time, price in quotes]
    return bars_of(
        folded(Engine(EngineSettings()), [*records, mark(second(quotes[-1][0]) + 604_800)]), interval
    )


def test_pre_and_post_never_enter_the_day() -> None:
    quotes = (
        ("2024-01-03T14:29:59", 9.0),
        ("2024-01-03T14:30", 2.0),
        ("2024-01-03T20:59:59", 3.0),
        ("2024-01-03T21:00", 1.0),
    )
    (day,) = closed("1d", *quotes)
    assert day[2:8] == (second("2024-01-03T14:30"), second("2024-01-03T21:00"), 2.0, 3.0, 2.0, 3.0)
    assert [bar.session for bar in closed("1m", *quotes)] == ["pre", "regular", "regular", "post"]


def test_hour_carries_the_session_of_its_start_whichever_quote_came_first() -> None:
    early = closed("1h", ("2024-01-03T14:10", 1.0), ("2024-01-03T14:40", 2.0))
    late = closed("1h", ("2024-01-03T14:40", 2.0))
    assert [bar.session for bar in (*early, *late)] == ["pre", "pre"]


@pytest.mark.parametrize(
    ("inside", "outside", "start", "end"),
    [
        ("2026-11-27T17:59:59", "2026-11-27T18:00", "2026-11-27T14:30", "2026-11-27T18:00"),
        ("2024-03-08T14:30", "2024-03-08T21:00", "2024-03-08T14:30", "2024-03-08T21:00"),
        ("2024-03-11T13:30", "2024-03-11T20:00", "2024-03-11T13:30", "2024-03-11T20:00"),
        ("2024-11-01T19:59", "2024-11-01T20:00", "2024-11-01T13:30", "2024-11-01T20:00"),
        ("2024-11-04T14:30", "2024-11-04T21:00", "2024-11-04T14:30", "2024-11-04T21:00"),
    ],
)
def test_day_ends_when_its_own_session_ends(inside: str, outside: str, start: str, end: str) -> None:
    (day,) = closed("1d", (inside, 2.0), (outside, 3.0))
    assert (day.start, day.end, day.high) == (second(start), second(end), 2.0)


@pytest.mark.parametrize(
    "time", ["2026-11-26T16:00", "2024-01-06T16:00", "2024-01-03T05:00", "1985-06-03T16:00"]
)
def test_no_day_where_there_is_no_session_but_all_shorter_bars(time: str) -> None:
    assert closed("1d", (time, 2.0)) == []
    for interval in ("1m", "5m", "15m", "1h"):
        (bar,) = closed(interval, (time, 2.0))
        assert bar.close == 2.0


@pytest.mark.parametrize("exchange", ["24/7", None, "CCC"])
def test_market_that_never_closes_has_utc_days(exchange: str | None) -> None:
    days = closed("1d", ("2024-01-06T23:59:59", 2.0), ("2024-01-07T00:00", 3.0), exchange=exchange)
    assert [(day.start, day.close, day.session) for day in days] == [
        (second("2024-01-06T00:00"), 2.0, "regular"),
        (second("2024-01-07T00:00"), 3.0, "regular"),
    ]


def test_day_closes_at_the_end_of_its_session_and_not_at_midnight() -> None:
    engine = Engine(EngineSettings(grace=2.0))
    folded(engine, [quote(second("2024-01-03T15:00"), 2.0)])
    assert bars_of(folded(engine, [mark(second("2024-01-03T21:00") + 1)]), "1d") == []
    assert len(bars_of(folded(engine, [mark(second("2024-01-03T21:00") + 2)]), "1d")) == 1


def test_exchange_of_the_first_record_decides_for_all_that_follow() -> None:
    records: list[Record] = [
        quote(second("2024-01-03T15:00"), 2.0, exchange="XNYS"),
        quote(second("2024-01-03T22:00"), 3.0, exchange=None),
        mark(second("2024-01-05T22:00")),
    ]
    events = folded(Engine(EngineSettings()), records)
    assert [bar.session for bar in bars_of(events, "1m")] == ["regular", "post"]
    assert [bar.close for bar in bars_of(events, "1d")] == [2.0]


def test_recorded_day_on_a_half_day_ends_at_one() -> None:
    start = second("2026-11-27T14:30")
    events = folded(
        Engine(EngineSettings()), [recorded_bar(start, "1d", (2.0, 4.0, 1.0, 3.0)), mark(start + 86_400)]
    )
    assert bars_of(events, "1d")[0][2:8] == (start, second("2026-11-27T18:00"), 2.0, 4.0, 1.0, 3.0)
