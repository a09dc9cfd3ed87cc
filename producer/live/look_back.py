"""Schedules late-only requests for data that a source provides later: splits, dividends, days without a session. Pure;
times are epoch seconds.

Quotes of a day without a session in the calendar enter only intraday bars. The source's bar of the finished day is
requested once the day has ended, until the next session has ended; then the series has continued without it.
"""

from datetime import datetime

from shared.calendars.calendars import calendar_of
from shared.calendars.local_days import LocalDay
from shared.calendars.special_days import special_day
from shared.market.records import CorporateAction, RecordedBar

LOOK_SECONDS = 3 * 3600.0
"""Interval of requests for splits and dividends, which are published in the night before they take effect."""
FIRST_LOOK_SECONDS = 1800.0
"""First interval after a history has failed; it is then doubled up to LOOK_SECONDS."""
SETTLED_SECONDS = 600.0
"""How long after its end a day's bar may still be missing."""
DAY = 86_400.0

Late = CorporateAction | RecordedBar


class LookBack:
    """`quoted` is the time of the last quote of an earlier run. `day` is a day without a session on which the symbol
    was quoted, until its source has provided its bar."""

    def __init__(self, quoted: float) -> None:
        self.day: LocalDay | None = None
        self._known_quoted = quoted
        self._seen = self._received_until = 0.0
        self._day_at = self._day_until = 0.0
        self._received: set[tuple[str, datetime]] = set()
        self._due_at = 0.0
        self._pause = LOOK_SECONDS

    def note(self, quoted: float, exchange: str | None, now: float) -> None:
        """Note the time of the last quote of this run, 0 if irrelevant; called repeatedly."""
        if self.day is not None and now >= self._day_until:
            self.day = None
        if exchange is not None and self._known_quoted:
            self._check_day(self._known_quoted, exchange)
            self._known_quoted = 0.0
        if quoted and quoted != self._seen:
            self._seen = quoted
            self._check_day(quoted, exchange)

    def _check_day(self, quoted: float, exchange: str | None) -> None:
        calendar = calendar_of(exchange)
        day = special_day(int(quoted), calendar)
        if day is None or day == self.day or day.start < self._received_until:
            return
        self.day, self._day_at = day, day.end + SETTLED_SECONDS
        self._day_until = calendar.at(day.end).day_end

    def holds(self, now: float) -> bool:
        """Whether `now` is a day without a session on which the symbol is quoted."""
        return self.day is not None and self.day.start <= now < self.day.end

    def is_due(self, now: float) -> bool:
        """Whether a request is due."""
        return self._is_day_due(now) or 0 < self._due_at <= now

    def _is_day_due(self, now: float) -> bool:
        return self.day is not None and now >= self._day_at

    def begin(self, now: float) -> None:
        """Note that the history is complete up to now; the first request is due after a pause."""
        if not self._due_at:
            self.requested(now)

    def requested(self, now: float) -> None:
        """Note that late records are requested; the next request is due after a pause."""
        if self._is_day_due(now):
            self._day_at = now + LOOK_SECONDS
        self._due_at = now + self._pause
        self._pause = min(2 * self._pause, LOOK_SECONDS)

    def after(self, now: float) -> float:
        """The start of the request: the last 24 hours, or before the missing day."""
        return now - DAY if self.day is None else min(now - DAY, self.day.start - 1.0)

    def failed(self) -> None:
        """Note that the history failed: request its splits and dividends, at first with a short interval."""
        self._pause, self._due_at = FIRST_LOOK_SECONDS, 0.0

    @property
    def next_look(self) -> float | None:
        """When the next request is due, None if not yet known."""
        return self._due_at or None

    def noted(self, action: CorporateAction) -> None:
        """Note a split or a dividend of the history."""
        self._received.add((action.action, action.time))

    def found(self, records: list[Late]) -> list[Late]:
        """The new records of a result: splits and dividends not yet received in this run, and the missing day."""
        self._pause = LOOK_SECONDS
        new: list[Late] = []
        for record in records:
            if isinstance(record, CorporateAction):
                if (record.action, record.time) not in self._received:
                    new.append(record)
                self.noted(record)
            elif self.day is not None and _is_of(record, self.day):
                new.append(record)
                self._received_until, self.day = self.day.end, None
        return new


def _is_of(bar: RecordedBar, day: LocalDay) -> bool:
    return bar.interval == "1d" and day.start <= bar.start.timestamp() < day.end
