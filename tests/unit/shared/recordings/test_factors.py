"""LEAN's factor files: their splits and dividends, and the place of these in a recording."""

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.errors import ConfigError
from shared.market.records import CorporateAction, Record
from shared.recordings.digest import digest
from shared.recordings.factors import Change, changes
from shared.recordings.sequence import recorded
from tests.inputs.lean_zips import write_zip

NEW_YORK = ZoneInfo("America/New_York")
ROWS = ("20131004,0.97,0.5,1", "20131008,0.97,0.5,100", "20131009,0.97,1,50.5", "20501231,1,1,0")
"""A split two for one on the 9th, and a dividend of 1.515 on the 10th of October 2013."""
BAR = "34200000,1000000,1020000,990000,1010000,700"


def factor_file(root: Path, *rows: str) -> Path:
    path = root / "equity/usa/factor_files/bac.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows))
    return path


def days(root: Path, *dates: str) -> list[Path]:
    return [write_zip(root, f"equity/usa/minute/bac/201310{date}_trade.zip", [BAR]) for date in dates]


def actions(files: list[Path]) -> list[tuple[str, str, float]]:
    """Splits and dividends of a recording, which are sorted into it by their time."""
    found: list[Record] = list(recorded(files))
    assert [record.position for record in found] == list(range(1, len(found) + 1))
    assert all(record.received_time <= later.received_time for record, later in pairwise(found))
    return [
        (f"{record.time:%d %H:%M}", record.action, record.value)
        for record in found
        if isinstance(record, CorporateAction)
    ]


def test_next_trading_day_begins_with_the_actions_of_the_quotients(tmp_path: Path) -> None:
    assert changes(factor_file(tmp_path, *ROWS), "XNYS", NEW_YORK) == [
        Change(datetime(2013, 10, 9, 4, tzinfo=UTC), "split", 2.0),
        Change(datetime(2013, 10, 10, 4, tzinfo=UTC), "dividend", 1.515),
    ]


def test_ex_date_is_after_the_weekend_and_the_change_of_clocks(tmp_path: Path) -> None:
    path = factor_file(tmp_path, "20131101,1,0.5,100", "20501231,1,1,0")
    assert changes(path, "XNYS", NEW_YORK)[0].time == datetime(2013, 11, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("factors", "ratio"),
    [
        (("0.03571430", "0.25"), 7.0),
        (("13.333300", "20"), 1.5),
        (("20", "1"), 0.05),
        (("0.912345", "1"), 1 / 0.912345),
    ],
)
def test_rounded_factors_give_the_ratio_of_whole_numbers_that_they_mean(
    tmp_path: Path, factors: tuple[str, str], ratio: float
) -> None:
    path = factor_file(tmp_path, f"20131008,1,{factors[0]},100", f"20501231,1,{factors[1]},0")
    assert changes(path, "XNYS", NEW_YORK)[0].value == ratio


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("20131008,1", "not enough values"),
        ("20131008,1,x,1", "could not convert"),
        ("2013-10-08,1,1,1", "does not match"),
    ],
)
def test_bad_row_is_named_by_file_and_line(tmp_path: Path, row: str, message: str) -> None:
    path = factor_file(tmp_path, "20131007,1,1,1", row)
    with pytest.raises(ConfigError, match=rf"{path}, line 2: .*{message}"):
        changes(path, "XNYS", NEW_YORK)


def test_recording_contains_the_actions_that_took_effect_within_it(tmp_path: Path) -> None:
    factor_file(tmp_path, *ROWS)
    assert actions(days(tmp_path, "08", "09", "10")) == [
        ("09 04:00", "split", 2.0),
        ("10 04:00", "dividend", 1.515),
    ]
    assert actions(days(tmp_path, "08", "09")) == [("09 04:00", "split", 2.0)]
    assert actions(days(tmp_path, "09", "10")) == [("10 04:00", "dividend", 1.515)]


def test_action_in_two_series_of_a_folder_comes_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    factor_file(tmp_path, *ROWS)
    days(tmp_path, "08", "09")
    write_zip(
        tmp_path,
        "equity/usa/daily/bac.zip",
        [f"201310{day} 00:00,1000000,1020000,990000,1010000,7" for day in ("08", "09")],
    )
    assert actions([tmp_path]) == [("09 04:00", "split", 2.0)]
    assert caplog.messages == []


def test_factor_file_is_part_of_the_recording(tmp_path: Path) -> None:
    files = days(tmp_path, "08", "09")
    day = write_zip(tmp_path, "equity/usa/daily/bac.zip", [])
    before = digest(files), digest([day])
    factor_file(tmp_path, *ROWS)
    known = digest(files), digest([day])
    factor_file(tmp_path, *ROWS[1:])
    assert len({before[0], known[0], digest(files)}) == len({before[1], known[1], digest([day])}) == 3


@pytest.mark.real_data
def test_splits_of_apple_are_those_that_happened(real_data: Path) -> None:
    folder = real_data / "market_lean/lean/Data/equity/usa/factor_files"
    found = changes(folder / "aapl.csv", "XNYS", NEW_YORK)
    splits = {f"{change.time:%Y-%m-%d}": change.value for change in found if change.action == "split"}
    assert splits == {"2000-06-21": 2.0, "2005-02-28": 2.0, "2014-06-09": 7.0, "2020-08-31": 4.0}
    paid = {f"{change.time:%Y-%m-%d}": change.value for change in found if change.action == "dividend"}
    assert (paid["2012-08-09"], paid["2014-05-08"], paid["2020-11-06"]) == (2.65, 3.29, 0.205)
