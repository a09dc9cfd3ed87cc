"""Factor files with rows that LEAN's own reader skips or accepts."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from shared.market.records import CorporateAction, Record
from shared.recordings.factors import changes
from shared.recordings.sequence import recorded
from tests.inputs.lean_zips import write_zip

NEW_YORK = ZoneInfo("America/New_York")


def factor_rows(folder: Path, *rows: str) -> Path:
    path = folder / "equity/usa/factor_files/bac.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows))
    return path


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("19980302,inf,0.5,10", "has lost digits"),
        ("19980302,1,1.6e+06,10", "has lost digits"),
        ("19980302,0,0.5,10", "not positive"),
        ("19980302,1,0,10", "not positive"),
        ("19980302,-1,0.5,10", "not positive"),
        ("20131008,0.5,0.25,7", "an earlier row has the same date"),
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
    assert f"{path}, line 2 was skipped: " in caplog.messages[0]
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
    changed = changes(factor_rows(tmp_path, *rows), "XNYS", NEW_YORK)
    assert [(change.action, change.value) for change in changed] == found


def test_dividend_that_would_be_negative_is_left_out_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Scenario: a price factor above the one that follows it; LEAN makes a dividend below zero of it."""
    assert changes(factor_rows(tmp_path, "20131008,1.02,1,50", "20501231,1,1,0"), "XNYS", NEW_YORK) == []
    assert "the dividend of -1.0 at 2013-10-09 is not positive and was skipped" in caplog.text


def test_recording_beside_such_a_file_is_replayed(tmp_path: Path) -> None:
    """Scenario: the split of a share whose oldest factors ran over."""
    factor_rows(tmp_path, "19980102,1,1.6e+06,1", "20131008,0.97,0.5,100", "20501231,0.97,1,0")
    rows = [f"201310{day} 00:00,1000000,1020000,990000,1010000,7" for day in ("08", "09")]
    found: list[Record] = list(recorded([write_zip(tmp_path, "equity/usa/daily/bac.zip", rows)]))
    (split,) = [record for record in found if isinstance(record, CorporateAction)]
    assert (split.time, split.value) == (datetime(2013, 10, 9, 4, tzinfo=UTC), 2.0)
