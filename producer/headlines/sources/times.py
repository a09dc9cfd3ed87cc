"""Reads the times of stories, in the forms in which feeds write them. Pure."""

import re
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

ZONES = {
    **dict.fromkeys(("Z", "UT", "UTC", "GMT"), "UTC"),
    "EST": "Etc/GMT+5",
    "EDT": "Etc/GMT+4",
    "CST": "Etc/GMT+6",
    "CDT": "Etc/GMT+5",
    "MST": "Etc/GMT+7",
    "MDT": "Etc/GMT+6",
    "PST": "Etc/GMT+8",
    "PDT": "Etc/GMT+7",
    **dict.fromkeys(("CET", "CEST", "MET", "MEST"), "Europe/Berlin"),
    **dict.fromkeys(("WET", "WEST"), "Europe/Lisbon"),
    **dict.fromkeys(("EET", "EEST"), "Europe/Athens"),
    **dict.fromkeys(("AEST", "AEDT"), "Australia/Sydney"),
    **dict.fromkeys(("NZST", "NZDT"), "Pacific/Auckland"),
    "BST": "Europe/London",
    "ET": "America/New_York",
    "CT": "America/Chicago",
    "MT": "America/Denver",
    "PT": "America/Los_Angeles",
    "JST": "Asia/Tokyo",
    "KST": "Asia/Seoul",
    "HKT": "Asia/Hong_Kong",
    "SGT": "Asia/Singapore",
}
"""Whose clock a name at the end of a time means. Those of the United States are differences from UTC (RFC 822); a name
of several countries, such as IST, is not here."""
_NAMED = re.compile(r"(?<=\d)\s*([A-Z]{1,4})$")
_OFFSET = re.compile(r"(?<=\d)\s*(?:GMT|UTC?)?([+\-−])(\d{1,2})(?::?(\d\d))?(?:\s*\([^()]*\)|\[[^\[\]]*\])?$")
"""The difference from UTC at the end of a time, however it is written, and what its zone is called after it."""
_FRACTION = re.compile(r"(?<=\d\d)[.,](\d+)$")
_CLOCK = re.compile(r"\d:\d\d|\dT\d")
"""What every time of day has, and no date: the end of a date such as 2026-06-12 is no difference from UTC."""
_MICROSECONDS = 6


def time_of(text: str) -> datetime | None:
    """A time as in e-mail (RFC 822, for RSS) or as in ISO 8601 (for Atom), with any digits of a second, of which six
    count; None if it is neither, or without a zone."""
    text = text.strip().upper()
    with suppress(ValueError, OverflowError):
        if (named := _NAMED.search(text)) and (zone := ZONES.get(named[1])):
            return _in_utc(_local(text[: named.start()]), ZoneInfo(zone))
        if offset := _OFFSET.search(text):
            return _in_utc(_local(text[: offset.start()]), _difference(*offset.groups(default="00")))
    return None


def _in_utc(local: datetime | None, zone: tzinfo | None) -> datetime | None:
    return None if local is None else local.replace(tzinfo=zone).astimezone(UTC)


def _difference(sign: str, hours: str, minutes: str) -> tzinfo | None:
    """A difference from UTC; -00:00, which stands for an unknown zone in e-mail, is none. Raises ValueError."""
    return datetime.strptime(f"{'+' if sign == '+' else '-'}{hours:0>2}{minutes}", "%z").tzinfo


def _local(text: str) -> datetime | None:
    """The time without its zone. The parts of a second are cut off first, because a time in e-mail has none."""
    fraction = _FRACTION.search(text)
    whole = text[: fraction.start()] if fraction else text
    if not _CLOCK.search(whole):
        return None
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, OverflowError):
            digits = fraction[1][:_MICROSECONDS] if fraction else ""
            return read(whole.strip()).replace(microsecond=int(digits.ljust(_MICROSECONDS, "0")), tzinfo=None)
    return None
