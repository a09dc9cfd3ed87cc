"""What is looked for behind a symbol's history, because it comes late: splits, dividends, days without a session. Pure;
times are epoch seconds.

Quotes of a day of which the calendar knows no session are in the bars shorter than a day alone. What its source tells
of the finished day is real, and is asked for once the day is over, until the next session has ended: then its place in
the series is taken.
"""

from datetime import datetime

from shared.calendars.calendars import calendar_of
from shared.calendars.local_days import LocalDay
from shared.calendars.special_days import special_day
from shared.market.records import CorporateAction, RecordedBar

LOOK_SECONDS = 3 * 3600.0
"""How often splits and dividends are looked for: one is told in the night before it takes effect."""
FIRST_LOOK_SECONDS = 1800.0
"""After so long a history that was given up is asked for again, then ever more seldom."""
SETTLED_SECONDS = 600.0
"""How long after its end a day may not be told yet."""
DAY = 86_400.0

Late = CorporateAction | RecordedBar


class LookBack:
    """`quoted` is when the last quote of an earlier run was. `day` is the one without a session on which the symbol was
    quoted, until its source has told it."""

    def __init__(self, quoted: float) -> None:
        self.day: LocalDay | None = None
        self._known_quoted = quoted
        self._seen = self._told_until = 0.0
        self._day_at = self._day_until = 0.0
        self._told: set[tuple[str, datetime]] = set()
        self._due_at = 0.0
        self._pause = LOOK_SECONDS

    def note(self, quoted: float, exchange: str | None, now: float) -> None:
        """The last quote of this run is of then, 0 where that is no matter; told again and again."""
        if self.day is not None and now >= self._day_until:
            self.day = None
        if exchange is not None and self._known_quoted:
            self._look_at(self._known_quoted, exchange)
            self._known_quoted = 0.0
        if quoted and quoted != self._seen:
            self._seen = quoted
            self._look_at(quoted, exchange)

    def _look_at(self, quoted: float, exchange: str | None) -> None:
        calendar = calendar_of(exchange)
        day = special_day(int(quoted), calendar)
        if day is None or day == self.day or day.start < self._told_until:
            return
        self.day, self._day_at = day, day.end + SETTLED_SECONDS
        self._day_until = calendar.at(day.end).day_end

    def holds(self, now: float) -> bool:
        """Whether the symbol is quoted on a day without a session, and it is that day."""
        return self.day is not None and self.day.start <= now < self.day.end

    def is_due(self, now: float) -> bool:
        """Whether it is time to look; true once. The first look was that of the history."""
        is_day_due = self.day is not None and now >= self._day_at
        if now < self._due_at and not is_day_due:
            return False
        was_told_by_history = not self._due_at
        self._due_at = now + self._pause
        if is_day_due:
            self._day_at = now + LOOK_SECONDS
        self._pause = min(2 * self._pause, LOOK_SECONDS)
        return is_day_due or not was_told_by_history

    def after(self, now: float) -> float:
        """From when on to look: of the last day, or of the day that is missing."""
        return now - DAY if self.day is None else min(now - DAY, self.day.start - 1.0)

    def failed(self) -> None:
        """The history was given up: what it would have told is looked for, sooner at first."""
        self._pause, self._due_at = FIRST_LOOK_SECONDS, 0.0

    @property
    def next_look(self) -> float | None:
        """When it is looked again, None where nobody knows yet."""
        return self._due_at or None

    def noted(self, action: CorporateAction) -> None:
        """A split or a dividend that the history has told."""
        self._told.add((action.action, action.time))

    def found(self, records: list[Late]) -> list[Late]:
        """Of what was looked for, what is new: splits and dividends not told in this run, and the missing day."""
        self._pause = LOOK_SECONDS
        return [record for record in records if self._is_new(record)]

    def _is_new(self, record: Late) -> bool:
        if isinstance(record, CorporateAction):
            is_new = (record.action, record.time) not in self._told
            self.noted(record)
            return is_new
        start = record.start.timestamp()
        if record.interval != "1d" or self.day is None or not self.day.start <= start < self.day.end:
            return False
        self._told_until, self.day = self.day.end, None
        return True
