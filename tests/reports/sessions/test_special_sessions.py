"""Days that differ from the calendar: Saturdays on which Mumbai is open."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from producer.sources.yahoo.charts.chart_types import Chart
from producer.sources.yahoo.charts.history import history
from shared.calendars.calendars import calendar_of
from shared.calendars.special_days import special_day
from shared.market.messages import encode
from shared.market.records import Bar, Record, RecordedBar
from shared.postgres.database import Connection, transaction
from tests.inputs.chart_records import bars
from tests.inputs.records import (
    bars_of,
    folded,
    kept,
    mark,
    moment,
    quote,
    recorded_bar,
    restored,
    second,
    split,
)
from tests.integration.fold_runs import NEW_PERIODS, OLD, LoggedMessage, appended_at, fold, table
from tests.reports.recordings.recorded_rows import BARS, bars_and_rest, file_of
from tests.reports.sessions.mumbai_saturday import ENDS, FRIDAY, MONDAY, NOW, OPENS, SATURDAY, day


def days_of(records: list[Record]) -> list[Bar]:
    return bars_of(folded(Engine(EngineSettings()), [*records, mark(MONDAY + 3 * 86_400)]), "1d")


def live(start: int, minutes: int) -> list[Record]:
    """A quote a minute from the opening on, and the time mark after them."""
    quotes = [quote(start + 60 * n, 100.0 + n, size=10.0, exchange="NSI") for n in range(minutes)]
    return [*quotes, mark(start + 60 * minutes + 30, "A")]


def test_the_calendar_knows_no_session_of_this_saturday() -> None:
    """What every scenario here stands on."""
    assert special_day(SATURDAY, calendar_of("NSI")) == (OPENS, ENDS)
    assert special_day(FRIDAY, calendar_of("NSI")) is None
    assert special_day(SATURDAY, calendar_of("24/7")) is None
    assert special_day(second("2026-11-29T12:00"), calendar_of("CME")) is None, (
        "Monday begins on Sunday evening"
    )


def test_finished_saturday_of_a_source_is_a_day_bar_as_received() -> None:
    """Scenario: the budget of 2025-02-01, a Saturday on which NSE was open: its day entered no bar."""
    fri, sat, mon = days_of([day(FRIDAY, 101.0), day(SATURDAY, 120.0), day(MONDAY, 118.0)])
    assert sat == Bar("A", "1d", OPENS, ENDS, 119.0, 121.0, 118.0, 120.0, 900.0, None, 1, "regular", "test")
    assert (fri.start, fri.close, mon.start, mon.close) == (FRIDAY, 101.0, MONDAY, 118.0)


def test_every_source_gives_the_same_saturday_at_whatever_time_it_begins() -> None:
    """Scenario: one source begins the day at 09:15, another at midnight, and Diwali trades for an hour at 18:00."""
    for start in (OPENS, SATURDAY, second("2026-02-14T12:30")):
        again = recorded_bar(SATURDAY + 60, "1d", (1.0, 2.0, 1.0, 2.0), 5.0, "NSI")
        (bar,) = days_of([day(start, 120.0), again])
        assert (bar.start, bar.end, bar.close) == (OPENS, ENDS, 120.0)


def test_finished_saturday_enters_its_day_though_its_quotes_came_live() -> None:
    """Scenario: a producer that ran through the session: minutes and hours have its quotes, the day the values that
    the source sends on Sunday, when its time has long passed."""
    records = [day(FRIDAY, 99.0), *live(SATURDAY, 90), mark(ENDS + 36_000, "A"), day(SATURDAY, 189.5)]
    events = folded(Engine(EngineSettings()), [*records, *live(MONDAY, 3), mark(MONDAY + 86_400)])
    assert [(bar.start, bar.close) for bar in bars_of(events, "1d")] == [
        (FRIDAY, 99.0),
        (OPENS, 189.5),
        (MONDAY, 102.0),
    ]
    hours = [bar for bar in bars_of(events, "1h") if bar.start < MONDAY - 3600]
    assert sum(bar.volume for bar in hours) == 900.0
    assert len([bar for bar in bars_of(events, "1m") if OPENS <= bar.start < ENDS]) == 90


def test_saturday_received_during_the_next_session_is_stored_before_it() -> None:
    """Scenario: a producer that starts on Monday, when the first minutes of the session have come."""
    records = [day(FRIDAY, 99.0), *live(MONDAY, 20), day(SATURDAY, 189.5), *live(MONDAY + 1200, 2)]
    assert [(bar.start, bar.close) for bar in days_of(records)] == [
        (FRIDAY, 99.0),
        (OPENS, 189.5),
        (MONDAY, 101.0),
    ]


def test_saturday_that_comes_after_a_later_day_or_a_split_is_late_and_enters_nothing() -> None:
    """A closed bar never changes, nor what follows from it: the place of such a day is taken."""
    engine = Engine(EngineSettings())
    events = folded(
        engine, [day(FRIDAY, 99.0), day(MONDAY, 118.0), mark(MONDAY + 86_400), day(SATURDAY, 120.0)]
    )
    assert [bar.close for bar in bars_of(events, "1d")] == [99.0, 118.0]
    assert engine.symbols["A"].late == 1
    engine = Engine(EngineSettings())
    divided = split(second("2026-02-15T18:30"), 2.0, exchange="NSI")
    events = folded(engine, [day(FRIDAY, 99.0), divided, *live(MONDAY, 2), day(SATURDAY, 120.0)])
    assert engine.symbols["A"].late == 1


@pytest.mark.parametrize("cut", range(8))
def test_indicators_are_the_same_wherever_the_fold_was_cut(cut: int) -> None:
    """Scenario: a restart before, between and after the records of such a day."""
    records: list[Record] = [
        *(day(FRIDAY - 86_400, 98.0), day(FRIDAY, 99.0), quote(SATURDAY, 120.0, exchange="NSI")),
        *(
            mark(ENDS + 60, "A"),
            day(SATURDAY, 120.0),
            quote(MONDAY, 118.0, exchange="NSI"),
            mark(MONDAY + 86_400),
        ),
    ]
    whole = Engine(EngineSettings())
    expected = folded(whole, records)
    engine = Engine(EngineSettings())
    events = folded(engine, records[:cut])
    engine = restored(kept(engine), EngineSettings())
    for offset, record in enumerate(records[cut:], start=cut):
        engine.fold(record, offset)
    assert events + engine.take_events() == expected
    assert kept(engine) == kept(whole)


@pytest.mark.parametrize("prices", [(99.0,) * 4])
@pytest.mark.parametrize("volume", [0.0, None])
def test_holiday_that_a_source_fills_with_the_close_before_is_no_day(
    prices: tuple[float, float, float, float], volume: float | None
) -> None:
    """Scenario: rows of holidays with one price and no volume, as Yahoo sometimes sends them."""
    filled = msgspec.structs.replace(recorded_bar(SATURDAY, "1d", prices, 0.0, "NSI"), volume=volume)
    engine = Engine(EngineSettings())
    events = folded(engine, [day(FRIDAY, 99.0), filled, mark(MONDAY)])
    assert [bar.start for bar in bars_of(events, "1d")] == [FRIDAY]
    assert engine.symbols["A"].ignored == 1


def body(*rows: tuple[int, float, float]) -> dict[str, Any]:
    """Days of Yahoo's: start, close, volume."""
    columns: dict[str, Any] = {name: [close for _, close, _ in rows] for name in ("open", "low", "close")}
    columns |= {"high": [close + 1 for _, close, _ in rows], "volume": [volume for *_, volume in rows]}
    meta = {"exchangeTimezoneName": "Asia/Kolkata", "exchangeName": "NSI", "currency": "INR"}
    return {"meta": meta, "timestamp": [row[0] for row in rows], "indicators": {"quote": [columns]}}


