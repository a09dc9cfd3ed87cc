"""python -m analytics.replay from its user's point of view: bars on standard output, messages on standard error."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.settings.server_types import PROJECT
from tests.inputs.own_files import EXAMPLE, UPDATE, named, variant
from tests.slowness import PATIENCE

BARS = "symbol,start,open,high,low,close,volume\n"


def started(*arguments: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "analytics.replay", *arguments],
        cwd=PROJECT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_bars_that_do_not_name_their_interval_are_replayed(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS + "".join(f"A,{1704205800 + 60 * minute},2,3,1,2,10\n" for minute in range(3)))
    out, errors = started(str(path)).communicate(timeout=PATIENCE)
    assert [line.split(",")[:3] for line in out.splitlines()[1:]] == [
        ["A", "1m", f"2024-01-02T14:{minute}:00+00:00"] for minute in (30, 31, 32)
    ], errors


def test_a_warning_about_the_settings_is_printed(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text(BARS + "A,1704205800,2,3,1,2,10\nA,1704205860,2,3,1,2,10\n")
    _, errors = started(str(path), RSI_OVERBOUGHT="80", ALERT_RSI_OVERBOUGHT="75").communicate(
        timeout=PATIENCE
    )
    assert "one setting with two values" in errors


def test_a_missing_recording_gives_an_error_message(tmp_path: Path) -> None:
    process = started(str(tmp_path / "gone.csv"))
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (1, f"replay: {tmp_path}/gone.csv: file not found.\n")


def test_indicators_that_no_table_has_are_printed_where_they_are_named(tmp_path: Path) -> None:
    """Two minutes of a day and one of the next: drawdowns below the high of the session and of the year."""
    path = tmp_path / "bars.csv"
    minutes = ["1704205800,4,5,3,4,10", "1704205860,4,4,2,2,10", f"{1704205800 + 86_400},2,3,2,3,10"]
    path.write_text(BARS + "".join(f"A,{minute}\n" for minute in minutes))
    out, errors = started(str(path), "--indicators", "drawdown").communicate(timeout=PATIENCE)
    header, *rows = (line.split(",") for line in out.splitlines())
    assert header[-2:] == ["session_drawdown", "year_drawdown"], errors
    assert "cci" not in header
    found = [[round(float(value), 9) for value in row[-2:]] for row in rows]
    assert found == [[-0.2, -0.2], [-0.6, -0.6], [0.0, -0.4]], errors


def test_an_unknown_indicator_is_refused(tmp_path: Path) -> None:
    process = started(str(tmp_path / "bars.csv"), "--indicators", "cci,bogus")
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "there is no indicator 'bogus'; see --help for their names" in errors


def test_times_without_a_comparison_are_refused() -> None:
    process = started("--since", "2024-01-02", "quotes.csv")
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, "--since and --until need --from-log" in errors) == (2, True)


@pytest.mark.parametrize(
    "text", ["yesterday", "0001-01-01T00:00+14:00", "9999-12-31T23:00-05:00", "9999-12-31T23:59:59.999999"]
)
def test_a_time_that_is_none_in_utc_is_refused(text: str) -> None:
    process = started("--from-log", "--since", text)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert f"'{text}' is no time such as 2024-01-02 or 2024-01-02T15:30-05:00" in errors


def test_a_period_that_ends_before_it_begins_is_not_comparable() -> None:
    process = started("--from-log", "--since", "2024-01-03", "--until", "2024-01-02T23:00Z")
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (2, "replay: --since is later than --until.\n")


def test_indicators_of_your_own_are_printed_and_named_where_they_are_set_aside(tmp_path: Path) -> None:
    path, folder = tmp_path / "bars.csv", tmp_path / "own"
    path.write_text(BARS + "".join(f"A,{1704205800 + 60 * minute},2,3,1,2,10\n" for minute in range(17)))
    folder.mkdir()
    failing = variant(UPDATE, f"assert bar.symbol != 'A' or self.seen < 15; {UPDATE}")
    (folder / "a.py").write_text(EXAMPLE)
    (folder / "b.py").write_text(named(failing, "other"))
    out, errors = started(str(path), INDICATORS_PATH=str(folder)).communicate(timeout=PATIENCE)
    header, *rows = (line.split(",") for line in out.splitlines())
    assert header[-2:] == ["average_range", "other"], errors
    assert [row[-2:] for row in rows[12:17]] == [
        ["", ""],
        ["2.0", "2.0"],
        ["2.0", "2.0"],
        ["2.0", ""],
        ["2.0", ""],
    ]
    assert "A, 1m, 2024-01-02T14:46:00+00:00: other has no values from here on: AssertionError" in errors
