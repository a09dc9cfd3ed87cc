"""Parses the header Retry-After: how long a provider asks to wait. Pure."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

MAX_PAUSE = 86_400.0
"""Seconds; longer requested pauses are reduced to this."""
SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")
"""RFC 9110 has whole seconds only; some servers send fractions."""


def seconds_wanted(retry_after: str, date: str) -> float | None:
    """Seconds, at most MAX_PAUSE, from a number or a date (RFC 9110, 10.2.3); None if it is neither.

    `date` is the header Date: a date in Retry-After is relative to the server's clock. Of several numbers, such as a
    server and the proxy before it each add one, the largest counts.
    """
    numbers = [each.strip() for each in retry_after.split(",")]
    if all(map(SECONDS.fullmatch, numbers)):
        return min(MAX_PAUSE, max(map(float, numbers)))
    wanted, now = _time(retry_after), _time(date)
    return min(MAX_PAUSE, max(0.0, (wanted - now).total_seconds())) if wanted and now else None


def _time(text: str) -> datetime | None:
    """Parse an HTTP date; None if it is invalid."""
    try:
        time = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return time if time.tzinfo else None
