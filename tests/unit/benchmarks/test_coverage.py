"""The benchmark of intervals: it applies splits, and real days give the claimed coverage."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks.forecasts import coverage
from shared.market.records import CorporateAction, Record, RecordedBar
from shared.recordings.sequence import recorded

FIRST = datetime(2010, 1, 4, 14, 30, tzinfo=UTC)


def days(split_at: int | None) -> Iterator[Record]:
    """Fifty days around 100; at four for one the price is a quarter from `split_at` on."""
    for day in range(50):
        start = FIRST + timedelta(days=day)
        if day == split_at:
            yield CorporateAction(
                symbol="ACME",
                action="split",
                time=start - timedelta(hours=1),
                value=4.0,
                source="test",
                position=0,
                received_time=start,
            )
        ratio = 4.0 if split_at is not None and day >= split_at else 1.0
        price = (100.0 + day % 3) / ratio
        yield RecordedBar(
            symbol="ACME",
            interval="1d",
            start=start,
            open=price,
            high=price,
            low=price,
            close=price,
            volume=(1.0 + day % 5) * ratio,
            source="test",
            position=day,
            received_time=start + timedelta(hours=7),
        )


def test_a_split_changes_no_score() -> None:
    assert list(coverage.replayed(days(split_at=35))) == list(coverage.replayed(days(split_at=None)))


def test_absent_data_are_named_and_skipped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["coverage", "--data", str(tmp_path)])
    assert coverage.main() == 0
    assert "Skipped" in capsys.readouterr().out


@pytest.mark.real_data
def test_intervals_of_real_days_hold_what_they_promise(real_data: Path) -> None:
    files = [real_data / coverage.DAILY / f"{symbol}.zip" for symbol in ("aapl", "spy")]
    found = list(coverage.replayed(recorded(files)))
    for horizon in coverage.HORIZONS:
        covered = [each.own.covered for each in found if each.horizon == horizon]
        assert len(covered) > 8_000
        assert np.mean(covered, axis=0) == pytest.approx(coverage.LEVELS, abs=0.015)
