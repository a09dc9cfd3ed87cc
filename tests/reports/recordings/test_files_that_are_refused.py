"""Ambiguous recorded files: each is refused with its line; files that only look ambiguous are read."""

import logging
from pathlib import Path
from random import Random

import pytest

from ml.datasets.history_files import histories_from_files
from shared.recordings.sequence import recorded
from tests.inputs.lean_zips import write_zip
from tests.reports.recordings.recorded_rows import BARS, QUOTES, bars, file_of, refusal


@pytest.mark.real_data
def test_column_named_twice_is_refused(cases: Path) -> None:
    """Reported to pandas. The last one of two columns won in silence."""
    message = refusal(cases / "csv/duplicate_column.csv")
    assert "line 1: the columns 'close' and 'Close'" in message


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
    """Reported to pandas, for every column that is read, of quotes and of bars."""
    assert f"line 1: the columns {named}" in refusal(file_of(tmp_path, header))


def test_column_that_is_not_read_may_come_twice(tmp_path: Path) -> None:
    """Reported to pandas. Notes of the user's own do no harm."""
    path = file_of(tmp_path, f"{QUOTES},note,note", "A,1704205800,1,x,y")
    assert len(bars(path, "1m")) == 1


@pytest.mark.real_data
def test_minutes_of_one_symbol_and_days_of_another_are_distinguished(cases: Path) -> None:
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
    message = refusal(file_of(tmp_path, BARS, *(f"A,{start}:00Z,1,1,1,1,1" for start in starts)))
    assert f"line {line}: bars of A are" in message
    assert "add an interval column" in message


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
    ("header", "row", "message"),
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
    tmp_path: Path, header: str, row: str, message: str
) -> None:
    """Scenario: times in seconds and milliseconds, and amounts of which six digits are left."""
    refused = refusal(file_of(tmp_path, header, row))
    assert f"line 2: {message}" in refused
    assert "spreadsheet" in refused


@pytest.mark.parametrize("price", ["1.23e-09", "1e-09", "1.5E+02", "1.234567E-05"])
def test_small_price_with_an_exponent_is_a_price(tmp_path: Path, price: str) -> None:
    """Scenario: a program, which keeps all digits, writes the price of a small coin."""
    (minute,) = bars(file_of(tmp_path, QUOTES, f"A,1704205800,{price}"), "1m")
    assert float(minute["close"]) == float(price)


@pytest.mark.real_data
def test_slot_with_two_different_bars_is_refused_with_both_lines(cases: Path) -> None:
    """Scenario: 14:31 stands there twice; the first one won in silence."""
    message = refusal(cases / "csv/one_slot_twice.csv")
    assert "lines 3 and 4: two different bars of AAPL start at 2024-01-02T14:31:00+00:00" in message


@pytest.mark.parametrize("lines_apart", [1, 3])
def test_slot_that_comes_again_out_of_order_is_refused(tmp_path: Path, lines_apart: int) -> None:
    """Scenario: two downloads that overlap, one after the other."""
    rows = [f"A,{1704205800 + 60 * minute},1,1,1,1,1,1m" for minute in range(lines_apart)]
    message = refusal(file_of(tmp_path, f"{BARS},interval", *rows, "A,1704205800,1,2,1,1,1,1m"))
    assert f"lines 2 and {lines_apart + 2}:" in message


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
        f"{path}: 2 bars are repeated with equal numbers and count once; the first one is in line 8."
    ]


def test_bars_that_repeat_exactly_are_trained_on_once(tmp_path: Path) -> None:
    """Scenario: the same file, for who trains a model."""
    rows = [f"A,{1704205800 + 60 * at},1,1,1,1,5,1m" for at in (0, 1, 1, 2)]
    (history,) = histories_from_files([file_of(tmp_path, f"{BARS},interval", *rows)])
    assert len(history.made_at) == 3


def test_quotes_that_repeat_exactly_are_kept(tmp_path: Path) -> None:
    """Scenario: real feeds hold as many as one equal trade in five."""
    (minute,) = bars(file_of(tmp_path, f"{QUOTES},size", *["A,1704205800,1,7"] * 3), "1m")
    assert minute["volume"] == "21.0"


@pytest.mark.parametrize(
    "row",
    [
        f"{QUOTES}\nA,2024-01-02T14:30:00Z,1\nA,{{}},1",
        f"{QUOTES},exchange\nA,2024-01-02T14:30:00Z,1,CCY\nA,{{}},1,CCY",
        f"{BARS},interval\nA,2024-01-02T14:30:00Z,1,1,1,1,1,1m\nA,{{}},1,1,1,1,1,1m",
        f"{BARS},interval,exchange\nA,2024-01-02T14:30:00Z,1,1,1,1,1,1d,NMS\nA,{{}},1,1,1,1,1,1d,JPX",
        f"{BARS}\nA,2024-01-02T14:30:00Z,1,1,1,1,1\nA,{{}},1,1,1,1,1",
    ],
    ids=["quotes", "quotes of currencies", "minutes", "days", "bars without an interval"],
)
@pytest.mark.parametrize(
    "time",
    [
        "9999-12-31T23:59:00Z",
        "9999-12-31T00:00:00+00:00",
        "9999-12-31T23:59:00-12:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+12:00",
        "1969-12-31T23:59:00Z",
    ],
)
def test_date_at_either_end_of_the_calendar_is_refused_with_its_line(
    tmp_path: Path, row: str, time: str
) -> None:
    """Scenario: 9999-12-31 stands for "no end" in many tables; a replay of it ended in a traceback."""
    path = file_of(tmp_path, *row.format(time).split("\n"))
    message = refusal(path)
    assert message.startswith(f"{path}, line 3: ")
    assert "before 1970 or after 9998" in message


@pytest.mark.parametrize(
    ("place", "row"),
    [
        ("equity/usa/minute/a/99991231_trade.zip", "86340000,1,1,1,1,1"),
        ("equity/usa/tick/a/99991231_trade.zip", "1000,10000,5"),
        ("equity/usa/tick/a/00010101_trade.zip", "1000,10000,5"),
        ("equity/usa/tick/a/20131007_trade.zip", "252000000000000,10000,5"),
        ("crypto/gdax/minute/a/99991231_trade.zip", "86340000,1,1,1,1,1"),
        ("equity/usa/daily/a.zip", "99991231 00:00,1,1,1,1,1"),
        ("equity/usa/daily/a.zip", "00010101 00:00,1,1,1,1,1"),
        ("equity/usa/hour/a.zip", "99991231 23:00,1,1,1,1,1"),
        ("crypto/gdax/daily/a.zip", "99991231 00:00,1,1,1,1,1"),
    ],
)
def test_such_a_date_in_a_zip_is_refused_with_its_file(tmp_path: Path, place: str, row: str) -> None:
    """The same fault in the other kind of recording: in the name of a file, or in its rows."""
    path = write_zip(tmp_path, place, [row])
    assert str(path) in refusal(path)


def test_factor_file_may_reach_beyond_what_is_known_of_an_exchange(tmp_path: Path) -> None:
    """The same fault in splits: LEAN's last row stands for a day to come."""
    factors = tmp_path / "equity/usa/factor_files/a.csv"
    factors.parent.mkdir(parents=True)
    factors.write_text("20131004,1,0.5,100\n20991231,1,1,100\n99991231,1,2,100")
    path = write_zip(tmp_path, "equity/usa/daily/a.zip", ["20131007 00:00,20000,20000,20000,20000,1"])
    assert [type(record).__name__ for record in recorded([path])] == ["RecordedBar", "TimeMark"]
