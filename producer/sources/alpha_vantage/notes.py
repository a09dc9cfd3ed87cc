"""What Alpha Vantage says instead of data: notes with status 200. They repeat the key: they are read, never shown."""

from collections.abc import Mapping
from typing import Any

from shared.errors import Refused, Throttled, UnknownSymbol

BURST_PAUSE, DAY_PAUSE = 60.0, 3600.0
"""Seconds to wait where the requests of a minute, or those of a day, are used up."""
NOTES = ("Note", "Information", "Error Message")
THROTTLING = ("rate limit", "call frequency", "sparingly", "requests per", "calls per")

Body = Mapping[str, Any]
"""An answer as decoded from JSON; which keys it has depends on what went well."""


def raise_note(body: Body, name: str) -> None:
    """Raise what a body without data means; return where it has some. In words of our own: the note holds the key."""
    if not body:
        raise unknown(name)
    note = next((str(body[kind]).lower() for kind in NOTES if kind in body), None)
    if note is None:
        return
    if any(words in note for words in THROTTLING):
        of_day = "per day" in note and "per minute" not in note and "per second" not in note
        raise Throttled("Alpha Vantage wants fewer requests.", DAY_PAUSE if of_day else BURST_PAUSE)
    if "premium" in note:
        raise Refused("Alpha Vantage gives this to paying users alone.")
    if "invalid api call" in note:
        raise unknown(name)
    if "api key" in note or "apikey" in note:
        raise Refused("Alpha Vantage does not accept the key in ALPHAVANTAGE_API_KEY.")
    if "Error Message" in body:
        raise unknown(name)
    raise Throttled("Alpha Vantage gives a note instead of data.", BURST_PAUSE)


def unknown(name: str) -> UnknownSymbol:
    """The error to raise where there is no such symbol."""
    return UnknownSymbol(f"Alpha Vantage knows no {name}.")
