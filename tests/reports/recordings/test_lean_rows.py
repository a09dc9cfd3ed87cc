"""Rows of LEAN's files that its own reader and writer accept, and impossible numbers in them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.market.records import CorporateAction, Quote, Record, RecordedBar
from shared.recordings.sequence import recorded
from tests.inputs.lean_zips import write_zip

TICKS = "equity/usa/tick/bac/20131007_trade.zip"
MINUTES = "equity/usa/minute/bac/20131007_trade.zip"
DAYS = "equity/usa/daily/bac.zip"
FACTORS = "equity/usa/factor_files/bac.csv"
MIDNIGHT = datetime(2013, 10, 7, 4, tzinfo=UTC)


def rows(root: Path, place: str, *lines: str) -> list[Quote | RecordedBar]:
    path = write_zip(root, place, lines)
    return [record for record in recorded([path]) if isinstance(record, Quote | RecordedBar)]


def test_fraction_of_a_millisecond_is_part_of_the_time(tmp_path: Path) -> None:
    """LEAN writes a time of day as all of its milliseconds, with the fraction, and reads it as a decimal number."""
    records = rows(
        tmp_path, TICKS, "34200000.1234,1000000,100,P,0,0", "34200000.5,1000100,100", "34200001,1000100,7"
    )
    assert [quote.event_time - MIDNIGHT for quote in records if isinstance(quote, Quote)] == [
        timedelta(hours=9.5, microseconds=microseconds) for microseconds in (123, 500, 1000)
    ]


def test_whole_number_written_as_a_decimal_starts_a_bar(tmp_path: Path) -> None:
    (bar,) = rows(tmp_path, MINUTES, "34200000.0,1000000,1000000,1000000,1000000,5")
    assert isinstance(bar, RecordedBar)
    assert bar.start == MIDNIGHT + timedelta(hours=9.5)


NO_TIMES = ("1e3000", "nan", "inf", "9" * 30, "9:30", "½")


@pytest.mark.parametrize(
    ("place", "number"),
    [(MINUTES, "34200000.5"), *((place, number) for place in (TICKS, MINUTES) for number in NO_TIMES)],
)
def test_impossible_time_is_refused_with_its_line(tmp_path: Path, place: str, number: str) -> None:
    """Some of them ended the replay without naming the file."""
    with pytest.raises(ConfigError, match=r"bac/20131007_trade\.zip, line 3: "):
        rows(tmp_path, place, "60000,1,1,1,1,1", "", f"{number},1,1,1,1,1")


@pytest.mark.parametrize(
    ("place", "row"),
    [(TICKS, "34200000,1000000,5"), (MINUTES, "34200000,1,1,1,1,5"), (DAYS, "20131007 00:00,1,1,1,1,5")],
)
def test_blank_lines_and_a_byte_order_mark_are_passed_over(tmp_path: Path, place: str, row: str) -> None:
    """LEAN's reader of text knows the mark that some editors write, and a line without a row is none."""
    assert rows(tmp_path, place, f"\ufeff{row}\r", "\r", "  ", "") == rows(tmp_path, place, row)


@pytest.mark.parametrize("amount", ["-1", "nan", "inf", "-inf", "1e19"])
def test_size_that_can_not_be_true_is_left_out(tmp_path: Path, amount: str) -> None:
    """A size of minus one took volume away from its bar, and one that is no number made all of it none."""
    (quote,) = rows(tmp_path, TICKS, f"34200000,1000000,{amount},P,0,0")
    assert isinstance(quote, Quote)
    assert (quote.price, quote.size) == (100.0, None)
    (bar,) = rows(tmp_path, MINUTES, f"34200000,1000000,1000000,1000000,1000000,{amount}")
    assert isinstance(bar, RecordedBar)
    assert (bar.close, bar.volume) == (100.0, None)


def actions(root: Path, factors: bytes) -> list[float]:
    """The splits and dividends of days that lie beside a factor file."""
    path = root / FACTORS
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(factors)
    days = [f"201310{day} 00:00,1000000,1020000,990000,1010000,7" for day in ("07", "08", "09", "10")]
    records: list[Record] = list(recorded([write_zip(root, DAYS, days)]))
    return [record.value for record in records if isinstance(record, CorporateAction)]


@pytest.mark.parametrize(
    "factors",
    [b"\xef\xbb\xbf20131008,1,0.5,100\n20501231,1,1,0", b"20131008,1,0.5,100,Qu\xe9bec\n20501231,1,1,0"],
)
def test_factor_file_in_another_encoding_is_read(tmp_path: Path, factors: bytes) -> None:
    """A mark at its beginning, or a source's name with an accent, ended the replay without naming the file."""
    assert actions(tmp_path, factors) == [2.0]


@pytest.mark.parametrize("row", [b"1,1e400,100", b"1e400,1,100", b"0.9,1,1e400", b"-1e400,-1,100"])
def test_factor_without_bounds_is_refused_with_its_line(tmp_path: Path, row: bytes) -> None:
    with pytest.raises(ConfigError, match=r"bac\.csv, line 1: a number is too large"):
        actions(tmp_path, b"20131008," + row + b"\n20501231,1,1,0")


@pytest.mark.parametrize("row", [b"1,1e-320,100", b"1e-320,1,100", b"1e-29,1,100"])
def test_factor_too_small_to_be_one_is_passed_over(
    tmp_path: Path, row: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert actions(tmp_path, b"20131008," + row + b"\n20501231,1,1,0") == []
    assert "bac.csv, line 1 was skipped" in caplog.text


def test_tick_that_marks_the_exchange_as_down_is_left_out_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Reported to LEAN: ticks at -1 in data of coins; the whole file was refused."""
    coins = "crypto/coinbase/tick/btcusd/20180405_trade.zip"
    records = rows(tmp_path, coins, "1000,6800.1,0.5", "2000,-1,0", "3000,-1.0,0", "4000,6801,0.2")
    assert [quote.price for quote in records if isinstance(quote, Quote)] == [6800.1, 6801.0]
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.endswith("2 ticks with a negative price were skipped; they mark outages of the exchange.")
    assert rows(tmp_path, coins, "1000,6800.1,0.5", "2000,6801,0.2")[0] == records[0]
    with pytest.raises(ConfigError, match="line 2: price is not a finite positive number"):
        rows(tmp_path, coins, "1000,6800.1,0.5", "2000,0,0")
