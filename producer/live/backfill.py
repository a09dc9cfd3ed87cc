"""Backfill of one symbol: publishes its history before its live quotes, and its watermark. Pure.

The seam: history covers whole minutes, live quotes the rest:

    what the log holds ── history ──▶ the minutes finished by now │ one minute, half live │ ── live quotes ──▶

 1. "history": the history is fetched. Live quotes wait and the watermark stops, so no bar closes. The history is
    requested from the first incomplete minute in the log: the source's bar of a whole minute replaces a bar made from a
    part of its quotes while that bar is open. No bar is published twice.
 2. "seam": live quotes began within a minute that had not ended when the history was requested. Quotes of that minute
    are published at once; later ones wait until it has ended and its bar has been fetched.
 3. "live": quotes are published as they are received.
 4. A source that was unavailable for a whole minute or more has left a gap: all this starts again at the watermark.

So each minute comes either from the history or from live quotes; one with a shorter outage is live.

Time marks: a symbol's watermark is the time up to which its source has sent everything, minus a lag for late quotes.
Once a minute, when the previous bar can close, a mark is published; while the source is unavailable there is none, so
no bar closes that the history could still fill.
"""

from collections import deque
from collections.abc import Iterable
from typing import Literal

from producer.live.deduplication import KnownOfSymbol
from shared.market.records import INTERVAL_SECONDS, CorporateAction, Quote, RecordedBar

MINUTE = 60
LAG_SECONDS = 2.0
"""How long a source may take to deliver, in addition to its stated delay."""
SETTLED_SECONDS = 4.0
"""How long after its end a provider's minute bar may still change."""
HELD_QUOTES = 100_000


class Timeline:
    """`grace` is that of the bar engine, so that a mark is due when it lets a bar close. `quoted` holds time and price
    of the latest published quote. Times are epoch seconds.
    """

    def __init__(self, symbol: str, known: KnownOfSymbol | None, has_history: bool, grace: float) -> None:
        self.symbol = symbol
        self.phase: Literal["history", "seam", "live"] = "history" if has_history else "live"
        self.has_history = has_history
        self.delay = 0.0
        self.gaps = 0
        self.quoted = known.quoted if known else (0.0, 0.0)
        self._known = known if known and known.time else None
        self._grace = grace
        self._held: deque[Quote] = deque()
        self._reached = self._marked = known.time if known else 0.0
        self._live_since = 0.0
        self._asked = has_history

    @property
    def wanted_after(self) -> float | None:
        """The history is needed for bars that start after this; None for all."""
        if self._known is None:
            return None
        return self._known.time // MINUTE * MINUTE - 1

    @property
    def _seam_end(self) -> float:
        """The start of the first minute that live quotes cover completely."""
        return -(-self._live_since // MINUTE) * MINUTE if self._live_since else float("inf")

    def past(self, records: Iterable[RecordedBar | CorporateAction]) -> list[RecordedBar | CorporateAction]:
        """The records of a part of the history that are not yet in the log."""
        last = self._known.bar if self._known and self._known.bar else (0.0, 0)
        # An action received with the last bar may be repeated: the fold ignores the second one.
        new = [r for r in records if isinstance(r, CorporateAction) or bar_order(r) > last]
        bars = [record for record in new if isinstance(record, RecordedBar)]
        if bars:
            last = bar_order(bars[-1])
            self._known = KnownOfSymbol(last[0], last)
        return new

    def past_ended(self, asked_at: float, failed: bool) -> list[Quote]:
        """Note that the history is complete up to `asked_at`, or failed; returns the quotes to publish."""
        end = asked_at // MINUTE * MINUTE
        self._reached = max(self._reached, end - 1)
        self.gaps += failed
        if failed or end >= self._seam_end:
            self.phase, self._known = "live", None
        else:
            self.phase, self._known, self._asked = "seam", KnownOfSymbol(end), False
        return self._released()

    def is_top_up_due(self, now: float) -> bool:
        """Whether the minute of the seam has ended, so that its history must be requested now."""
        return not self._asked and self.phase == "seam" and now >= self._seam_end + SETTLED_SECONDS

    def top_up_requested(self) -> None:
        """Note that the history of the seam is requested."""
        self._asked = True

    def take(self, quote: Quote) -> list[Quote]:
        """Process a quote; returns the quotes to publish now."""
        if self.phase == "live":
            self._note(quote)
            return [quote]
        self._held.append(quote)
        if len(self._held) > HELD_QUOTES:
            return self.past_ended(quote.received_time.timestamp(), failed=True)
        return self._released() if self.phase == "seam" else []

    def _released(self) -> list[Quote]:
        """The waiting quotes that can be published now, in order."""
        end = float("inf") if self.phase == "live" else self._seam_end
        released = []
        while self._held and self._held[0].event_time.timestamp() < end:
            released.append(self._held.popleft())
            self._note(released[-1])
        return released

    def _note(self, quote: Quote) -> None:
        """Note a published quote."""
        time = quote.event_time.timestamp()
        if time >= self.quoted[0]:
            self.quoted = time, quote.price

    def is_gap_before(self, time: float, numbered: bool = False) -> bool:
        """Whether at `time` whole minutes are missing after an outage of the source.

        A source that numbers its trades leaves no gap: missed trades are fetched before new ones.
        """
        if self.phase != "live" or not self._reached or numbered:
            return False
        return time // MINUTE - self._reached // MINUTE >= 2

    def contact(self, time: float, numbered: bool = False) -> None:
        """Note that the source has sent everything up to `time`; after a gap the history is needed."""
        is_gap, before = self.is_gap_before(time, numbered), self._reached
        self._reached = max(before, time)
        self._live_since = self._live_since or time
        if is_gap and self.has_history:
            self.phase, self._known = "history", KnownOfSymbol(before)
            self._live_since, self._asked = time, True
        elif is_gap:
            self.gaps += 1

    def not_beyond(self, time: float) -> None:
        """Limit the time to this, because the clock was fast."""
        self._reached = min(self._reached, time)
        self._live_since = min(self._live_since, time)

    def caught_up(self, time: float) -> None:
        """Note that everything up to `time` has been received, for example after a failover."""
        self._reached = max(self._reached, time)

    def known(self, trade_id: int | None) -> KnownOfSymbol:
        """What the log holds of the symbol."""
        if self.phase == "history":
            return (self._known or KnownOfSymbol(0.0))._replace(quoted=self.quoted)
        return KnownOfSymbol(self._marked, None, trade_id, quoted=self.quoted)

    @property
    def mark_due(self) -> float | None:
        """The time of the mark that is due now, else None."""
        time = self._reached - LAG_SECONDS - self.delay
        closes = (time - self._grace) // MINUTE > (self._marked - self._grace) // MINUTE
        return time if self.phase == "live" and closes else None

    def marked(self, time: float) -> None:
        """Note that a mark of this time is published."""
        self._marked = time


def bar_order(bar: RecordedBar) -> tuple[float, int]:
    """The order of a history: by start, longer bars before shorter ones."""
    return bar.start.timestamp(), -INTERVAL_SECONDS[bar.interval]
