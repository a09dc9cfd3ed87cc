"""Files of a user's own indicators that other programs took, and that gave wrong values or spoiled their output."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analytics.indicators.own.loading import OwnFile
from analytics.runtime.own_files import verdict_on
from shared.settings.server_types import PROJECT
from tests.inputs.own_files import EXAMPLE, PREVIEW, UPDATE, named, variant
from tests.slowness import PATIENCE


def reasons(text: str) -> list[str]:
    return verdict_on(OwnFile("own.py", text.encode())).reasons


def test_what_a_file_prints_is_no_part_of_the_bars(tmp_path: Path) -> None:
    """Reported to beancount_reds_plugins (#28) and nPrint (#18): a print that was left in a plugin stood between the
    rows of the CSV."""
    recording, folder = tmp_path / "bars.csv", tmp_path / "own"
    rows = "".join(f"A,{1704205800 + 60 * minute},2,3,1,2,10\n" for minute in range(3))
    recording.write_text(f"symbol,start,open,high,low,close,volume\n{rows}")
    folder.mkdir()
    (folder / "a.py").write_text(variant(UPDATE, f"print('seen', bar.close); {UPDATE}") + "print('loaded')\n")
    run = subprocess.run(
        [sys.executable, "-m", "analytics.replay", str(recording)],
        cwd=PROJECT,
        env=os.environ | {"INDICATORS_PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    header, *bars = csv.reader(run.stdout.splitlines())
    assert header[:3] == ["symbol", "interval", "start"], run.stderr
    assert [bar[:2] for bar in bars] == [["A", "1m"]] * 3
    assert "seen 2.0" in run.stderr
    assert "loaded" in run.stderr


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("float('nan')", "is nan instead of a finite number or None"),
        ("__import__('numpy').float32(bar.high)", "instead of a finite number or None"),
        ("__import__('numpy').array([bar.high])", "instead of a finite number or None"),
        ("bar.close > bar.open", "instead of a finite number or None"),
    ],
)
def test_what_no_row_can_hold_is_refused_with_the_bar(value: str, shown: str) -> None:
    """Reported to TA-Lib (#542), whose averages are NaN for ever after one missing value, and to trade-executor (#375),
    whose states of numpy's numbers could not be stored."""
    (reason,) = reasons(variant(UPDATE, f"self._mean.update(bar.high); return {value}"))
    assert reason.startswith("update() of bar 1: the value of average_range is ")
    assert shown in reason.replace("\n", " ")


def test_double_of_numpy_is_a_number() -> None:
    text = variant(
        UPDATE,
        f"import numpy; found = {UPDATE.removeprefix('return ')}; return found and numpy.float64(found)",
    )
    assert reasons(text) == []


def test_price_without_a_range_divides_by_zero_in_the_check_and_not_in_the_market() -> None:
    """Reported to backtrader (#97): highest high and lowest low are the same for long where little is traded."""
    place = "(bar.close - bar.low) / (bar.high - bar.low)"
    text = variant(UPDATE, f"{UPDATE[7:]}; return {place}").replace(PREVIEW, f"return {place}")
    assert any("ZeroDivisionError" in reason for reason in reasons(text))


def test_values_that_know_later_bars_are_refused() -> None:
    """Reported to freqtrade (#11346): its search for a look ahead finds none of a single candle. Here an indicator is
    given one bar at a time; it can know later ones only by what it kept of an earlier calculation."""
    text = variant(
        UPDATE, f"SEEN[bar.start] = bar.high - bar.low; {UPDATE[7:]}; return SEEN.get(bar.end, 0.0)"
    )
    (reason, *_) = reasons(text.replace("class AverageRange", "SEEN = {}\n\n\nclass AverageRange"))
    assert "the value of bar" in reason
    assert "it must depend on the bars so far alone" in reason


def test_module_beside_the_file_is_named_where_it_is_not_found() -> None:
    """Reported to freqtrade (#8813): a strategy's module of indicators was found by one command and not by another."""
    assert reasons("from my_averages import mean\n" + EXAMPLE) == [
        "the file can't be imported: ModuleNotFoundError: No module named 'my_averages'"
    ]


def test_reason_ends_with_one_full_stop(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(named(EXAMPLE, "rsi"))
    run = subprocess.run(
        [sys.executable, "-m", "analytics.indicators", "check", str(path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (
        run.stdout.splitlines()[1]
        == "  The catalog has two indicators with the name rsi: rename one of them."
    )
