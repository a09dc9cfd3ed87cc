"""LEAN zip files: the meaning of path and row, and their errors."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.errors import ConfigError
from shared.market.records import Quote, Record, RecordedBar
from shared.recordings.lean import lean_file
from tests.inputs.lean_zips import write_zip

TICKS = "equity/usa/tick/bac/20131007_trade.zip"


def records(path: Path) -> list[Record]:
    return [make(line) for _, _, line, make in lean_file(path).rows(0)]


def test_tick_is_a_quote_in_dollars_at_its_millisecond_of_new_york(tmp_path: Path) -> None:
    path = write_zip(tmp_path, TICKS, ["14400614,139400,500,P,20002020,0"])
    moment = datetime(2013, 10, 7, 8, 0, 0, 614_000, UTC)
    assert records(path) == [
        Quote(
            symbol="BAC",
            event_time=moment,
            received_time=moment,
            price=13.94,
            size=500.0,
            source="replay",
            position=1,
            currency="USD",
            exchange="XNYS",
            conditions="FT",
        )
    ]


def test_suspicious_and_doubled_ticks_are_quotes_like_all_others(tmp_path: Path) -> None:
    path = write_zip(tmp_path, TICKS, ["1,139400,5,P,0,1", "1,139400,5,P,0,1", "1,139400,5,P,0,1"])
    assert [record.position for record in records(path)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("place", "row", "interval", "start", "end"),
    [
        ("second/ibm/20151201_trade.zip", "34200000", "1s", (2015, 12, 1, 14, 30), (2015, 12, 1, 14, 30, 1)),
        ("minute/ibm/20131007_trade.zip", "34200000", "1m", (2013, 10, 7, 13, 30), (2013, 10, 7, 13, 31)),
        ("hour/ibm.zip", "20131007 10:00", "1h", (2013, 10, 7, 14), (2013, 10, 7, 15)),
        ("daily/ibm.zip", "20131007 00:00", "1d", (2013, 10, 7, 13, 30), (2013, 10, 7, 20)),
        ("daily/ibm.zip", "20131129 00:00", "1d", (2013, 11, 29, 14, 30), (2013, 11, 29, 18)),
    ],
)
def test_bar_starts_at_its_label_and_is_received_at_its_end(
    tmp_path: Path, place: str, row: str, interval: str, start: tuple[int, ...], end: tuple[int, ...]
) -> None:
    path = write_zip(tmp_path, f"equity/usa/{place}", [f"{row},1000000,1020000,990000,1010000,700"])
    (bar,) = records(path)
    assert isinstance(bar, RecordedBar)
    assert (bar.symbol, bar.interval) == ("IBM", interval)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (100.0, 102.0, 99.0, 101.0, 700.0)
    assert bar.start == datetime(*start, tzinfo=UTC)  # type: ignore[misc, arg-type]
    assert bar.received_time == datetime(*end, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_crypto_is_unscaled_in_utc_around_the_clock(tmp_path: Path) -> None:
    row = "60000,6778.01,6780.88,6773.01,6779.47,10.71278428"
    path = write_zip(tmp_path, "crypto/coinbase/minute/btcusd/20180405_trade.zip", [row])
    (bar,) = records(path)
    assert isinstance(bar, RecordedBar)
    assert (bar.symbol, bar.exchange, bar.currency) == ("BTCUSD", "24/7", "USD")
    assert (bar.open, bar.volume) == (6778.01, 10.71278428)
    assert bar.start == datetime(2018, 4, 5, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("equity/usa/minute/bac/20131007_quote.zip", "which are not supported"),
        ("bac/20131007_trade.zip", "does not match LEAN"),
        ("equity/india/tick/bac/20131007_trade.zip", "does not match LEAN"),
        ("equity/usa/tick/bac/20131350_trade.zip", "is not a date"),
    ],
)
def test_zip_that_cannot_be_recognised_is_refused_with_the_reason(place: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        lean_file(Path(place))


@pytest.mark.parametrize(
    ("place", "row", "message"),
    [
        (TICKS, "x,139400,500", "not a number of milliseconds"),
        (TICKS, "14400614,139400", "not enough values"),
        ("equity/usa/minute/bac/20131007_trade.zip", "0,1,2,1", "4 fields"),
        ("equity/usa/minute/bac/20131007_trade.zip", "30000,1,2,1,1,1", "multiple of 1m"),
        ("equity/usa/minute/bac/20131007_trade.zip", "5,1,2,1,1,1", "whole second"),
        ("equity/usa/daily/bac.zip", "20131006 00:00,1,2,1,1,1", "not a trading day"),
    ],
)
def test_bad_row_is_named_by_file_and_line(tmp_path: Path, place: str, row: str, message: str) -> None:
    good = {"t": "14400614,139400,500", "m": "0,1,2,1,1,1", "d": "20131004 00:00,1,2,1,1,1"}[place[11]]
    path = write_zip(tmp_path, place, [good, row])
    with pytest.raises(ConfigError, match=rf"{path}, line 2: .*{message}"):
        records(path)


def test_broken_zip_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path, TICKS, [])
    path.write_bytes(b"no zip")
    with pytest.raises(ConfigError, match="not a zip file"):
        records(path)


def test_zip_of_two_files_is_refused(tmp_path: Path) -> None:
    path = write_zip(tmp_path, TICKS, [])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.csv", "")
    with pytest.raises(ConfigError, match="holds 2 files"):
        records(path)


@pytest.mark.real_data
def test_every_daily_bar_of_23_years_falls_on_a_trading_day(real_data: Path) -> None:
    path = real_data / "market_lean/lean/Data/equity/usa/daily/spy.zip"
    bars = records(path)
    assert len(bars) == 5849
    assert all(isinstance(bar, RecordedBar) and bar.start.hour in (13, 14) for bar in bars)
