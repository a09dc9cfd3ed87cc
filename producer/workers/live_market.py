"""The live source: merges quotes, histories and time marks of all providers into one sequence of records for the log.

One thread orders all records; the others only wait for providers (`quote_receiver.py`, `history_worker.py`) and put
messages into an inbox. So no state is shared, and the order in the inbox is the order in the log.
"""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from queue import Empty, Queue
from threading import Event

from producer.live.clocks import Clocks
from producer.live.deduplication import KnownOfSymbol
from producer.live.followed import Followed
from producer.live.messages import (
    Connected,
    HistoryEnded,
    HistoryReceived,
    HistoryRequest,
    InboxMessage,
    LateRecords,
    ListingsChanged,
    Notice,
    QuotesReceived,
    SourceFailed,
    TradesComplete,
    TradesMissing,
)
from producer.live.quality.finding import Finding
from producer.live.quality.report import quality_row
from producer.live.quality.row import QualityRow
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
INBOX_MESSAGES = 50_000
"""Maximum number of messages; if Kafka is unavailable for this long, providers have to wait."""
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
        self.inbox: Queue[InboxMessage] = Queue(INBOX_MESSAGES)
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
                message = self.inbox.get(timeout=WAIT_SECONDS)
            except Empty:
                pass
            else:
                self._correction = self.at_work.correction
                yield from self._positions.give(self._handle(message), self._correction)
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
        self.at_work.follow({listing: each.deduplicator.trade_id for listing, each in self._by_name.items()})
        return refused

    def _add(self, symbol: str, listings: tuple[Listing, ...]) -> None:
        for listing in listings:
            self.at_work.open(listing.source)
        provider, known = self.at_work.provider(listings[0].source), self._known_of(symbol)
        followed = Followed(symbol, listings, known, provider.has_history, self._grace, self._threshold)
        self._followed[symbol] = followed
        self._by_name |= dict.fromkeys(listings, followed)
        if provider.has_history:
            self._request_history(followed)

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
        if followed.request is not None and followed.timeline.phase != "live":
            self.at_work.cancel(followed.listings[0].source, followed.request)

    def _request_history(self, followed: Followed) -> None:
        source, name = followed.listings[0]
        followed.request = HistoryRequest(followed.symbol, name, followed.timeline.wanted_after)
        self.at_work.request(source, followed.request)

    def _requested(self, request: HistoryRequest) -> Followed | None:
        """The symbol of a history request, None if it is no longer needed."""
        followed = self._followed.get(request.symbol)
        return followed if followed is not None and followed.request is request else None

    def _look_for_late(self, followed: Followed, now: float) -> None:
        source, name = followed.listings[0]
        after = followed.look_back.after(now) if followed.past_error is None else followed.missing_after
        self.at_work.request(source, HistoryRequest(followed.symbol, name, after, late_only=True))
        followed.look_back.requested(now)

    def _handle(self, message: InboxMessage) -> Iterable[Record]:
        if isinstance(message, QuotesReceived):
            return self._on_quotes(message)
        if isinstance(message, HistoryReceived):
            followed = self._requested(message.request)
            return followed.past(message.part, self._now()) if followed else ()
        if isinstance(message, LateRecords):
            followed = self._followed.get(message.symbol)
            return followed.found_late(message.records) if followed else ()
        if isinstance(message, HistoryEnded):
            followed = self._requested(message.request)
            return followed.past_ended(message.error, message.at) if followed else ()
        self._note(message)
        return ()

    def _note(self, message: Notice) -> None:
        """Handle messages that produce no records."""
        if isinstance(message, Connected):
            self.at_work.health[message.source].connected()
        elif isinstance(message, TradesMissing):
            self._fell_behind(message)
        elif isinstance(message, TradesComplete):
            self._caught_up(message)
        elif isinstance(message, SourceFailed):
            self.at_work.health[message.source].lost(message.error, message.is_stream, message.next_try)
        elif isinstance(message, ListingsChanged):
            for symbol, error in self.follow(message.listings).items():
                log.error("%s is not followed: %s", symbol, error)
        elif (followed := self._requested(message.request)) is not None:
            followed.past_delayed(message.error)

    def _fell_behind(self, message: TradesMissing) -> None:
        for name in message.names:
            if (followed := self._active(message.source, name)) is not None:
                followed.fell_behind(message.by, message.error)

    def _caught_up(self, message: TradesComplete) -> None:
        self.at_work.health[message.source].answered()
        for name in message.names:
            if (followed := self._active(message.source, name)) is not None:
                followed.caught_up(message.by, message.at)

    def _active(self, source: str, name: str) -> Followed | None:
        """The symbol if this is its active source, else None."""
        followed = self._by_name.get(Listing(source, name))
        return followed if followed is not None and followed.failover.active_source == source else None

    def _on_quotes(self, batch: QuotesReceived) -> Iterator[Quote]:
        health, polled = self.at_work.health[batch.source], bool(batch.asked)
        self._note_delays(batch)
        for quote in batch.received.quotes:
            if (followed := self._by_name.get(Listing(batch.source, quote.symbol))) is not None:
                before = followed.timeline.phase
                yield from followed.take(batch.source, quote, batch.contact, polled, health.stream_open)
                self._look_back(followed, before)
        health.received(batch.contact, polled)
        health.refused += batch.received.refused
        if polled:
            self._note_missing(batch)

    def _note_delays(self, batch: QuotesReceived) -> None:
        for name, delay in batch.received.delays.items():
            if (followed := self._active(batch.source, name)) is not None:
                followed.timeline.delay = delay

    def _note_missing(self, batch: QuotesReceived) -> None:
        """Process the polled names: those that failed, those omitted by the provider, and those found."""
        received, now = batch.received, self._now()
        there = received.named | {quote.symbol for quote in received.quotes}
        for name in batch.asked:
            if (followed := self._active(batch.source, name)) is None:
                continue
            followed.is_closed_by_source = name in received.closed
            if name in received.failed:
                followed.fell_behind("poll", received.failed[name])
            elif name not in there:
                followed.missed(batch.source, now)
            else:
                followed.answered(name in received.named, now)

    def _look_back(self, followed: Followed, before: str) -> None:
        """Request the history after a gap was detected."""
        if before == "live" and followed.timeline.phase == "history":
            self._request_history(followed)

    def _tick(self) -> Iterator[Record]:
        self._compare_clocks()
        now = self._now()
        for followed in self._followed.values():
            before = followed.timeline.phase
            yield from followed.tick(now, self.at_work.health)
            self._look_back(followed, before)
            if followed.timeline.is_top_up_due(now):
                followed.timeline.top_up_requested()
                self._request_history(followed)
            if followed.is_look_due(now):
                self._look_for_late(followed, now)
            if (reached := followed.timeline.mark_due) is not None:
                followed.timeline.marked(reached)
                yield followed.mark(reached, now)
            for finding in followed.findings:
                self.findings.put(finding)
            followed.findings.clear()
        if time.monotonic() - self._reported_at >= QUALITY_SECONDS:
            self._reported_at = time.monotonic()
            self._report(now)

    def _report(self, now: float) -> None:
        """Update the sources with expected quotes, the delays of the symbols and the data quality for the page."""
        open_sources = {
            followed.failover.active_source
            for followed in self._followed.values()
            if calendar_of(followed.deduplicator.exchange).at(int(now)).name == "regular"
            and not followed.is_closed_by_source
        }
        self.at_work.expect_quotes(open_sources)
        for symbol, company in list(self.companies.items()):
            if symbol in self._followed:
                self._followed[symbol].timeline.delay = company.delay
        self.quality = tuple(self._quality(followed, now) for followed in self._followed.values())

    def _quality(self, followed: Followed, now: float) -> QualityRow:
        active_source = followed.failover.active_source
        return quality_row(
            followed, self.at_work.health[active_source], now, self._clocks.fault(active_source)
        )

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
            followed.timeline.not_beyond(now)
