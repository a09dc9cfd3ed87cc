"""What the page says when its numbers are not live, or when there are none yet. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from dashboard.presenters.sources import source_name
from dashboard.read.rows import OfferRow
from dashboard.read.snapshot import Condition, Reading

SIMULATED = "Simulated data: prices are made up by a model and are not those of a real market."
START = "python start_pipeline.py"
DISK_SECONDS = 10.0
"""What was found out about the disk counts for so long."""
NO_QUOTES = (
    "Everything is ready, but no quote has been received yet. The first one appears here by itself. "
    "If no part is running, this starts them:"
)


class Notice(NamedTuple):
    """A friendly sentence in the place of the chart: what is missing, what to do, and the command that does it."""

    title: str
    text: str
    command: str | None


def banner(feed: str, reading: Reading) -> str | None:
    """The line on top of every page unless the feed is live; None then."""
    if feed == "simulated":
        return SIMULATED if reading.offer is None else _stand_in(reading.offer)
    if feed == "replay":
        return f"Recorded data{_dates(reading)}: replayed, not live."
    return _wrong_clock(reading)


def _wrong_clock(reading: Reading) -> str | None:
    """One sentence for the whole page: a wrong clock concerns every number on it."""
    faults = {row.detail.rstrip(".") for row in reading.qualities.values() if row.cause == "wrong clock"}
    if not faults:
        return None
    named = "; ".join(sorted(faults))
    consequence = "Times of quotes are the sources' own; ages on this page are wrong until the clock is set."
    return f"{named[:1].upper()}{named[1:]}. {consequence}"


def _stand_in(offer: OfferRow) -> str:
    """Why the market is simulated although a live source was wanted, or that it need not be any more."""
    source = source_name(offer.source)
    if offer.is_reachable:
        return f"{source} can be reached now. What you see is a simulated market; nothing here is real."
    reason = offer.reason.rstrip(".")
    return f"{source} can't be reached: {reason}. This is a simulated market; nothing here is real."


def switch(reading: Reading) -> str | None:
    """Whether live quotes can be had: "offered", "accepted" once they were asked for, None where they can't."""
    if reading.offer is None or not reading.offer.is_reachable:
        return None
    return "accepted" if reading.offer.is_accepted else "offered"


def _dates(reading: Reading) -> str:
    last = newest(row.event_time for row in reading.symbols.values())
    if last is None:
        return ""
    first = last if reading.first_start is None else reading.first_start
    days = [_day(second) for second in (first, last)]
    return f" of {days[0]}" if days[0] == days[1] else f" of {days[0]} to {days[1]}"


def newest(times: Iterable[float | None]) -> float | None:
    """The latest of the times that are known."""
    return max((time for time in times if time is not None), default=None)


def _day(second: float) -> str:
    """Such as 3 Nov 2025; no format of strftime leaves the zero out on every system."""
    day = datetime.fromtimestamp(second, UTC)
    return f"{day.day} {day:%b %Y}"


def notice(condition: Condition, place: str, reason: str) -> Notice | None:
    """What to say while there is nothing to show; None while there is.

    `place` names the database, `reason` is what it said where it can't be opened.
    """
    match condition:
        case "starting":
            return Notice("Opening the database", f"{place} is being read.", None)
        case "no_database":
            text = f"{place} can't be opened: {reason}. If nothing runs yet, this starts everything:"
            return Notice("Waiting for the database", text, START)
        case "no_tables":
            text = f"{place} exists, but has no tables yet. This creates them and starts every part:"
            return Notice("The database has no tables yet", text, START)
        case "no_quotes":
            return Notice("No quotes yet", NO_QUOTES, START)
    return None


def warning(condition: Condition, reading: Reading) -> str | None:
    """The line over the numbers: what the user must look after; None where there is nothing."""
    failed = [f"{row.detail.rstrip('.')}." for row in reading.parts.values() if row.state == "failed"]
    disk = reading.parts.get("disk")
    full = [disk.detail] if disk is not None and disk.age <= DISK_SECONDS else []
    stale = stale_warning(condition, reading)
    return " ".join([*([stale] if stale else []), *full, *failed]) or None


def stale_warning(condition: Condition, reading: Reading) -> str | None:
    """The line over numbers that can't be refreshed; None while they can."""
    if condition == "reading" or not reading.symbols:
        return None
    if condition == "no_database":
        return "Waiting for the database: these are the last numbers read. The page continues by itself."
    return "The database is empty now: these are the last numbers read."
