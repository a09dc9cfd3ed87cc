"""The volume of a bar beside what is usual at its time of day. Pure."""

from bisect import bisect
from math import log
from typing import Any

from analytics.alerts.anomalies.usual_size import UsualLevel
from analytics.indicators.series.sessions import REGULAR, day_of
from shared.market.records import Bar

DAY = 86_400
OPENING = (60, 120, 180, 300, 600, 1200, 1800)
"""Ends of the slots in the first half hour of a session, in seconds since it opened: volume falls fast there."""
HALF_HOUR = 1_800
CLOSING = -1
"""The slot of the last bar of a regular session."""
LEAST = 5
"""With fewer bars of a slot before it, it is unknown how far a volume is above its usual level."""


class VolumeOfDay:
    """How far the logarithm of a volume is above its usual level at this time of day, in usual distances.

    It is taken as the sum of a level, which follows the volumes of the bars before, and of what its slot of the session
    adds to it, which is the mean of that of earlier bars in the slot: a busy day raises the level, and the opening and
    the closing of each day raise nothing. The last bar of a session is the one that begins when the last one of the
    session before did, so that one which closes early ends in the slot of another time.
    """

    def __init__(self, span: int) -> None:
        self._span = span
        self._level = UsualLevel(span)
        self._slots: dict[int, tuple[float, float]] = {}
        self._session = self._newest = self._closing = 0.0

    def update(self, bar: Bar, session: float) -> float | None:
        """Add a closed bar of a session. Returns None for one without volume, and where it is unknown."""
        slot = self._slot_of(bar, session)
        if bar.volume <= 0.0:
            return None
        value, level = log(bar.volume), self._level.level
        seen, added = self._slots.get(slot, (0.0, 0.0))
        if not seen and level is not None:
            added = value - level
        beyond = 0.0 if level is None else self._level.part_of(value - added - level)
        above = self._level.add(value - added)
        count = min(seen + 1.0, self._span)
        self._slots[slot] = count, added + beyond / count
        return above if seen >= LEAST else None

    def _slot_of(self, bar: Bar, session: float) -> int:
        since = (bar.start - int(day_of(session))) % DAY
        if bar.session == REGULAR:
            if session != self._session:
                self._session, self._closing = session, self._newest
            self._newest = float(since)
        if since and since == self._closing:
            return CLOSING
        if since < HALF_HOUR:
            return bisect(OPENING, since)
        return len(OPENING) + since // HALF_HOUR

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares."""
        self._level.shift(log(ratio))

    def state(self) -> list[Any]:
        """All that `restore` needs."""
        slots = [[slot, *self._slots[slot]] for slot in sorted(self._slots)]
        return [self._level.state(), slots, [self._session, self._newest, self._closing]]

    def restore(self, state: list[Any]) -> None:
        """Continue from `state`."""
        level, slots, (self._session, self._newest, self._closing) = state
        self._level.restore(level)
        self._slots = {slot: (seen, added) for slot, seen, added in slots}
