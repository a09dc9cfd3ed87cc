"""Histories of recorded files: bars of one interval with their splits; messages for anything else."""

from pathlib import Path

import pytest

from ml.datasets.history_files import histories_from_files, interval_of_files
from ml.models.features import Observation
from shared.errors import ConfigError
from tests.inputs.lean_zips import write_zip
from tests.inputs.records import second

HEADER = "symbol,start,open,high,low,close,volume,interval"


def bars_file(folder: Path, *rows: str, name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def row(symbol: str, minute: int, close: float, volume: str = "7", interval: str = "5m") -> str:
    return (
        f"{symbol},2024-01-02T15:{minute:02}:00Z,{close},{close + 1},{close - 1},{close},{volume},{interval}"
    )


def test_csv_bars_become_histories_by_symbol(tmp_path: Path) -> None:
    file = bars_file(tmp_path, row("B", 0, 10.0), row("A", 0, 20.0), row("A", 5, 21.0, volume=""))
    first, other = histories_from_files([file])
    assert interval_of_files([file]) == "5m"
    assert (first.symbol, other.symbol, first.splits) == ("A", "B", [])
    assert first.made_at == [second("2024-01-02T15:05"), second("2024-01-02T15:10")]
    assert first.observations == [Observation(20.0, 21.0, 19.0, 7.0), Observation(21.0, 22.0, 20.0, 0.0)]


def test_lean_zip_brings_its_splits_but_not_its_dividends(tmp_path: Path) -> None:
    days = "20140605 00:00", "20140606 00:00", "20140609 00:00"
    prices = 6_470_000, 6_455_700, 937_000
    lines = [f"{day},{price},{price},{price},{price},1000" for day, price in zip(days, prices, strict=True)]
    zipped = write_zip(tmp_path, "equity/usa/daily/aapl.zip", lines)
    factors = tmp_path / "equity/usa/factor_files/aapl.csv"
    factors.parent.mkdir()
    factors.write_text("20140605,0.9,0.142857,647\n20140606,0.95,0.142857,645.57\n20501231,1,1,0\n")
    (history,) = histories_from_files([zipped])
    assert interval_of_files([zipped]) == "1d"
    assert history.splits == [(second("2014-06-09T04:00"), 7.0)]
    assert history.made_at[-1] == second("2014-06-09T20:00")
    assert [each.close for each in history.observations] == [647.0, 645.57, 93.7]


def test_quotes_are_refused_with_what_to_do_first(tmp_path: Path) -> None:
    file = tmp_path / "quotes.csv"
    file.write_text("symbol,event_time,price\nA,2024-01-02T15:00:00Z,10\n")
    with pytest.raises(ConfigError, match=rf"python -m analytics\.replay {file} --interval 5m > bars\.csv"):
        histories_from_files([file])


def test_bars_of_two_lengths_are_refused(tmp_path: Path) -> None:
    file = bars_file(tmp_path, row("A", 0, 10.0), row("A", 5, 10.0, interval="1m"))
    with pytest.raises(ConfigError, match="contain bars of 5m and of 1m: name files of one length"):
        histories_from_files([file])


def test_bars_of_seconds_are_refused(tmp_path: Path) -> None:
    file = bars_file(tmp_path, row("A", 0, 10.0, interval="1s"))
    with pytest.raises(ConfigError, match="Bars of 1s are not forecast: create bars"):
        histories_from_files([file])


def test_one_bar_from_two_files_is_refused(tmp_path: Path) -> None:
    files = [
        bars_file(tmp_path, row("A", 0, price), name=name)
        for price, name in ((10.0, "a.csv"), (11.0, "b.csv"))
    ]
    with pytest.raises(ConfigError, match="Two bars of A end at 2024-01-02T15:05"):
        histories_from_files(files)


def test_file_without_a_bar_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="None of the files contains a bar"):
        histories_from_files([bars_file(tmp_path)])
    with pytest.raises(ConfigError, match="file not found"):
        histories_from_files([tmp_path / "bars.csv.gz"])
