"""Sessions at known times: daylight saving, half days, holidays, both ends of a calendar, unknown exchanges."""

import exchange_calendars
import pytest

from shared.calendars.calendars import AlwaysOpen, Exchange, SessionAt, calendar_of, periods_per_year
from shared.calendars.next_session import next_session
from tests.inputs.records import second

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
    [("2026-11-27T17:59:59", "regular"), ("2026-11-27T18:00", "post"), ("2026-11-27T21:59:59", "post")],
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


@pytest.mark.parametrize("name", [None, "", "24/7", "CCC"])
def test_coins_which_have_no_exchange_trade_around_the_clock(name: str | None) -> None:
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


@pytest.mark.parametrize(
    ("name", "opens", "closes"),
    [
        ("XTKS", "00:00", "06:00"),
        ("JPX", "00:00", "06:00"),
        ("XSHG", "01:30", "07:00"),
        ("AIXK", "06:00", "12:00"),
        ("XSAU", "07:00", "12:00"),
    ],
)
def test_exchange_whose_records_begin_late_still_has_its_calendar(name: str, opens: str, closes: str) -> None:
    bounds = second(f"2024-07-03T{opens}"), second(f"2024-07-03T{closes}")
    assert at(name, f"2024-07-03T{opens}") == ("regular", *bounds)


@pytest.mark.parametrize("name", ["ASEX", "BVB", "XTAE", "CMES", "24/5", "us_futures"])
def test_no_name_of_an_exchange_stops_the_reader(name: str) -> None:
    assert at(name, "2024-01-03T12:00").name == "regular"


@pytest.mark.parametrize(
    ("exchange", "text", "opens", "closes"),
    [
        # London and Frankfurt move on the last Sunday of March and October.
        ("LSE", "2024-03-28T12:00", "2024-03-28T08:00", "2024-03-28T16:30"),
        ("LSE", "2024-04-02T12:00", "2024-04-02T07:00", "2024-04-02T15:30"),
        ("LSE", "2024-10-25T12:00", "2024-10-25T07:00", "2024-10-25T15:30"),
        ("LSE", "2024-10-28T12:00", "2024-10-28T08:00", "2024-10-28T16:30"),
        ("GER", "2024-10-25T12:00", "2024-10-25T07:00", "2024-10-25T15:30"),
        ("GER", "2024-10-28T12:00", "2024-10-28T08:00", "2024-10-28T16:30"),
        # Half days: Christmas Eve in London and Hong Kong.
        ("LSE", "2024-12-24T12:00", "2024-12-24T08:00", "2024-12-24T12:30"),
        ("HKG", "2024-12-24T03:00", "2024-12-24T01:30", "2024-12-24T04:00"),
        # Tokyo has no daylight saving, and closes half an hour later since November 2024.
        ("JPX", "2024-11-01T04:00", "2024-11-01T00:00", "2024-11-01T06:00"),
        ("JPX", "2024-11-05T04:00", "2024-11-05T00:00", "2024-11-05T06:30"),
    ],
)
def test_sessions_of_yahoos_exchanges_on_days_that_differ(
    exchange: str, text: str, opens: str, closes: str
) -> None:
    assert at(exchange, text) == ("regular", second(opens), second(closes))
    assert at(exchange, closes).name == "closed"


@pytest.mark.parametrize(
    ("yahoo", "exchange"),
    [("LSE", "XLON"), ("HKG", "XHKG"), ("NSI", "XBOM"), ("JKT", "XIDX"), ("SAO", "BVMF"), ("NYB", "IEPA")],
)
def test_yahoos_codes_stand_for_calendars(yahoo: str, exchange: str) -> None:
    assert isinstance(calendar_of(yahoo), Exchange)
    assert at(yahoo, "2024-06-12T09:00") == at(exchange, "2024-06-12T09:00")


@pytest.mark.parametrize(
    ("text", "name", "opens", "closes"),
    [
        ("2024-01-05T21:59:59", "regular", "2024-01-05T00:00", "2024-01-06T00:00"),
        ("2024-01-05T22:00", "closed", "2024-01-05T00:00", "2024-01-06T00:00"),
        ("2024-01-06T00:00", "closed", "2024-01-08T00:00", "2024-01-09T00:00"),
        ("2024-01-07T21:59:59", "closed", "2024-01-08T00:00", "2024-01-09T00:00"),
        ("2024-01-07T22:00", "regular", "2024-01-08T00:00", "2024-01-09T00:00"),
        ("2024-07-01T23:00", "regular", "2024-07-01T23:00", "2024-07-02T23:00"),
        ("2024-07-05T21:00", "closed", "2024-07-04T23:00", "2024-07-05T23:00"),
        ("2024-04-01T00:00", "regular", "2024-03-31T23:00", "2024-04-01T23:00"),
        ("2024-03-31T12:00", "closed", "2024-03-31T23:00", "2024-04-01T23:00"),
        ("2024-03-31T21:00", "regular", "2024-03-31T23:00", "2024-04-01T23:00"),
    ],
)
def test_currencies_trade_from_sunday_to_friday_in_new_york_by_londons_days(
    text: str, name: str, opens: str, closes: str
) -> None:
    assert at("CCY", text) == (name, second(opens), second(closes))


@pytest.mark.parametrize("exchange", ["CMX", "NYM", "CBT", "CME"])
def test_futures_trade_around_the_clock_but_not_at_weekends(exchange: str) -> None:
    assert at(exchange, "2024-01-10T05:00") == (
        "regular",
        second("2024-01-09T23:00"),
        second("2024-01-10T23:00"),
    )
    assert at(exchange, "2024-01-06T12:00").name == "closed"


@pytest.mark.parametrize(
    ("exchange", "hours"), [("CCY", 24), ("CCC", 24), ("CME", 24), ("LSE", 8.5), ("JPX", 5.5), ("PNK", 6.5)]
)
def test_length_of_a_day_is_that_of_its_market(exchange: str, hours: float) -> None:
    assert calendar_of(exchange).day_seconds == hours * 3600


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


@pytest.mark.parametrize(
    ("exchange", "text", "opens"),
    [
        ("NMS", "2024-01-03T12:00", "2024-01-03T14:30"),
        ("NMS", "2024-01-03T14:30", "2024-01-04T14:30"),
        ("NMS", "2024-01-03T18:00", "2024-01-04T14:30"),
        ("NMS", "2024-01-05T22:00", "2024-01-08T14:30"),
        ("HKG", "2024-01-03T04:30", "2024-01-04T01:30"),
        ("SIMULATED", "2024-01-03T12:00", "2024-01-04T02:00"),
        ("CCC", "2024-01-03T12:00", "2024-01-04T00:00"),
        ("CCY", "2024-01-07T22:30", "2024-01-08T00:00"),
        ("CCY", "2024-01-05T12:00", "2024-01-08T00:00"),
    ],
)
def test_next_session_is_never_the_one_that_has_begun(exchange: str, text: str, opens: str) -> None:
    assert next_session(calendar_of(exchange), second(text)) == second(opens)
