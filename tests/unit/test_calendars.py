"""Sessions at known instants: daylight saving, half days, holidays, both ends of a calendar, names nobody knows."""

import exchange_calendars
import pytest

from shared.calendars import AlwaysOpen, Exchange, SessionAt, calendar_of, periods_per_year
from tests.unit.records import second

DAY = 86_400


def at(exchange: str | None, text: str) -> SessionAt:
    return calendar_of(exchange).at(second(text))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2024-01-03T08:59:59", "closed"),
        ("2024-01-03T09:00", "pre"),
        ("2024-01-03T14:29:59", "pre"),
        ("2024-01-03T14:30", "regular"),
        ("2024-01-03T20:59:59", "regular"),
        ("2024-01-03T21:00", "post"),
        ("2024-01-04T00:59:59", "post"),
        ("2024-01-04T01:00", "closed"),
        ("2024-01-06T15:00", "closed"),
        ("2024-01-01T15:00", "closed"),
    ],
)
def test_new_york_in_winter(text: str, name: str) -> None:
    assert at("XNYS", text).name == name


@pytest.mark.parametrize(
    ("text", "name", "opens", "closes"),
    [
        ("2024-03-08T14:30", "regular", "2024-03-08T14:30", "2024-03-08T21:00"),
        ("2024-03-11T13:30", "regular", "2024-03-11T13:30", "2024-03-11T20:00"),
        ("2024-03-11T08:00", "pre", "2024-03-11T13:30", "2024-03-11T20:00"),
        ("2024-11-01T20:00", "post", "2024-11-01T13:30", "2024-11-01T20:00"),
        ("2024-11-04T14:29:59", "pre", "2024-11-04T14:30", "2024-11-04T21:00"),
    ],
)
def test_new_york_moves_with_daylight_saving(text: str, name: str, opens: str, closes: str) -> None:
    assert at("XNYS", text) == (name, second(opens), second(closes))


@pytest.mark.parametrize(
    ("text", "name"),
    [("2026-11-27T17:59:59", "regular"), ("2026-11-27T18:00", "post"), ("2026-11-28T00:59:59", "post")],
)
def test_half_day_closes_at_one_in_new_york(text: str, name: str) -> None:
    assert at("XNYS", text) == (name, second("2026-11-27T14:30"), second("2026-11-27T18:00"))


@pytest.mark.parametrize(
    "text", ["2026-11-26T15:00", "2024-03-29T15:00", "2012-10-29T15:00", "2001-09-12T15:00"]
)
def test_no_session_on_holidays_storms_and_closures(text: str) -> None:
    now = at("XNYS", text)
    assert now.name == "closed"
    assert now.day_start > second(text)


def test_closed_moment_names_the_next_regular_session() -> None:
    assert at("XNYS", "2024-01-06T15:00") == (
        "closed",
        second("2024-01-08T14:30"),
        second("2024-01-08T21:00"),
    )


def test_before_the_calendar_begins_all_is_closed() -> None:
    assert at("XNYS", "1975-06-02T15:00") == (
        "closed",
        second("1990-01-02T14:30"),
        second("1990-01-02T21:00"),
    )
    assert at("XNYS", "1990-01-02T14:30").name == "regular"


def test_after_the_calendar_ends_all_is_closed_and_no_slot_is_near() -> None:
    now = at("XNYS", "2199-06-03T15:00")
    assert now.name == "closed"
    assert now.day_start > second("2199-06-03T15:00")


@pytest.mark.parametrize("name", [None, "", "NOWHERE", "24/7", "CCC"])
def test_exchange_nobody_knows_trades_around_the_clock(name: str | None) -> None:
    saturday = second("2024-01-06T00:00")
    assert at(name, "2024-01-06T00:00") == ("regular", saturday, saturday + DAY)
    assert at(name, "2024-01-06T23:59:59") == ("regular", saturday, saturday + DAY)


@pytest.mark.parametrize(
    "name", ["XNYS", "NYSE", "NASDAQ", "XNAS", "NMS", "NYQ", "ARCX", "PCX", "BATS", "BTS"]
)
def test_all_names_of_new_york_share_one_calendar_with_pre_and_post(name: str) -> None:
    assert calendar_of(name) is calendar_of("XNYS")
    assert at(name, "2024-01-03T10:00").name == "pre"


def test_simulated_exchange_is_open_every_day_from_two_to_ten_in_the_evening() -> None:
    bounds = (second("2024-01-06T02:00"), second("2024-01-06T22:00"))
    for text, name in (("01:59:59", "pre"), ("02:00", "regular"), ("21:59:59", "regular"), ("22:00", "post")):
        assert at("SIMULATED", f"2024-01-06T{text}") == (name, *bounds)


def test_london_has_no_pre_and_post() -> None:
    assert at("XLON", "2024-07-03T15:29:59") == (
        "regular",
        second("2024-07-03T07:00"),
        second("2024-07-03T15:30"),
    )
    assert at("XLON", "2024-07-03T15:30").name == "closed"


@pytest.mark.parametrize("name", ["XTKS", "JPX", "XSHG", "AIXK", "XSAU"])
def test_exchange_whose_records_begin_late_still_has_its_calendar(name: str) -> None:
    assert isinstance(calendar_of(name), Exchange)


@pytest.mark.parametrize("name", ["ASEX", "BVB", "XTAE", "CMES", "24/5", "us_futures"])
def test_no_name_of_an_exchange_stops_the_reader(name: str) -> None:
    assert at(name, "2024-01-03T12:00").name == "regular"


def test_bounds_agree_with_the_library_over_thirty_years() -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start="1995-01-01")
    ours = calendar_of("XNYS")
    for opens, closes in zip(calendar.opens, calendar.closes, strict=True):
        first, end = int(opens.timestamp()), int(closes.timestamp())
        assert ours.at(first) == ours.at(end - 1) == ("regular", first, end)
        assert ours.at(first - 1).name == "pre"
        assert ours.at(end).name == "post"


@pytest.mark.parametrize("last_day", ["2023-11-24", "2023-11-27"])
def test_length_of_a_day_is_that_of_most_days_whatever_the_last_one_is(
    monkeypatch: pytest.MonkeyPatch, last_day: str
) -> None:
    make = exchange_calendars.get_calendar
    monkeypatch.setattr(
        exchange_calendars, "get_calendar", lambda code, start: make(code, start=start, end=last_day)
    )
    assert Exchange("XNYS").day_seconds == 23_400


def test_periods_per_year_count_bars_of_the_regular_session() -> None:
    new_york = calendar_of("XNYS")
    assert periods_per_year(new_york, 60) == 252 * 390
    assert periods_per_year(new_york, 3600) == 252 * 6.5
    assert periods_per_year(new_york, 86_400) == 252
    assert periods_per_year(AlwaysOpen(), 86_400) == 365
    assert periods_per_year(AlwaysOpen(), 60) == 365 * 1440
