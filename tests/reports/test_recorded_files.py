"""Recorded files that were read wrongly: each a kind of input, with the right value or the right refusal."""

import csv
import io
import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from analytics.replay import print_bars
from analytics.set_aside import SetAside
from analytics.symbol_state import EngineSettings
from ml.history_files import histories_of_files
from shared.errors import ConfigError
from shared.market import INTERVALS, CorporateAction, Interval, Record, RecordedBar
from shared.recordings.factors import changes
from shared.recordings.sequence import recorded
from tests.unit.lean_zips import write_zip

QUOTES = "symbol,event_time,price"
BARS = "symbol,start,open,high,low,close,volume"
SETTINGS = replace(EngineSettings(), grace=2.0)
NEW_YORK = ZoneInfo("America/New_York")

Row = dict[str, str]


def bars(path: Path, interval: Interval | None = None) -> list[Row]:
    """The closed bars that a replay of the file prints."""
    return bars_and_rest(path, interval)[0]


def bars_and_rest(path: Path, interval: Interval | None = None) -> tuple[list[Row], SetAside]:
    out = io.StringIO()
    rest = print_bars(recorded([path]), SETTINGS, {interval} if interval else set(INTERVALS), out)
    out.seek(0)
    return list(csv.DictReader(out)), rest


def refusal(path: Path) -> str:
    """Why the file is refused."""
    with pytest.raises(ConfigError) as refused:
        list(recorded([path]))
    return str(refused.value)


def file_of(folder: Path, header: str, *rows: str) -> Path:
    path = folder / "own.csv"
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


@pytest.fixture
def cases(real_data: Path) -> Path:
    return real_data / "cases"


@pytest.mark.real_data
def test_hour_of_the_opening_is_in_the_day(cases: Path) -> None:
    """Report: QuantConnect/Lean #8442. The hour labelled 09:00 holds 09:30 to 10:00 in New York."""
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
    """Report: QuantConnect/Lean #8442. Mumbai opens at 09:15; London opens on the hour, and the one before is apart."""
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
    """Scenario: a stray tick of a recording was left out without a word."""
    ticks = file_of(
        tmp_path, QUOTES, *(f"A,{1704205800 + at},{price}" for at, price in enumerate((100, 4, 100)))
    )
    (minute,), rest = bars_and_rest(ticks, "1m")
    assert minute["low"] == "100.0"
    (line,) = rest.lines()
    assert line == (
        "A: 1 set aside, which were over ten times off the price before, and no second one confirmed them;"
        " the first at 2024-01-02T14:30:01+00:00, 4.0."
    )


def test_bars_of_two_files_that_tell_the_same_time_are_named_at_the_end(tmp_path: Path) -> None:
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
def test_column_named_twice_is_refused(cases: Path) -> None:
    """Report: pandas #7160. The last one of two columns won in silence."""
    said = refusal(cases / "csv/duplicate_column.csv")
    assert "line 1: the columns 'close' and 'Close'" in said


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (f"{QUOTES},PRICE", "'price' and 'PRICE'"),
        (f"{QUOTES}, price ", "'price' and 'price'"),
        (f"{QUOTES},Event Time", "'event_time' and 'Event Time'"),
        (f"{QUOTES},event-time", "'event_time' and 'event-time'"),
        (f"{QUOTES},size,Size", "'size' and 'Size'"),
        (f"{QUOTES},previous_close,Previous Close", "'previous_close' and 'Previous Close'"),
        (f"{BARS},Symbol", "'symbol' and 'Symbol'"),
        (f"{BARS},interval,Interval", "'interval' and 'Interval'"),
        (f"{BARS},exchange,EXCHANGE", "'exchange' and 'EXCHANGE'"),
    ],
)
def test_column_named_twice_in_another_spelling_is_refused(tmp_path: Path, header: str, named: str) -> None:
    """Report: pandas #7160, for every column that is read, of quotes and of bars."""
    assert f"line 1: the columns {named}" in refusal(file_of(tmp_path, header))


def test_column_that_is_not_read_may_come_twice(tmp_path: Path) -> None:
    """Report: pandas #7160. Notes of the user's own do no harm."""
    path = file_of(tmp_path, f"{QUOTES},note,note", "A,1704205800,1,x,y")
    assert len(bars(path, "1m")) == 1