def chart(*rows: tuple[int, float, float]) -> Chart:
    return msgspec.convert(body(*rows), Chart)


def test_saturday_of_yahoo_that_repeats_friday_in_every_number_is_no_day() -> None:
    """Scenario: the row of Friday stands there again, as of Saturday."""
    phantom = chart((FRIDAY, 99.0, 5.0), (SATURDAY, 99.0, 5.0), (MONDAY, 98.0, 7.0))
    assert [bar.start.day for bar in bars(phantom, "A", "1d", NOW)] == [13, 16]
    real = chart((FRIDAY, 99.0, 5.0), (SATURDAY, 99.0, 6.0), (MONDAY, 98.0, 7.0))
    assert [bar.start.day for bar in bars(real, "A", "1d", NOW)] == [13, 14, 16]


def test_recorded_saturday_is_replayed(tmp_path: Path) -> None:
    """Scenario: a file of days with a Saturday was refused as a whole."""
    rows = [
        f"A,{datetime.fromtimestamp(at, UTC).isoformat()},9,11,8,{close},5,1d,NSI"
        for at, close in ((FRIDAY, 10), (SATURDAY, 9.5), (MONDAY, 10.5))
    ]
    found, rest = bars_and_rest(file_of(tmp_path, f"{BARS},interval,exchange", *rows), "1d")
    assert [row["close"] for row in found] == ["10.0", "9.5", "10.5"]
    assert list(rest.lines()) == []


