"""The session of a bar as a number, by which indicators start again. Pure."""

from collections.abc import Callable
from functools import lru_cache

from shared.market.records import Bar

REGULAR = "regular"
SESSIONS = (REGULAR, "pre", "post", "closed")

STARTS = 4_096
"""Starts whose sessions are kept: all symbols of an exchange close bars of the same start."""

SessionOf = Callable[[Bar], float]
"""A number that all bars of one session have in common and no others: it grows from day to day."""

DayStart = Callable[[int], int]
"""The start of the trading day of a time, both in epoch seconds."""


def session_of(day_start: DayStart) -> SessionOf:
    """The sessions of an exchange, from the start of its trading day at a time."""

    @lru_cache(maxsize=STARTS)
    def number(start: int, session: str) -> float:
        return float(day_start(start) * len(SESSIONS) + SESSIONS.index(session))

    return lambda bar: number(bar.start, bar.session)


def day_of(session: float) -> float:
    """The start of the trading day of a session, in epoch seconds."""
    return session // len(SESSIONS)