@pytest.mark.real_data
def test_minutes_of_one_symbol_and_days_of_another_are_told_apart(cases: Path) -> None:
    """Scenario: days were taken for minutes, because another symbol of the file has minutes."""
    rows = bars(cases / "csv/mixed_intervals.csv")
    assert [
        (row["symbol"], row["interval"], row["close"]) for row in rows if row["interval"] in ("1m", "1d")
    ] == [
        ("VIX", "1d", "13.2"),
        ("AAPL", "1m", "187.3"),
        ("AAPL", "1m", "187.4"),
        ("AAPL", "1d", "187.4"),
        ("VIX", "1d", "14.04"),
    ]


MINUTES = ("2024-01-03T14:30", "2024-01-03T14:31", "2024-01-03T14:32")


@pytest.mark.parametrize(
    ("starts", "line"),
    [
        (("2024-01-01T00:00", "2024-01-02T00:00", *MINUTES), 2),
        ((*MINUTES, "2024-01-01T00:00", "2024-01-02T00:00"), 5),
        ((*MINUTES, *(f"2024-01-04T{hour:02}:00" for hour in range(5))), 5),
        ((*MINUTES, *(f"2024-01-04T15:{minute:02}" for minute in range(0, 60, 5))), 5),
    ],
)
def test_two_intervals_of_one_symbol_are_refused_with_the_line(
    tmp_path: Path, starts: tuple[str, ...], line: int
) -> None:
    """Scenario: minutes and days, or minutes and hours, of one symbol in one file that does not name them."""
    said = refusal(file_of(tmp_path, BARS, *(f"A,{start}:00Z,1,1,1,1,1" for start in starts)))
    assert f"line {line}: bars of A are" in said
    assert "add a column interval" in said


@pytest.mark.parametrize("one_in", [2, 5, 20, 60])
def test_minutes_with_gaps_are_minutes(tmp_path: Path, one_in: int) -> None:
    """Scenario: a share that is seldom traded has gaps of five minutes and of an hour, by chance."""
    chance = Random(one_in)
    minutes = [0, 1, *(minute for minute in range(2, 20_000) if chance.random() < 1 / one_in)]
    rows = [f"A,{1704205800 + 60 * minute},1,1,1,1,1" for minute in minutes]
    assert len(bars(file_of(tmp_path, BARS, *rows), "1m")) == len(minutes)


def test_symbol_with_a_single_bar_has_the_interval_of_the_others(tmp_path: Path) -> None:
    """Scenario: a symbol that came new on the last minute of a file."""
    path = file_of(
        tmp_path,
        BARS,
        *(f"{symbol},{1704205800 + at},1,1,1,1,1" for symbol, at in (("A", 0), ("A", 60), ("B", 60))),
    )
    assert {(row["symbol"], row["interval"]) for row in bars(path) if row["interval"] == "1m"} == {
        ("A", "1m"),
        ("B", "1m"),
    }
    mixed = file_of(
        tmp_path,
        BARS,
        *("A,1704205800,1,1,1,1,1", "A,1704205860,1,1,1,1,1", "B,1704207600,1,1,1,1,1"),
        *("C,1704153600,1,1,1,1,1", "C,1704240000,1,1,1,1,1"),
    )
    assert "B has a single bar" in refusal(mixed)


@pytest.mark.real_data
def test_times_that_a_spreadsheet_has_rounded_are_refused(cases: Path) -> None:
    """Scenario: 1.70421E+12 stands for sixteen minutes of milliseconds."""
    assert "line 2: event_time '1.70421E+12' was rounded by a spreadsheet" in refusal(
        cases / "csv/epoch_by_excel.csv"
    )


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        (QUOTES, "A,1.70421E+09,1", "event_time '1.70421E+09' was rounded"),
        (QUOTES, "A,1.7042058e9,1", "event_time '1.7042058e9' was rounded"),
        (QUOTES, "A,1.70421e+12,1", "event_time '1.70421e+12' was rounded"),
        (f"{BARS},interval", "A,1.70421E+12,1,1,1,1,1,1m", "start '1.70421E+12' was rounded"),
        (BARS, "A,1.70421E+09,1,1,1,1,1", "start '1.70421E+09' was rounded"),
        (f"{BARS},interval", "A,1704205800,1,1,1,1,1.23457E+11,1m", "volume '1.23457E+11' was rounded"),
        (f"{QUOTES},size", "A,1704205800,1,1.23457E+12", "size '1.23457E+12' was rounded"),
        (QUOTES, "A,1704205800,1.23457E-05", "price '1.23457E-05' was rounded"),
    ],
)
def test_number_that_a_spreadsheet_has_rounded_is_refused(
    tmp_path: Path, header: str, row: str, said: str
) -> None:
    """Scenario: times in seconds and milliseconds, and amounts of which six digits are left."""
    refused = refusal(file_of(tmp_path, header, row))
    assert f"line 2: {said}" in refused
    assert "spreadsheet" in refused


