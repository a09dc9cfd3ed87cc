"""The state of one followed symbol: its sources, deduplication, history and watermark. Pure.

Times are epoch seconds.
"""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from producer.live.backfill import Timeline
from producer.live.deduplication import Deduplicator, KnownOfSymbol
from producer.live.failover import Failover
from producer.live.look_back import Late, LookBack
from producer.live.messages import Channel, HistoryRequest
from producer.live.quality.finding import Finding, Unused
from producer.live.quality.health import QuoteRate, SourceHealth
from producer.sources.answers import HistorySlice
from shared.calendars.calendars import calendar_of
from shared.errors import SourceError, StreamSilent, UnknownSymbol
from shared.market.listings import Listing
from shared.market.prices import may_fall_below_zero
from shared.market.records import CorporateAction, Quote, RecordedBar, TimeMark

STANDBY_QUOTES = 1_000
STREAMED_WITHIN = 60.0
"""Seconds without streamed quotes after which polled quotes of a symbol are used although its stream is open."""
MISSES = 3
"""After so many consecutive polls without a requested symbol, the provider no longer has it."""


def below_zero(price: float) -> str:
    """The text about a price that can't enter a bar."""
    return f"the price is {price:g}: it is stored and shown, but bars can't contain a price of zero or below"


class Followed:
    """One symbol. `findings` are those since they were last collected.

    `missing_after` is the time after which its history could not be loaded, None for all of it.
    """

    unknown: UnknownSymbol | None = None
    past_error: SourceError | None = None
    failure: SourceError | None = None
    request: HistoryRequest | None = None
    missing_after: float | None = None
    last_received = 0.0
    is_closed_by_source = False
    _misses = 0
    _streamed_at = 0.0

    def __init__(
        self,
        symbol: str,
        listings: tuple[Listing, ...],
        known: KnownOfSymbol | None,
        has_history: bool,
        grace: float,
        threshold: float,
    ) -> None:
        self.symbol, self.listings = symbol, listings
        self.deduplicator = Deduplicator(symbol, known)
        self.timeline = Timeline(symbol, known, has_history, grace)
        self.failover = Failover(tuple(listing.source for listing in listings), threshold)
        self.look_back = LookBack(self.timeline.quoted[0])
        self.findings: list[Finding] = []
        self.history_done, self.history_total = 0, 1 if has_history else 0
        self._behind: set[Channel] = set()
        self._threshold, self._minute, self._unused = threshold, QuoteRate(), Unused()
        # Alerts raised in an earlier run are cleared by the first valid quote.
        self._other_currency: str | None = "" if known and known.currency else None
        self._is_below_zero = known is not None
        self._standby: deque[Quote] = deque(maxlen=STANDBY_QUOTES)

    def take(self, source: str, quote: Quote, contact: float, polled: bool, streams: bool) -> list[Quote]:
        """Process a quote of a source; returns the quotes to publish now.

        While its stream is open (`streams`) and has quotes of this symbol, polled quotes only update the day's values.
        """
        now = quote.received_time.timestamp()
        self.failover.take(source, quote.price, now)
        if source != self.failover.active_source:
            self._standby.append(quote)
            return []
        self._found(now)
        if contact and not polled:
            self._behind.clear()
        self._streamed_at = self._streamed_at if polled else now
        if polled and streams and now - self._streamed_at <= STREAMED_WITHIN:
            self.deduplicator.learn(quote)
            self._note_currency(now)
            return []
        self._note_contact(contact)
        return self._admit(quote, polled, now)

    def _note_contact(self, contact: float) -> None:
        """Note that its source has sent everything up to `contact`."""
        is_numbered = self.deduplicator.trade_id is not None
        if self.timeline.has_history and self.timeline.is_gap_before(contact, is_numbered):
            self.deduplicator.after_gap()
        self.timeline.contact(contact, is_numbered)

    def _admit(self, quote: Quote, polled: bool, now: float) -> list[Quote]:
        admitted = self.deduplicator.admit(quote, polled)
        self._note_currency(now)
        if admitted is None:
            return []
        self._note_level(admitted, now)
        self.last_received = now
        self._minute.add(now)
        return self.timeline.take(admitted)

    def _note_currency(self, now: float) -> None:
        ours, other = self.deduplicator.currency, self.deduplicator.other_currency
        if other != self._other_currency:
            self._other_currency = other
            detail = f"quotes in {other} are rejected: the prices so far are in {ours}" if other else ""
            self.findings.append(Finding(self.symbol, "currency", other is not None, now, detail=detail))

    def _note_level(self, quote: Quote, now: float) -> None:
        """Report when a future's price becomes zero or below, or is positive again: such a price enters no bar."""
        if not may_fall_below_zero(quote.symbol, quote.exchange) or (quote.price <= 0) == self._is_below_zero:
            return
        self._is_below_zero = quote.price <= 0
        detail = below_zero(quote.price) if self._is_below_zero else ""
        self.findings.append(Finding(self.symbol, "below zero", self._is_below_zero, now, detail=detail))

    def _found(self, now: float) -> None:
        """Note that the source has the symbol, possibly again."""
        if self._misses >= MISSES:
            self.findings.append(Finding(self.symbol, "delisted", False, now))
        self._misses, self.unknown, self.failure = 0, None, None

    def missed(self, source: str, now: float) -> None:
        """Note that the source was polled for the symbol and omitted it."""
        if source != self.failover.active_source:
            return
        self._misses += 1
        if self._misses == MISSES:
            self.unknown = UnknownSymbol(f"{source} has no quote of {self.symbol}")
            if self.last_received:
                self.findings.append(Finding(self.symbol, "delisted", True, now, detail=str(self.unknown)))

    def answered(self, without_quote: bool, now: float) -> None:
        """Note that the source was polled for the symbol and has it, possibly without a valid quote."""
        self.caught_up("poll", 0.0)
        if without_quote:
            self._found(now)
            self.failure = StreamSilent(
                f"{self.failover.active_source} knows {self.symbol}, but sends no valid price"
            )

    def fell_behind(self, by: Channel, error: SourceError | None) -> None:
        """Note that the newest trades are missing: the watermark stops, as far as it depends on this channel."""
        self._behind.add(by)
        self.failure = error or self.failure

    def caught_up(self, by: Channel, at: float) -> None:
        """Note that everything up to `at` has been received."""
        self._behind.discard(by)
        self.failure = self.failure if self._behind else None
        self.timeline.caught_up(at)

    def past(self, part: HistorySlice, now: float) -> list[RecordedBar | CorporateAction]:
        """Process a part of its history; returns the records to publish."""
        self.past_error = None
        self.history_done, self.history_total = part.done, part.total
        self._unused.add(part)
        records = [replace(record, symbol=self.symbol) for record in self.timeline.past(part.records)]
        ours = self._ours(records)
        for record in ours:
            self.deduplicator.exchange = record.exchange or self.deduplicator.exchange
            if isinstance(record, CorporateAction):
                self.look_back.noted(record)
        self._note_currency(now)
        return ours

    def _ours(self, records: list[Late]) -> list[Late]:
        """The records of the history in the currency of the prices so far; the others are rejected."""
        ours: list[Late] = []
        for record in records:
            is_split = isinstance(record, CorporateAction) and record.action == "split"
            if record.currency is None or is_split or self.deduplicator.admits(record.currency):
                ours.append(record)
        self.deduplicator.refused += len(records) - len(ours)
        return ours

    def found_late(self, records: list[Late]) -> list[Late]:
        """Process the result of a late-only request; returns the records to publish."""
        self.past_error = None
        new = [replace(record, symbol=self.symbol) for record in self.look_back.found(records)]
        bars = self._ours([record for record in new if isinstance(record, RecordedBar)])
        return [record for record in new if isinstance(record, CorporateAction) or record in bars]

    @property
    def _expects_late(self) -> bool:
        return self.timeline.phase == "live" and self.timeline.has_history

    def is_look_due(self, now: float) -> bool:
        """Whether a late-only request is due."""
        return self._expects_late and self.look_back.is_due(now)

    def past_delayed(self, error: SourceError) -> None:
        """Note that the request for its history failed and is repeated from the beginning."""
        self.past_error, self._unused = error, Unused()

    def past_ended(self, error: SourceError | None, asked_at: float) -> list[Quote]:
        """Process the end of its history; returns the quotes to publish.

        If the history failed, its splits and dividends are requested again much later.
        """
        self.past_error = error
        self.findings += self._unused.findings(self.symbol, asked_at)
        self._unused = Unused()
        self.history_done = self.history_total
        if isinstance(error, UnknownSymbol):
            self.unknown = error
        if error is not None:
            self.look_back.failed()
            self.missing_after = self.timeline.wanted_after
        return self.timeline.past_ended(asked_at, failed=error is not None)

    def tick(self, now: float, health: Mapping[str, SourceHealth]) -> list[Quote]:
        """Update the active source, the comparison of sources and the watermark, twice a second. After a failover,
        returns the quotes of the new source that were missed.
        """
        is_open = calendar_of(self.deduplicator.exchange).at(int(now)).name == "regular"
        self.look_back.note(0.0 if is_open else self._traded_at, self.deduplicator.exchange, now)
        has_changed = self.failover.decide(now, is_open)
        quotes = self._take_over(now) if has_changed else []
        self._compare(now)
        contact = self._contact(health[self.failover.active_source])
        if has_changed:
            self.timeline.caught_up(contact)
        elif contact:
            self._note_contact(contact)
        if self._expects_late and not self.look_back.is_due(now):
            self.look_back.begin(now)
        return quotes

    @property
    def _traded_at(self) -> float:
        """Time of the last quote of this run, 0 if there is none or it was outside the regular session."""
        last = self.deduplicator.last
        return self.timeline.quoted[0] if last is not None and last.session in (None, "regular") else 0.0

    def _contact(self, health: SourceHealth) -> float:
        """The time up to which its source has sent everything, 0 if unknown. An open stream needs no polls."""
        behind = self._behind & {"stream"} if health.stream_open else self._behind
        return 0.0 if behind else health.contact

    def mark(self, reached: float, now: float) -> TimeMark:
        """The time mark for `reached`."""
        # The clock of one source may be ahead of the median of several.
        received = datetime.fromtimestamp(max(now, reached), UTC)
        time = datetime.fromtimestamp(reached, UTC)
        source, symbol = self.failover.active_source, self.symbol
        return TimeMark(time=time, source=source, position=0, received_time=received, symbol=symbol)

    def _take_over(self, now: float) -> list[Quote]:
        """Switch to the new active source; returns its quotes since the last quote of the other source."""
        first, active_source = self.failover.sources[0], self.failover.active_source
        is_standing_in = active_source != first
        detail = f"{active_source} replaces {first}" if is_standing_in else ""
        self.findings.append(Finding(self.symbol, "failover", is_standing_in, now, detail=detail))
        self.deduplicator.after_change_of_source()
        newest = self.deduplicator.last.event_time if self.deduplicator.last else None
        missed = [quote for quote in self._standby if newest is None or quote.event_time > newest]
        self._standby.clear()
        return [quote for held in missed for quote in self._admit(held, False, now)]

    def _compare(self, now: float) -> None:
        verdict = self.failover.compare(now)
        if verdict:
            values = (self.failover.difference, self._threshold)
            detail = f"{' and '.join(self.failover.sources)} differ"
            self.findings.append(
                Finding(self.symbol, "disagreement", verdict == "raise", now, *values, detail)
            )

    def quotes_per_minute(self, now: float) -> float:
        """The number of quotes in the last minute."""
        return float(self._minute.count(now))

    @property
    def known(self) -> KnownOfSymbol:
        """What the log holds of it, for when it is followed again later."""
        return self.timeline.known(self.deduplicator.trade_id)._replace(currency=self.deduplicator.currency)
