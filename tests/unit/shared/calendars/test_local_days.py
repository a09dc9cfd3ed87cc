"""Local days: from one midnight to the next, with changes of the clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.calendars.local_days import local_day


@pytest.mark.parametrize(
    ("moment", "zone", "starts", "hours"),
    [
        ("2024-03-10T12:00", "America/New_York", "2024-03-10T05:00", 23),
        ("2024-11-03T12:00", "America/New_York", "2024-11-03T04:00", 25),
        ("2024-02-14T18:29", "Asia/Kolkata", "2024-02-13T18:30", 24),
        ("2024-02-14T18:30", "Asia/Kolkata", "2024-02-14T18:30", 24),
        ("2024-07-01T00:00", "UTC", "2024-07-01T00:00", 24),
    ],
)
def test_day_begins_and_ends_at_a_midnight_of_its_zone(
    moment: str, zone: str, starts: str, hours: int
) -> None:
    second, start = (
        int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) for text in (moment, starts)
    )
    assert local_day(second, ZoneInfo(zone)) == (start, start + hours * 3600)