@pytest.mark.parametrize("price", ["1.23e-09", "1e-09", "1.5E+02", "1.234567E-05"])
def test_small_price_with_an_exponent_is_a_price(tmp_path: Path, price: str) -> None:
    """Scenario: a program, which keeps all digits, writes the price of a small coin."""
    (minute,) = bars(file_of(tmp_path, QUOTES, f"A,1704205800,{price}"), "1m")
    assert float(minute["close"]) == float(price)


@pytest.mark.real_data
def test_slot_with_two_different_bars_is_refused_with_both_lines(cases: Path) -> None:
    """Scenario: 14:31 stands there twice; the first one won in silence."""
    said = refusal(cases / "csv/one_slot_twice.csv")
    assert "lines 3 and 4: two different bars of AAPL start at 2024-01-02T14:31:00+00:00" in said


@pytest.mark.parametrize("lines_apart", [1, 3])
def test_slot_that_comes_again_out_of_order_is_refused(tmp_path: Path, lines_apart: int) -> None:
    """Scenario: two downloads that overlap, one behind the other."""
    rows = [f"A,{1704205800 + 60 * minute},1,1,1,1,1,1m" for minute in range(lines_apart)]
    said = refusal(file_of(tmp_path, f"{BARS},interval", *rows, "A,1704205800,1,2,1,1,1,1m"))
    assert f"lines 2 and {lines_apart + 2}:" in said


def test_bars_that_repeat_exactly_are_one_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Scenario: two downloads that overlap and agree, for one symbol of two."""
    rows = [f"{symbol},{1704205800 + 60 * at},1,1,1,1,5,1m" for at in range(3) for symbol in "AB"]
    path = file_of(tmp_path, f"{BARS},interval", *rows, rows[2], rows[0])
    with caplog.at_level(logging.WARNING, "tickstream.replay"):
        minutes = bars(path, "1m")
    assert [(minute["symbol"], minute["volume"]) for minute in minutes] == [(s, "5.0") for s in "ABABAB"]
    assert caplog.messages == [
        f"{path}: 2 of its bars stand there twice with equal numbers, and count once; the first in line 8."
    ]


def test_bars_that_repeat_exactly_are_trained_on_once(tmp_path: Path) -> None:
    """Scenario: the same file, for who trains a model."""
    rows = [f"A,{1704205800 + 60 * at},1,1,1,1,5,1m" for at in (0, 1, 1, 2)]
    (history,) = histories_of_files([file_of(tmp_path, f"{BARS},interval", *rows)])
    assert len(history.made_at) == 3


def test_quotes_that_repeat_exactly_are_honest(tmp_path: Path) -> None:
    """Scenario: real feeds hold as many as one equal trade in five."""
    (minute,) = bars(file_of(tmp_path, f"{QUOTES},size", *["A,1704205800,1,7"] * 3), "1m")
    assert minute["volume"] == "21.0"


@pytest.mark.real_data
def test_exchange_in_words_has_its_hours(cases: Path) -> None:
    """Scenario: Yahoo's fullExchangeName, NasdaqGS: the day's close was 180, a price of after the session."""
    (day,) = bars(cases / "csv/exchange_in_words.csv", "1d")
    assert (day["start"], day["open"], day["close"]) == ("2024-01-02T14:30:00+00:00", "187.0", "188.0")
    (told,) = {
        record.exchange
        for record in recorded([cases / "csv/exchange_in_words.csv"])
        if isinstance(record, RecordedBar)
    }
    assert told == "NasdaqGS"


@pytest.mark.parametrize(
    "row",
    [
        f"{QUOTES},exchange\nA,1704205800,1,Nasdork",
        f"{BARS},exchange,interval\nA,1704205800,1,1,1,1,1,Nasdork,1m",
    ],
)
def test_exchange_nobody_knows_is_refused(tmp_path: Path, row: str) -> None:
    """Scenario: a name that was taken for a market that never closes."""
    assert "line 2: exchange 'Nasdork' is none that is known" in refusal(file_of(tmp_path, row))


def test_exchange_with_its_zone_is_read_as_it_was_recorded(tmp_path: Path) -> None:
    """Scenario: the pipeline's own quotes of an exchange that nobody maps, replayed."""
    path = file_of(tmp_path, f"{QUOTES},exchange", "A,2024-01-02T12:00:00Z,5,XYZ@Europe/Belgrade")
    (day,) = bars(path, "1d")
    assert day["start"] == "2024-01-01T23:00:00+00:00"


