"""The live source: merges quotes, histories and time marks of all providers into one sequence of records for the log.

One thread orders all records; the others only wait for providers (`feed.py`, `history_worker.py`) and put messages into
an inbox. So no state is shared, and the order in the inbox is the order in the log.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from queue import Empty, Queue
from threading import Event

from producer.live.clocks import Clocks
from producer.live.deduplication import KnownOfSymbol
from producer.live.finding import Finding
from producer.live.followed import Followed
from producer.live.messages import (
    Came,
    CaughtUp,
    Connected,
    FellBehind,
    FoundLate,
    Lost,
    Past,
    PastDelayed,
    PastEnded,
    Watched,
    Wish,
    Word,
)
from producer.live.quality import quality_row
from producer.live.quality_row import QualityRow
from producer.sources.answers import Company
from producer.workers.positions import Positions
from producer.workers.providers_at_work import MakeProvider, ProvidersAtWork
from shared.calendars.calendars import calendar_of
from shared.errors import ConfigError
from shared.market.listings import Listing, Listings
from shared.market.records import Quote, Record
from shared.observability.heartbeat import beat

WAIT_SECONDS = 0.1
TICK_SECONDS = 0.5
QUALITY_SECONDS = 2.0
INBOX_WORDS = 50_000
"""Maximum number of messages; if Kafka is unavailable for so long, providers have to wait."""
CATCH_UP_SECONDS = 3600.0

log = logging.getLogger("tickstream.producer")


class LiveMarket:
    """`known` is what the log already holds. `quality` holds the latest data quality of all symbols."""

    def __init__(
        self,
        make_provider: MakeProvider,
        known: Mapping[str, KnownOfSymbol],
        poll_interval: float,
        grace: float,
        threshold: float,
    ) -> None:
        self.inbox: Queue[Word] = Queue(INBOX_WORDS)
        self.quality: tuple[QualityRow, ...] = ()
        self.findings: Queue[Finding] = Queue()
        self.companies: Mapping[str, Company] = {}
        self.at_work = ProvidersAtWork(make_provider, self.inbox, poll_interval)
        self._known = dict(known)
        self._grace, self._threshold = grace, threshold
        self._followed: dict[str, Followed] = {}
        self._by_name: dict[Listing, Followed] = {}
        self._positions = Positions()
        self._ticked = self._reported_at = 0.0
        self._clocks = Clocks({})
        self._correction = 0.0

    def records(self, stop: Event) -> Iterator[Record]:
        """The records to publish, until `stop` is set."""
        while not stop.is_set():
            beat()
            try:
                word = self.inbox.get(timeout=WAIT_SECONDS)
            except Empty:
                pass
            else:
                self._correction = self.at_work.correction
                yield from self._positions.give(self._heard(word), self._correction)
            if time.monotonic() - self._ticked >= TICK_SECONDS:
                self._ticked = time.monotonic()
                yield from self._positions.give(self._tick(), self._correction)

    def _now(self) -> float:
        """The time in epoch seconds, corrected if the providers agree that this machine's clock is wrong."""
        return time.time() + self._clocks.offset

    def close(self) -> None:
        """Stop all threads."""
        self.at_work.close()

    def follow(self, listings: Listings) -> dict[str, ConfigError]:
        """Follow exactly these symbols from now on; returns the errors of symbols whose provider has no key."""
        for symbol in self._followed.keys() - listings.keys():
            self._drop(symbol)
        refused = {}
        for symbol, places in listings.items():
            if symbol in self._followed and self._followed[symbol].listings != places:
                self._drop(symbol)
            try:
                if symbol not in self._followed:
                    self._add(symbol, places)
            except ConfigError as error:
                refused[symbol] = error
        self.at_work.follow({listing: each.intake.trade_id for listing, each in self._by_name.items()})
        return refused

    def _add(self, symbol: str, listings: tuple[Listing, ...]) -> None:
        for listing in listings:
            self.at_work.open(listing.source)
        provider, known = self.at_work.provider(listings[0].source), self._known_of(symbol)
        followed = Followed(symbol, listings, known, provider.has_history, self._grace, self._threshold)
        self._followed[symbol] = followed
        self._by_name |= dict.fromkeys(listings, followed)
        if provider.has_history:
            self._wish(followed)

    def _known_of(self, symbol: str) -> KnownOfSymbol | None:
        """What the log holds of a symbol. After a long time only its minute bars are fetched, not all trades."""
        known = self._known.get(symbol)
        if known is None or self._now() - max(known.time, known.quoted[0]) < CATCH_UP_SECONDS:
            return known
        return known._replace(trade_id=None)

    def _drop(self, symbol: str) -> None:
        followed = self._followed.pop(symbol)
        self._by_name = {key: value for key, value in self._by_name.items() if value is not followed}
        self._known[symbol] = followed.known
        if followed.wish is not None and followed.line.phase != "live":
            self.at_work.unwish(followed.listings[0].source, followed.wish)

    def _wish(self, followed: Followed) -> None:
        source, name = followed.listings[0]
        followed.wish = Wish(followed.symbol, name, followed.line.wanted_after)
        self.at_work.wish(source, followed.wish)

    def _wished(self, wish: Wish) -> Followed | None:
        """The symbol of a history request, None if it is no longer needed."""
        followed = self._followed.get(wish.symbol)
        return followed if followed is not None and followed.wish is wish else None

    def _look_for_late(self, followed: Followed, now: float) -> None:
        source, name = followed.listings[0]
        after = followed.look_back.after(now) if followed.past_error is None else followed.missing_after
        self.at_work.wish(source, Wish(followed.symbol, name, after, late_only=True))

    def _heard(self, word: Word) -> Iterable[Record]:
        if isinstance(word, Came):
            return self._came(word)
        if isinstance(word, Past):
            followed = self._wished(word.wish)
            return followed.past(word.part, self._now()) if followed else ()
        if isinstance(word, FoundLate):
            followed = self._followed.get(word.symbol)
            return followed.found_late(word.records) if followed else ()
        if isinstance(word, PastEnded):
            followed = self._wished(word.wish)
            return followed.past_ended(word.error, word.at) if followed else ()
        self._noted(word)
        return ()

    def _noted(self, word: Connected | FellBehind | CaughtUp | Lost | PastDelayed | Watched) -> None:
        """Handle messages that produce no records."""
        if isinstance(word, Connected):
            self.at_work.health[word.source].connected()
        elif isinstance(word, FellBehind):
            self._fell_behind(word)
        elif isinstance(word, CaughtUp):
            self._caught_up(word)
        elif isinstance(word, Lost):
            self.at_work.health[word.source].lost(word.error, word.is_stream, word.next_try)
        elif isinstance(word, Watched):
            for symbol, error in self.follow(word.listings).items():
                log.error("%s is not followed: %s", symbol, error)
        elif (followed := self._wished(word.wish)) is not None:
            followed.past_delayed(word.error)

    def _fell_behind(self, word: FellBehind) -> None:
        for name in word.names:
            followed = self._spoken(word.source, name)
            if followed is not None:
                followed.fell_behind(word.by, word.error)

    def _caught_up(self, word: CaughtUp) -> None:
        self.at_work.health[word.source].answered()
        for name in word.names:
            followed = self._spoken(word.source, name)
            if followed is not None:
                followed.caught_up(word.by, word.at)

    def _spoken(self, source: str, name: str) -> Followed | None:
        """The symbol if this is its active source, else None."""
        followed = self._by_name.get(Listing(source, name))
        return followed if followed is not None and followed.choice.speaker == source else None

    def _came(self, came: Came) -> Iterator[Quote]:
        health, polled = self.at_work.health[came.source], bool(came.asked)
        self._note_delays(came)
        for quote in came.received.quotes:
            followed = self._by_name.get(Listing(came.source, quote.symbol))
            if followed is not None:
                before = followed.line.phase
                yield from followed.take(came.source, quote, came.contact, polled, health.stream_open)
                self._look_back(followed, before)
        health.received(came.contact, polled)
        health.refused += came.received.refused
        if polled:
            self._note_missing(came)

    def _note_delays(self, came: Came) -> None:
        for name, delay in came.received.delays.items():
            if (followed := self._spoken(came.source, name)) is not None:
                followed.line.delay = delay

    def _note_missing(self, came: Came) -> None:
        """Process the polled names: those that failed, those omitted by the provider, and those found."""
        received, now = came.received, self._now()
        there = received.named | {quote.symbol for quote in received.quotes}
        for name in came.asked:
            followed = self._spoken(came.source, name)
            if followed is None:
                continue
            followed.is_closed_by_source = name in received.closed
            if name in received.failed:
                followed.fell_behind("question", received.failed[name])
            elif name not in there:
                followed.missed(came.source, now)
            else:
                followed.answered(name in received.named, now)

    def _look_back(self, followed: Followed, before: str) -> None:
        """Request the history after a gap was detected."""
        if before == "live" and followed.line.phase == "history":
            self._wish(followed)

    def _tick(self) -> Iterator[Record]:
        self._compare_clocks()
        now = self._now()
        for followed in self._followed.values():
            before = followed.line.phase
            yield from followed.tick(now, self.at_work.health)
            self._look_back(followed, before)
            if followed.line.top_up_due(now):
                self._wish(followed)
            if followed.looks_due(now):
                self._look_for_late(followed, now)
            yield from followed.marks(now)
            for finding in followed.findings:
                self.findings.put(finding)
            followed.findings.clear()
        if time.monotonic() - self._reported_at >= QUALITY_SECONDS:
            self._reported_at = time.monotonic()
            self._report(now)

    def _report(self, now: float) -> None:
        """Update the sources with expected quotes, the delays of the symbols and the data quality for the page."""
        open_sources = {
            followed.choice.speaker
            for followed in self._followed.values()
            if calendar_of(followed.intake.exchange).at(int(now)).name == "regular"
            and not followed.is_closed_by_source
        }
        self.at_work.expect_quotes(open_sources)
        for symbol, company in list(self.companies.items()):
            if symbol in self._followed:
                self._followed[symbol].line.delay = company.delay
        self.quality = tuple(self._quality(followed, now) for followed in self._followed.values())

    def _quality(self, followed: Followed, now: float) -> QualityRow:
        speaker = followed.choice.speaker
        return quality_row(followed, self.at_work.health[speaker], now, self._clocks.fault(speaker))

    def _compare_clocks(self) -> None:
        """Compare this machine's clock with the providers', and log changes."""
        before, self._clocks = self._clocks, self.at_work.clocks()
        if self._clocks.offset < before.offset:
            self._not_beyond(self._now())
        if self._clocks.faults and not before.faults:
            faults = "; ".join(sorted(self._clocks.faults)).capitalize()
            log.warning("%s: times are corrected by this difference if possible.", faults)
        if before.faults and not self._clocks.faults:
            log.info("The clock of this machine is correct again.")

    def _not_beyond(self, now: float) -> None:
        """Limit times measured by a fast clock to now."""
        for health in self.at_work.health.values():
            health.not_beyond(now)
        for followed in self._followed.values():
            followed.line.not_beyond(now)
