"""Alpha Vantage's notes, sent with status 200 instead of data. They contain the key, so they are never shown."""

from collections.abc import Mapping
from typing import Any

from shared.errors import Refused, Throttled, UnknownSymbol

BURST_PAUSE, DAY_PAUSE = 60.0, 3600.0
"""Seconds to wait if the requests of a minute, or of a day, are used up."""
NOTES = ("Note", "Information", "Error Message")
THROTTLING = ("rate limit", "call frequency", "sparingly", "requests per", "calls per")

Body = Mapping[str, Any]
"""A response decoded from JSON."""


def raise_note(body: Body, name: str) -> None:
    """Raise the error for a note; return if the body has data. Uses our own text, because the note contains the key."""
    if not body:
        raise unknown(name)
    note = next((str(body[kind]).lower() for kind in NOTES if kind in body), None)
    if note is None:
        return
    if any(phrase in note for phrase in THROTTLING):
        of_day = "per day" in note and "per minute" not in note and "per second" not in note
        raise Throttled("Alpha Vantage's request limit is used up.", DAY_PAUSE if of_day else BURST_PAUSE)
    if "premium" in note:
        raise Refused("Alpha Vantage provides this to paying users only.")
    if "invalid api call" in note:
        raise unknown(name)
    if "api key" in note or "apikey" in note:
        raise Refused("Alpha Vantage does not accept the key in ALPHAVANTAGE_API_KEY.")
    if "Error Message" in body:
        raise unknown(name)
    raise Throttled("Alpha Vantage sent a note instead of data.", BURST_PAUSE)


def unknown(name: str) -> UnknownSymbol:
    """The error for an unknown symbol."""
    return UnknownSymbol(f"Alpha Vantage does not know {name}.")