class DayAnswers:
    """A session of Yahoo's that has these days and nothing shorter."""

    def get(self, _: str, params: dict[str, Any]) -> dict[str, Any]:
        days = (FRIDAY, 99.0, 5.0), (SATURDAY, 120.0, 6.0), (MONDAY, 118.0, 7.0)
        answer = body(*(days if params["interval"] == "1d" else ()))
        return {"chart": {"result": [answer], "error": None}}


def test_history_of_a_gap_that_begins_on_the_day_contains_the_day_again() -> None:
    """Scenario: the producer was stopped on Saturday at noon: only bars that start later were wanted."""
    session: Any = DayAnswers()
    parts = history(session, "A", moment(SATURDAY + 9000), moment(MONDAY + 86_400))
    found = [record for part in parts for record in part.records]
    assert [record.start.day for record in found if isinstance(record, RecordedBar)] == [14, 16]
    parts = history(session, "A", moment(FRIDAY + 9000), moment(MONDAY + 86_400))
    assert [
        record.start.day for part in parts for record in part.records if isinstance(record, RecordedBar)
    ] == [*(14, 16)]


def test_database_of_the_version_before_gets_the_day_and_the_values_that_depend_on_it(
    databases: tuple[Connection, Connection],
) -> None:
    """Scenario: its log has the day, which entered no bar; new periods make the same of the bars afterwards."""
    changed, fresh = databases
    weeks = [FRIDAY - 7 * 86_400 * number for number in range(60, 0, -1)]
    days = [*(day(start, 99.0 + number % 7) for number, start in enumerate(weeks)), day(FRIDAY, 99.0)]
    records: list[Record] = [*days, *live(SATURDAY, 3), mark(ENDS + 60, "A"), day(SATURDAY, 120.0)]
    records += [day(MONDAY, 118.0), mark(MONDAY + 86_400)]
    log = [
        LoggedMessage(number, encode(record), appended_at(number)) for number, record in enumerate(records)
    ]
    fold(changed, OLD, log, len(log), killed=False)
    fold(fresh, OLD, log, len(log), killed=False)
    with transaction(changed) as cursor:
        for name in ("bars", "indicators"):
            cursor.execute(f"delete from {name} where interval = '1d' and start = to_timestamp({OPENS})")
        cursor.execute("update partition_snapshots set state = jsonb_set(state::jsonb, '{version}', '11')")
    assert len(table(changed, "bars")) == len(table(fresh, "bars")) - 1
    for settings in (OLD, OLD, NEW_PERIODS):
        fold(changed, settings, log, len(log), killed=False)
        assert table(changed, "bars") == table(fresh, "bars")
        if settings is OLD:
            assert table(changed, "indicators") == table(fresh, "indicators")
    before = table(changed, "indicators")
    assert before != table(fresh, "indicators")
    fold(fresh, NEW_PERIODS, log, len(log), killed=False)
    assert before == table(fresh, "indicators")
