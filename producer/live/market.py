"""The live source: every provider's quotes, histories and time, as one sequence of records for the log.

One thread orders everything; the others only wait for providers (`feed.py`, `past.py`) and put what they hear into
an inbox. So no state is shared, and the order in the inbox is the order in the log.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from queue import Empty, Queue
from threading import Event

from msgspec.structs import replace

from producer.live.feed import Feed
from producer.live.followed import Finding, Followed
from producer.live.health import SourceHealth
from producer.live.intake import Known
from producer.live.past import Historian, Wish
from producer.live.quality import quality_row
from producer.live.words import (
    Actions,
    Came,
    CaughtUp,
    Connected,
    Lost,
    Past,
    PastDelayed,
    PastEnded,
    Watched,
    Word,
)
from producer.sources.provider import Company, Provider
from producer.watching import QualityRow
from shared.calendars import DAY, calendar_of
from shared.errors import ConfigError, Unavailable
from shared.listings import Listing, Listings
from shared.market import CorporateAction, Quote, Record, RecordedBar, TimeMark

WAIT_SECONDS = 0.1
TICK_SECONDS = 0.5
QUALITY_SECONDS = 2.0
MICROSECONDS = 1_000_000

MakeProvider = Callable[[str], Provider]

log = logging.getLogger("tickstream.producer")


class LiveMarket:
    """`known` is what the log holds already. `quality` is how every symbol fared a moment ago."""

    def __init__(
        self,
        make_provider: MakeProvider,
        known: Mapping[str, Known],
        poll_interval: float,
        grace: float,
        threshold: float,
    ) -> None:
        self.inbox: Queue[Word] = Queue()
        self.quality: tuple[QualityRow, ...] = ()
        self.findings: Queue[Finding] = Queue()
        self.companies: Mapping[str, Company] = {}
        self._providers: dict[str, Provider] = {}
        self._make_provider = make_provider
        self._known = dict(known)
        self._poll_interval, self._grace, self._threshold = poll_interval, grace, threshold
        self._followed: dict[str, Followed] = {}
        self._by_name: dict[Listing, Followed] = {}
        self._feeds: dict[str, Feed] = {}
        self._historians: dict[str, Historian] = {}
        self._health: dict[str, SourceHealth] = {}
        self._position = 0
        self._ticked = self._told = 0.0

    def records(self, stop: Event) -> Iterator[Record]:
        """What goes into the log, until `stop` is set."""
        while not stop.is_set():
            try:
                word = self.inbox.get(timeout=WAIT_SECONDS)
            except Empty:
                pass
            else:
                yield from self._numbered(self._heard(word))
            now = time.time()
            if now - self._ticked >= TICK_SECONDS:
                self._ticked = now
                yield from self._numbered(self._tick(now))

    def close(self) -> None:
        """Stop every thread."""
        for feed in self._feeds.values():
            feed.close()
        for historian in self._historians.values():
            historian.close()

    def follow(self, listings: Listings) -> None:
        """Follow these symbols from now on, and no others. Raises ConfigError where a provider lacks its key."""
        for symbol in self._followed.keys() - listings.keys():
            self._drop(symbol)
        for symbol, places in listings.items():
            if symbol in self._followed and self._followed[symbol].listings != places:
                self._drop(symbol)
            if symbol not in self._followed:
                self._add(symbol, places)
        self._tell_feeds()

    def _add(self, symbol: str, listings: tuple[Listing, ...]) -> None:
        for listing in listings:
            self._open(listing.source)
        first = listings[0]
        provider, known = self._providers[first.source], self._known.get(symbol)
        followed = Followed(symbol, listings, known, provider.has_history, self._grace, self._threshold)
        self._followed[symbol] = followed
        self._by_name |= dict.fromkeys(listings, followed)
        if provider.has_history:
            self._wish(followed)

    def _drop(self, symbol: str) -> None:
        followed = self._followed.pop(symbol)
        self._by_name = {key: value for key, value in self._by_name.items() if value is not followed}
        if (known := followed.known) is not None:
            self._known[symbol] = known

    def provider(self, source: str) -> Provider:
        """A provider that is at work. Raises Unavailable where none of its symbols is followed yet."""
        if source not in self._providers:
            raise Unavailable(f"{source} is not at work yet")
        return self._providers[source]

    def _open(self, source: str) -> None:
        """Bring a provider to work at its first symbol."""
        if source in self._providers:
            return
        provider = self._make_provider(source)
        self._health[source] = SourceHealth(provider.streams)
        feed = self._feeds[source] = Feed(provider, self.inbox, self._poll_interval)
        historian = self._historians[source] = Historian(provider, self.inbox)
        feed.start()
        historian.start()
        self._providers[source] = provider

    def _tell_feeds(self) -> None:
        for source, feed in self._feeds.items():
            names = {
                listing.name: each for listing, each in self._by_name.items() if listing.source == source
            }
            ids = {name: each.intake.trade_id for name, each in names.items()}
            feed.follow(tuple(names), {name: number for name, number in ids.items() if number is not None})

    def _wish(self, followed: Followed) -> None:
        source, name = followed.listings[0]
        self._historians[source].wish(Wish(followed.symbol, name, followed.line.wanted_after))

    def _look_for_actions(self, followed: Followed, now: float) -> None:
        source, name = followed.listings[0]
        self._historians[source].wish(Wish(followed.symbol, name, now - DAY, actions_only=True))

    def _heard(self, word: Word) -> Iterable[Record]:
        if isinstance(word, Came):
            return self._came(word)
        if isinstance(word, Past):
            followed = self._followed.get(word.symbol)
            return followed.past(word.part) if followed else ()
        if isinstance(word, Actions):
            followed = self._followed.get(word.symbol)
            return followed.actions(word.records) if followed else ()
        if isinstance(word, PastEnded):
            followed = self._followed.get(word.symbol)
            return followed.past_ended(word.error, word.at) if followed else ()
        self._noted(word)
        return ()

    def _noted(self, word: Connected | CaughtUp | Lost | PastDelayed | Watched) -> None:
        """What brings no record by itself."""
        if isinstance(word, Connected):
            self._health[word.source].connected()
        elif isinstance(word, CaughtUp):
            self._caught_up(word)
        elif isinstance(word, Lost):
            self._health[word.source].lost(word.error, word.is_stream, word.next_try)
        elif isinstance(word, Watched):
            try:
                self.follow(word.listings)
            except ConfigError as error:
                log.error("%s", error)
        elif word.symbol in self._followed:
            self._followed[word.symbol].past_error = word.error

    def _caught_up(self, word: CaughtUp) -> None:
        self._health[word.source].answered()
        for name in word.names:
            followed = self._by_name.get(Listing(word.source, name))
            if followed is not None and followed.choice.speaker == word.source:
                followed.line.caught_up(word.at)

    def _came(self, came: Came) -> Iterator[Quote]:
        health, polled = self._health[came.source], bool(came.asked)
        for quote in came.received.quotes:
            followed = self._by_name.get(Listing(came.source, quote.symbol))
            if followed is not None:
                before = followed.line.phase
                yield from followed.take(came.source, quote, came.contact, polled, health.stream_open)
                self._look_back(followed, before)
        health.told(came.contact, polled)
        health.refused += came.received.refused
        if polled and not came.received.refused:
            self._note_missing(came)

    def _note_missing(self, came: Came) -> None:
        answered = {quote.symbol for quote in came.received.quotes}
        for name in came.asked:
            followed = self._by_name.get(Listing(came.source, name))
            if followed is not None and name not in answered:
                followed.missed(came.source, time.time())

    def _look_back(self, followed: Followed, before: str) -> None:
        """A gap was noticed: its history is wanted."""
        if before == "live" and followed.line.phase == "history":
            self._wish(followed)

    def _tick(self, now: float) -> Iterator[Record]:
        for followed in self._followed.values():
            before = followed.line.phase
            yield from followed.tick(now, self._health)
            self._look_back(followed, before)
            if followed.line.top_up_due(now):
                self._wish(followed)
            if followed.actions_due(now):
                self._look_for_actions(followed, now)
            if (mark := followed.line.mark_due()) is not None:
                yield self._mark(followed, mark, now)
            for finding in followed.findings:
                self.findings.put(finding)
            followed.findings.clear()
        if now - self._told >= QUALITY_SECONDS:
            self._told = now
            self._tell(now)

    def _mark(self, followed: Followed, mark: float, now: float) -> TimeMark:
        return TimeMark(
            time=datetime.fromtimestamp(mark, UTC),
            source=followed.choice.speaker,
            position=0,
            received_time=datetime.fromtimestamp(now, UTC),
            symbol=followed.symbol,
        )

    def _tell(self, now: float) -> None:
        """Tell the feeds whether silence means something, the lines how late they are, the screen how all fare."""
        open_sources = {
            followed.choice.speaker
            for followed in self._followed.values()
            if calendar_of(followed.intake.exchange).at(int(now)).name == "regular"
        }
        for source, feed in self._feeds.items():
            feed.expects_quotes = source in open_sources
        for symbol, company in list(self.companies.items()):
            if symbol in self._followed:
                self._followed[symbol].line.delay = company.delay
        self.quality = tuple(
            quality_row(followed, self._health[followed.choice.speaker], now)
            for followed in self._followed.values()
        )

    def _numbered(self, records: Iterable[Record]) -> Iterator[Record]:
        """Positions that rise for ever, also from one run to the next: microseconds of the clock, or one more."""
        for record in records:
            self._position = max(self._position + 1, int(time.time() * MICROSECONDS))
            yield _at(record, self._position)


def _at(record: Record, position: int) -> Record:
    assert isinstance(record, Quote | RecordedBar | CorporateAction | TimeMark)
    return replace(record, position=position)
