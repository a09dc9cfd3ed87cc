"""One symbol on its way into the log: its past before its present, and how far its time has come. Pure.

The seam. History tells whole minutes, live quotes the rest:

    what the log holds ── history ──▶ the minutes finished by now │ one minute, half live │ ── live quotes ──▶

 1. "history": a symbol's past is fetched. Its live quotes wait, and its time stands still, so no bar closes.
    History is asked for from the minute on that the log holds only in part: what the source says of a whole minute
    takes the place of what live quotes made of a part of it, as long as that bar is open. No bar comes twice.
 2. "seam": live quotes began within a minute that was not over when history was asked. Those of that minute go
    into the log at once; later ones wait until it is over and history has told it as a whole.
 3. "live": quotes go into the log as they come.
 4. A source that was away for a whole minute or more has left a gap: all this begins anew from where time stands.

So every minute is either wholly history or wholly live; a minute that the source was away for only in part is live.

Time marks. A symbol's time is what its source has told everything up to, less a lag for stragglers. Once a minute,
when the bar before can close, a mark says so in the log; while the source is away there is none, so no bar closes
that history could still fill.
"""

from collections import deque
from collections.abc import Iterable
from typing import Literal

from producer.live.deduplication import KnownOfSymbol
from shared.market.records import INTERVAL_SECONDS, CorporateAction, Quote, RecordedBar

MINUTE = 60
LAG_SECONDS = 2.0
"""How long a source may take to deliver, on top of the delay it states."""
SETTLED_SECONDS = 4.0
"""How long after its end a provider's minute may still change."""
HELD_QUOTES = 100_000


class Line:
    """`grace` is the engine's own, so that a mark comes when a bar closes by it. `quoted` are time and price of the
    latest quote that went into the log. Times are epoch seconds.
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
        """History is wanted of bars that start later than this; None for all there is."""
        if self._known is None:
            return None
        return self._known.time // MINUTE * MINUTE - 1

    @property
    def _seam_end(self) -> float:
        """Where the first minute begins that live quotes tell as a whole."""
        return -(-self._live_since // MINUTE) * MINUTE if self._live_since else float("inf")

    def past(self, records: Iterable[RecordedBar | CorporateAction]) -> list[RecordedBar | CorporateAction]:
        """What of a part of history is not in the log yet."""
        last = self._known.bar if self._known and self._known.bar else (0.0, 0)
        # An action that came with the last bar may come again: the fold takes it once.
        new = [r for r in records if isinstance(r, CorporateAction) or bar_order(r) > last]
        bars = [record for record in new if isinstance(record, RecordedBar)]
        if bars:
            last = bar_order(bars[-1])
            self._known = KnownOfSymbol(last[0], last)
        return new

    def past_ended(self, asked_at: float, failed: bool) -> list[Quote]:
        """History is in, up to the minutes that were over at `asked_at`, or given up: the quotes that may go now."""
        told = asked_at // MINUTE * MINUTE
        self._reached = max(self._reached, told - 1)
        self.gaps += failed
        if failed or told >= self._seam_end:
            self.phase, self._known = "live", None
        else:
            self.phase, self._known, self._asked = "seam", KnownOfSymbol(told), False
        return self._released()

    def top_up_due(self, now: float) -> bool:
        """Whether the minute of the seam is over, so that its history is to be asked for now; true once."""
        if self._asked or self.phase != "seam" or now < self._seam_end + SETTLED_SECONDS:
            return False
        self._asked = True
        return True

    def take(self, quote: Quote) -> list[Quote]:
        """The quotes that may go into the log now."""
        if self.phase == "live":
            self._note(quote)
            return [quote]
        self._held.append(quote)
        if len(self._held) > HELD_QUOTES:
            return self.past_ended(quote.received_time.timestamp(), failed=True)
        return self._released() if self.phase == "seam" else []

    def _released(self) -> list[Quote]:
        """What has waited and need not any longer; order is kept."""
        end = float("inf") if self.phase == "live" else self._seam_end
        released = []
        while self._held and self._held[0].event_time.timestamp() < end:
            released.append(self._held.popleft())
            self._note(released[-1])
        return released

    def _note(self, quote: Quote) -> None:
        """A quote goes into the log."""
        time = quote.event_time.timestamp()
        if time >= self.quoted[0]:
            self.quoted = time, quote.price

    def contact(self, time: float, numbered: bool = False) -> bool:
        """The source has told everything up to `time`; True where it was away so long that history is wanted.

        One that numbers its trades leaves no gap: those that were missed come before what is new.
        """
        before, self._reached = self._reached, max(self._reached, time)
        self._live_since = self._live_since or time
        if self.phase != "live" or not before or numbered or time // MINUTE - before // MINUTE < 2:
            return False
        if not self.has_history:
            self.gaps += 1
            return False
        self.phase, self._known, self._live_since, self._asked = "history", KnownOfSymbol(before), time, True
        return True

    def not_beyond(self, time: float) -> None:
        """The clock was fast: nothing later than this has been told yet."""
        self._reached = min(self._reached, time)
        self._live_since = min(self._live_since, time)

    def caught_up(self, time: float) -> None:
        """Another source speaks from here on, and has told what was missed."""
        self._reached = max(self._reached, time)

    def known(self, trade_id: int | None) -> KnownOfSymbol:
        """What the log holds of the symbol."""
        if self.phase == "history":
            return (self._known or KnownOfSymbol(0.0))._replace(quoted=self.quoted)
        return KnownOfSymbol(self._marked, None, trade_id, quoted=self.quoted)

    def mark_due(self) -> float | None:
        """The time of the mark that is due now."""
        time = self._reached - LAG_SECONDS - self.delay
        closes = (time - self._grace) // MINUTE > (self._marked - self._grace) // MINUTE
        if self.phase != "live" or not closes:
            return None
        self._marked = time
        return time


def bar_order(bar: RecordedBar) -> tuple[float, int]:
    """History's order: by start, longer bars before shorter ones."""
    return bar.start.timestamp(), -INTERVAL_SECONDS[bar.interval]
