"""The health of a source, and the state of a symbol with the cause if it has no quotes. Pure; epoch seconds."""

from collections import deque
from typing import NamedTuple

from shared.calendars.calendars import SessionCalendar
from shared.errors import SourceError, UnknownSymbol

STALE_SECONDS = 60.0
RATE_SECONDS = 60


class SourceHealth:
    """One source: whether its stream is open, its last errors, and when it is retried."""

    def __init__(self, streams: bool) -> None:
        self._streams = streams
        self.stream_open = False
        self.reconnects = self.refused = 0
        self.contact = 0.0
        self.stream_error: SourceError | None = None
        self.poll_error: SourceError | None = None
        self.next_try = 0.0

    def connected(self) -> None:
        """Note that the stream is open."""
        self.reconnects += self.stream_error is not None
        self.stream_open, self.stream_error = True, None

    def lost(self, error: SourceError, is_stream: bool, next_try: float) -> None:
        """Note that the stream or a poll failed."""
        self.next_try = next_try
        if is_stream:
            self.stream_open, self.stream_error = False, error
        else:
            self.poll_error = error

    def received(self, contact: float, was_asked: bool) -> None:
        """Note that the source has sent everything up to `contact`."""
        self.contact = max(self.contact, contact)
        if was_asked:
            self.answered()

    def answered(self) -> None:
        """Note a successful poll."""
        self.poll_error = None

    def not_beyond(self, time: float) -> None:
        """Limit the time to this, because the clock was fast."""
        self.contact = min(self.contact, time)

    @property
    def error(self) -> SourceError | None:
        """The current error. That of a poll has priority, because it shows more about the provider."""
        if self.poll_error is not None and not self.stream_open:
            return self.poll_error
        return self.stream_error if self._streams else None


class QuoteRate:
    """Counts the quotes of the last sixty seconds."""

    def __init__(self) -> None:
        self._seconds: deque[list[int]] = deque()

    def add(self, now: float, quotes: int = 1) -> None:
        """Add quotes received now."""
        second = int(now)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1][1] += quotes
        else:
            self._seconds.append([second, quotes])
        self._forget(second)

    def count(self, now: float) -> int:
        """The number of quotes in the last minute."""
        self._forget(int(now))
        return sum(quotes for _, quotes in self._seconds)

    def _forget(self, second: int) -> None:
        while self._seconds and self._seconds[0][0] <= second - RATE_SECONDS:
            self._seconds.popleft()


class SymbolCondition(NamedTuple):
    """The state of a symbol as shown to the user: state, cause if there are no quotes, detail, and two times."""

    state: str
    cause: str
    detail: str
    session: str
    opens_at: float | None
    next_try: float | None


def basic_condition(
    source: str,
    health: SourceHealth,
    unknown: UnknownSymbol | None,
    own_error: SourceError | None,
    has_past: bool,
    last_received: float,
    calendar: SessionCalendar,
    now: float,
) -> SymbolCondition:
    """State and cause of a symbol. A closed market has priority over all other causes.

    `own_error` is the error of this symbol's history or, once that is loaded, of its quotes.
    """
    session = calendar.at(int(now)).name
    is_fresh = has_past and now - last_received <= STALE_SECONDS
    error = unknown or (None if is_fresh else own_error) or health.error
    cause, detail = (error.cause, str(error)) if error is not None else ("", "")
    next_try = health.next_try if error is not None and unknown is None and health.next_try > now else None
    if unknown is not None:
        return SymbolCondition("waiting", cause, detail, session, None, None)
    if not has_past:
        return SymbolCondition("history", cause, detail, session, None, next_try)
    if session == "closed":
        return SymbolCondition(
            "closed", "market closed", "", session, float(calendar.next_change(int(now))), None
        )
    if is_fresh or error is not None:
        return SymbolCondition("live" if is_fresh else "stale", cause, detail, session, None, next_try)
    return _condition_without_quotes(source, session, last_received)


def _condition_without_quotes(source: str, session: str, last_received: float) -> SymbolCondition:
    """The condition of a symbol without recent quotes, although there is no error."""
    if session != "regular":
        return SymbolCondition("live", "", f"{source} has no trades at the moment", session, None, None)
    if not last_received:
        return SymbolCondition(
            "waiting", "", f"waiting for the first quote from {source}", session, None, None
        )
    return SymbolCondition(
        "stale", "stream silent", f"{source} responds, but has no new quote", session, None, None
    )