@pytest.mark.real_data
def test_currency_is_open_on_sunday_evening(cases: Path) -> None:
    """Reports: QuantConnect/Lean #2779, oanda-api-v20 #142. The day is London's Monday, as Yahoo cuts it."""
    rows = bars(cases / "csv/currency_on_sunday.csv")
    hours = [row["start"][:16] for row in rows if row["interval"] == "1h"]
    assert hours == ["2024-01-07T22:00", "2024-01-07T23:00", "2024-01-08T00:00", "2024-01-08T20:00"]
    (day,) = [row for row in rows if row["interval"] == "1d"]
    assert (day["start"][:10], day["open"], day["close"]) == ("2024-01-08", "1.094", "1.093")


def factor_rows(folder: Path, *rows: str) -> Path:
    path = folder / "equity/usa/factor_files/bac.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows))
    return path


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("19980302,inf,0.5,10", "has lost its digits"),
        ("19980302,1,1.6e+06,10", "has lost its digits"),
        ("19980302,0,0.5,10", "not positive"),
        ("19980302,1,0,10", "not positive"),
        ("19980302,-1,0.5,10", "not positive"),
        ("20131008,0.5,0.25,7", "an earlier one has its date"),
    ],
)
def test_row_of_a_factor_file_that_lean_passes_over_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, row: str, reason: str
) -> None:
    """Scenario: factor files of shares whose factors ran over (GBSN, JUNI, NEWL) refused the whole recording."""
    path = factor_rows(tmp_path, "20131008,1,0.5,100", row, "20501231,1,1,0")
    found = changes(path, "XNYS", NEW_YORK)
    assert [(change.action, change.value) for change in found] == [("split", 2.0)]
    assert len(caplog.messages) == 1
    assert f"{path}, line 2 is passed over: " in caplog.messages[0]
    assert reason in caplog.messages[0]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (("20131008,1,0.5", "20501231,1,1"), [("split", 2.0)]),
        (("20131008,0.97,1", "20501231,1,1,0"), []),
        (("20131008,1,0.5,100,source", "20501231,1,1,0"), [("split", 2.0)]),
        (("", "20131008,1,0.5,100", "  ", "20501231,1,1,0", ""), [("split", 2.0)]),
        (("20501231,1,1,0", "20131008,1,0.5,100"), [("split", 2.0)]),
        (("20131008,0.9999999,1,1", "20501231,1,1,0"), []),
        (("20131008,1.02,1,50", "20501231,1,1,0"), []),
    ],
)
def test_row_of_a_factor_file_that_lean_accepts_is_accepted(
    tmp_path: Path, rows: tuple[str, ...], found: list[tuple[str, float]]
) -> None:
    """Scenario: rows without a reference price, with a source, blank, in another order, with a factor of rounding."""
    said = changes(factor_rows(tmp_path, *rows), "XNYS", NEW_YORK)
    assert [(change.action, change.value) for change in said] == found


def test_dividend_that_would_be_negative_is_left_out_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Scenario: a price factor above the one that follows it; LEAN makes a dividend below zero of it."""
    assert changes(factor_rows(tmp_path, "20131008,1.02,1,50", "20501231,1,1,0"), "XNYS", NEW_YORK) == []
    assert "the dividend of -1.0 at 2013-10-09 is left out" in caplog.text


def test_recording_beside_such_a_file_is_replayed(tmp_path: Path) -> None:
    """Scenario: the split of a share whose oldest factors ran over."""
    factor_rows(tmp_path, "19980102,1,1.6e+06,1", "20131008,0.97,0.5,100", "20501231,0.97,1,0")
    rows = [f"201310{day} 00:00,1000000,1020000,990000,1010000,7" for day in ("08", "09")]
    found: list[Record] = list(recorded([write_zip(tmp_path, "equity/usa/daily/bac.zip", rows)]))
    (split,) = [record for record in found if isinstance(record, CorporateAction)]
    assert (split.time, split.value) == (datetime(2013, 10, 9, 4, tzinfo=UTC), 2.0)
