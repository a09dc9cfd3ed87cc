"""Calendars from files: the same as from exchange_calendars, which is not imported for them."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from shared.calendars.calendars import AlwaysOpen, Exchange, SessionCalendar, calendar_of
from shared.files.kept_calendars import FOLDER, KEPT, KeptCalendars
from tests.conftest import PROJECT

TODAY = date(2026, 11, 20)
NOW = 1_795_190_400
HOUR = 3_600
EXCHANGES = ("NMS", "LSE", "JPX", "CME", "TLV")
LISTING = """
import sys
from datetime import date
from pathlib import Path
from shared.files.kept_calendars import KeptCalendars
KeptCalendars(Path(sys.argv[1]), date(2026, 11, 20)).of("NMS")
print("exchange_calendars" in sys.modules, "pandas" in sys.modules)
"""


def file_in(folder: Path) -> Path:
    return folder / FOLDER / "XNYS.json"


def day_of(calendar: SessionCalendar, second: int) -> tuple[object, ...]:
    return *calendar.at(second), calendar.next_change(second)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_kept_calendar_is_the_one_that_was_made_until_it_is_too_old(exchange: str, tmp_path: Path) -> None:
    made = calendar_of(exchange)
    KeptCalendars(tmp_path, TODAY).of(exchange)
    kept = KeptCalendars(tmp_path, TODAY + KEPT).of(exchange)
    assert (kept.zone, kept.day_seconds, kept.days_per_year) == (
        made.zone,
        made.day_seconds,
        made.days_per_year,
    )
    for second in range(NOW - 1_500 * 24 * HOUR, NOW + KEPT.days * 24 * HOUR, 7 * HOUR):
        assert day_of(kept, second) == day_of(made, second)


def test_a_calendar_that_is_kept_is_not_made_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LISTING, str(tmp_path)]
    printed = [subprocess.run(command, cwd=PROJECT, capture_output=True, check=True).stdout for _ in range(2)]
    assert printed == [b"True True\n", b"False False\n"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b'"version":"', b'"version":"0.'),
        lambda content: content.replace(b"2026-11-20", b"2026-10-01"),
        lambda content: content.replace(b"2026-11-20", b"2026-11-21"),
        lambda content: b"",
    ],
)
def test_a_file_that_is_cut_or_old_or_of_another_version_is_replaced(damage: object, tmp_path: Path) -> None:
    assert callable(damage)
    KeptCalendars(tmp_path, TODAY).of("NMS")
    content = file_in(tmp_path).read_bytes()
    file_in(tmp_path).write_bytes(damage(content))
    KeptCalendars(tmp_path, TODAY).of("NMS")
    assert file_in(tmp_path).read_bytes() == content


def test_names_of_an_exchange_share_a_calendar_and_others_need_no_file(tmp_path: Path) -> None:
    calendars = KeptCalendars(tmp_path, TODAY)
    assert calendars.of("NMS") is calendars.of("NYQ")
    assert isinstance(calendars.of("NMS"), Exchange)
    assert isinstance(calendars.of(None), AlwaysOpen)
    for exchange in ("SIMULATED", "CCY", "XYZ@Asia/Riyadh"):
        assert calendars.of(exchange) is calendar_of(exchange)
    assert [each.name for each in (tmp_path / FOLDER).iterdir()] == ["XNYS.json"]


def test_a_folder_that_takes_no_file_is_done_without(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("a file")
    assert isinstance(KeptCalendars(tmp_path, TODAY).of("NMS"), Exchange)


def test_a_list_is_made_long_before_it_lacks_a_day(tmp_path: Path) -> None:
    KeptCalendars(tmp_path, TODAY).of("NMS")
    sessions = msgspec.json.decode(file_in(tmp_path).read_bytes())["listed"][1]
    assert sessions[-1][0] > NOW + timedelta(days=3_000).total_seconds()
