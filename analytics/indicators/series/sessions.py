"""The session of a bar as a number, by which indicators start again. Pure."""

from collections.abc import Callable

from shared.market.records import Bar

REGULAR = "regular"
SESSIONS = (REGULAR, "pre", "post", "closed")

SessionOf = Callable[[Bar], float]
"""A number that all bars of one session have in common and no others: it grows from day to day."""

DayStart = Callable[[int], int]
"""The start of the trading day of a time, both in epoch seconds."""


def session_of(day_start: DayStart) -> SessionOf:
    """The sessions of an exchange, from the start of its trading day at a time."""

    def number(bar: Bar) -> float:
        return float(day_start(bar.start) * len(SESSIONS) + SESSIONS.index(bar.session))

    return number


def day_of(session: float) -> float:
    """The start of the trading day of a session, in epoch seconds."""
    return session // len(SESSIONS)
