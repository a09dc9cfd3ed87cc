"""Recorded files whose bars were read wrongly: one test for each kind of input, with the right value."""

from pathlib import Path

import pytest

from shared.market.records import Quote, RecordedBar
from shared.recordings.sequence import recorded
from tests.reports.recordings.recorded_rows import BARS, QUOTES, bars, bars_and_rest, file_of, refusal


@pytest.mark.real_data
def test_hour_of_the_opening_is_in_the_day(cases: Path) -> None:
    """Reported to LEAN. The hour labelled 09:00 holds 09:30 to 10:00 in New York."""
    first, second = bars(cases / "lean/equity/usa/hour/xyz.zip", "1d")
    assert (first["open"], first["low"], first["high"], first["close"], first["volume"]) == (
        *("100.0", "91.0", "107.5", "107.0", "56000.0"),
    )
    assert (second["open"], second["low"], second["volume"]) == ("110.0", "101.0", "56000.0")


@pytest.mark.parametrize(
    ("exchange", "hours", "volume"),
    [
        ("NMS", ("14:00", "15:00", "20:00"), 111.0),
        ("NSI", ("03:00", "04:00", "09:00"), 111.0),
        ("LSE", ("07:00", "08:00", "15:00"), 110.0),
    ],
)
def test_day_takes_every_hour_that_reaches_into_its_session(
    tmp_path: Path, exchange: str, hours: tuple[str, ...], volume: float
) -> None:
    """Reported to LEAN. Mumbai opens at 09:15; London opens on the hour, and the one before is apart."""
    rows = [
        f"A,2024-01-03T{hour}Z,5,6,4,5,{part},{exchange},1h"
        for hour, part in zip(hours, (1, 10, 100), strict=True)
    ]
    (day,) = bars(file_of(tmp_path, f"{BARS},exchange,interval", *rows), "1d")
    assert float(day["volume"]) == volume


@pytest.mark.real_data
def test_every_day_of_a_coin_that_collapsed_stands(cases: Path) -> None:
    """Reports of the 2022 LUNA collapse: days that fell to less than a tenth were set aside as stray ticks."""
    days, rest = bars_and_rest(cases / "csv/coin_that_collapsed.csv", "1d")
    assert [float(day["close"]) for day in days] == [62.08, 30.97, 17.75, 1.07, 0.005, 5e-05, 1e-04, 1.1e-4]
    assert list(rest.lines()) == []


@pytest.mark.parametrize("interval", ["1s", "1m", "5m", "15m", "1h"])
def test_no_finished_bar_is_taken_for_a_stray_tick(tmp_path: Path, interval: str) -> None:
    """Reports of the 2022 LUNA collapse, for bars of other lengths."""
    rows = [
        f"A,2022-05-12T{hour:02}:00:00Z,{price},{price},{price},{price},1,{interval}"
        for hour, price in enumerate((100, 3, 300, 0.02, 0.02))
    ]
    hours, rest = bars_and_rest(file_of(tmp_path, f"{BARS},interval", *rows), "1h")
    assert [float(hour["close"]) for hour in hours] == [100, 3, 300, 0.02, 0.02]
    assert list(rest.lines()) == []


def test_what_enters_no_bar_is_named_at_the_end(tmp_path: Path) -> None:
    """Scenario: a stray tick of a recording was left out without a report."""
    ticks = file_of(
        tmp_path, QUOTES, *(f"A,{1704205800 + at},{price}" for at, price in enumerate((100, 4, 100)))
    )
    (minute,), rest = bars_and_rest(ticks, "1m")
    assert minute["low"] == "100.0"
    (line,) = rest.lines()
    assert line == (
        "A: 1 set aside, which have a price far from those before or from before a split, and were not confirmed by a"
        " second one; the first at 2024-01-02T14:30:01+00:00, 4.0."
    )


