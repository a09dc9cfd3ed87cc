"""Hours in which only critical alerts are sent. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.settings.delivery_settings import QuietHours


def is_quiet(hours: QuietHours | None, zone: str, now: datetime) -> bool:
    """Whether `now` is within the hours of its day in a time zone; their end is not."""
    if hours is None:
        return False
    local = now.astimezone(ZoneInfo(zone)).time()
    if hours.since < hours.until:
        return hours.since <= local < hours.until
    return local >= hours.since or local < hours.until
