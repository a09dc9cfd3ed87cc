"""Asks the source of headlines, off the path of quotes, and keeps what is new until it is published."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from queue import Empty, Queue

from producer.headlines.cleaning import TOO_OLD, headline_of, plain_text
from producer.headlines.duplicates import KnownHeadlines
from producer.headlines.story import NewsSource, Story
from producer.transport.http import Rejected
from shared.errors import SourceError
from shared.kafka import partition_of
from shared.market.listings import Listings
from shared.market.records import Headline
from shared.runtime.backoff import doubled

FIRST_SECONDS = 20.0
"""Before the first request: the history of a symbol comes first, because a headline of an unknown symbol never
counts."""
FIRST_PAUSE, MAX_PAUSE = 60.0, 3_600.0
"""Seconds of the pauses after failures in a row, if the source names none."""
DATE_LENGTH = 60
"""Characters of a date that are logged."""

log = logging.getLogger("tickstream.producer")


class Newsroom:
    """Each subject of a source is asked for every `interval` seconds; one thread calls `step`, another one `take`."""

    def __init__(
        self,
        source: NewsSource,
        listings: Callable[[], Listings],
        interval: float,
        max_age: timedelta,
        partitions: int,
    ) -> None:
        self._source, self._listings = source, listings
        self._interval, self._max_age, self._partitions = interval, max_age, partitions
        self._due: dict[str, float] = {}
        self._paused_until = 0.0
        self._failures = 0
        self._logged: set[tuple[str, str]] = set()
        self._found: Queue[Headline] = Queue()
        self.known = KnownHeadlines()

    def step(self, at: float) -> bool:
        """Ask for the subject that is due first, if any is; returns whether there was one. `at` is in seconds of a
        clock that never goes back."""
        listings = self._listings()
        subjects = self._source.subjects(listings)
        self._due = {subject: self._due.get(subject, at) for subject in subjects}
        if not self._due or at < self._paused_until:
            return False
        subject = min(self._due, key=self._due.__getitem__)
        if self._due[subject] > at:
            return False
        self._due[subject] = at + self._interval
        self._ask(subject, listings, at)
        return True

    def _ask(self, subject: str, listings: Listings, at: float) -> None:
        try:
            stories = self._source.stories(subject)
        except Rejected as error:
            log.debug("no headlines of %s: %s", subject, error)
            return
        except SourceError as error:
            self._pause(error, at)
            return
        if self._failures:
            log.info("Headlines are read again.")
        self._failures = 0
        self._keep_new(subject, [story for story in stories if story.symbol in listings], datetime.now(UTC))

    def _keep_new(self, subject: str, stories: Sequence[Story], now: datetime) -> None:
        headlines = list[Headline]()
        self.known.forget(now - 2 * self._max_age)
        for story in stories:
            try:
                headlines.append(headline_of(story, self._source.name, now, self._max_age))
            except ValueError as reason:
                self._warn(subject, story, str(reason))
        for headline in filter(self.known.take_new, headlines):
            self._found.put(headline)

    def _warn(self, subject: str, story: Story, reason: str) -> None:
        """Log why a story is left out: for each subject and reason the first one, because a feed repeats its own
        faults, and none that is only old."""
        if reason == TOO_OLD or (subject, reason) in self._logged:
            log.debug("a story about %s is not used: %s", story.symbol, reason)
            return
        self._logged.add((subject, reason))
        dated = f' dated "{plain_text(story.date, DATE_LENGTH)}"' if story.date else ""
        log.warning(
            "Headlines of %s: a story about %s%s is left out: %s. Others of this kind are not logged.",
            *(self._source.name, story.symbol, dated, reason),
        )

    def _pause(self, error: SourceError, at: float) -> None:
        """No request until the source is asked again; the first failure in a row is logged."""
        seconds = error.retry_after or doubled(FIRST_PAUSE, MAX_PAUSE, self._failures)
        if not self._failures:
            log.warning("Headlines can't be read for now: %s", error)
        self._failures += 1
        self._paused_until = at + seconds

    def take(self) -> list[tuple[int, Headline]]:
        """The headlines to publish now, each with its partition."""
        found: list[tuple[int, Headline]] = []
        while True:
            try:
                headline = self._found.get_nowait()
            except Empty:
                return found
            found.append((partition_of(headline.symbol.encode(), self._partitions), headline))