def test_bars_of_two_files_with_the_same_time_are_named_at_the_end(tmp_path: Path) -> None:
    """Scenario: a day that a file repeats, and one that lies on no trading day of its calendar."""
    file_of(
        tmp_path,
        f"{BARS},interval",
        "A,2024-01-02T14:30:00Z,1,1,1,1,1,1m",
        "A,2024-01-02T14:31:00Z,1,1,1,1,1,1m",
    )
    (tmp_path / "own2.csv").write_text(f"{BARS},interval\nA,2024-01-02T14:30:00Z,2,2,2,2,1,1m\n")
    minutes, rest = bars_and_rest(tmp_path, "1m")
    assert [minute["close"] for minute in minutes] == ["1.0", "1.0"]
    assert [line.split(",")[0] for line in rest.lines()] == ["A: 1 set aside"]


@pytest.mark.real_data
def test_exchange_in_words_has_its_hours(cases: Path) -> None:
    """Scenario: Yahoo's fullExchangeName, NasdaqGS: the day's close was 180, a price of after the session."""
    (day,) = bars(cases / "csv/exchange_in_words.csv", "1d")
    assert (day["start"], day["open"], day["close"]) == ("2024-01-02T14:30:00+00:00", "187.0", "188.0")
    (found,) = {
        record.exchange
        for record in recorded([cases / "csv/exchange_in_words.csv"])
        if isinstance(record, RecordedBar)
    }
    assert found == "NasdaqGS"


@pytest.mark.parametrize(
    "row",
    [
        f"{QUOTES},exchange\nA,1704205800,1,Nasdork",
        f"{BARS},exchange,interval\nA,1704205800,1,1,1,1,1,Nasdork,1m",
    ],
)
def test_exchange_nobody_knows_is_refused(tmp_path: Path, row: str) -> None:
    """Scenario: a name that was taken for a market that never closes."""
    assert "line 2: exchange 'Nasdork' is unknown" in refusal(file_of(tmp_path, row))


def test_exchange_with_its_zone_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    """Scenario: the pipeline's own quotes of an exchange that nobody maps, replayed."""
    path = file_of(tmp_path, f"{QUOTES},exchange", "A,2024-01-02T12:00:00Z,5,XYZ@Europe/Belgrade")
    (day,) = bars(path, "1d")
    assert day["start"] == "2024-01-01T23:00:00+00:00"


@pytest.mark.real_data
def test_currency_is_open_on_sunday_evening(cases: Path) -> None:
    """Reported to LEAN and oanda-api-v20. The day is London's Monday, as Yahoo cuts it."""
    rows = bars(cases / "csv/currency_on_sunday.csv")
    hours = [row["start"][:16] for row in rows if row["interval"] == "1h"]
    assert hours == ["2024-01-07T22:00", "2024-01-07T23:00", "2024-01-08T00:00", "2024-01-08T20:00"]
    (day,) = [row for row in rows if row["interval"] == "1d"]
    assert (day["start"][:10], day["open"], day["close"]) == ("2024-01-08", "1.094", "1.093")


@pytest.mark.parametrize("digits", ["", "000", "000000", "000000000"])
def test_time_may_be_in_any_unit_since_the_epoch(tmp_path: Path, digits: str) -> None:
    """Reported to Binance, whose archive has microseconds since 2025."""
    rows = [f"DOGEUSDT,{start}{digits},0.316,0.32,0.31,0.315,27" for start in (1735689600, 1735689660)]
    found = bars(file_of(tmp_path, BARS, *rows), "1m")
    assert [bar["start"] for bar in found] == ["2025-01-01T00:00:00+00:00", "2025-01-01T00:01:00+00:00"]


@pytest.mark.parametrize("written", ["1735689600250", "1735689600250000", "1735689600250000999"])
def test_part_of_a_second_is_kept_in_every_unit(tmp_path: Path, written: str) -> None:
    """Nanoseconds are cut to the microseconds that the log keeps."""
    found = list(recorded([file_of(tmp_path, QUOTES, f"A,{written},1")]))
    assert [one.event_time.isoformat() for one in found if isinstance(one, Quote)] == [
        "2025-01-01T00:00:00.250000+00:00"
    ]


def test_number_beyond_every_unit_is_no_time(tmp_path: Path) -> None:
    assert "is not an epoch time in seconds, milliseconds, microseconds or nanoseconds" in refusal(
        file_of(tmp_path, QUOTES, "A,173568960000000000000,1")
    )
