"""One symbol on its way into the log: its past before its present, and how far its time has come. Pure.

The seam. History fills whole minutes; live quotes fill the rest:

    log or nothing ── history ──▶ last finished minute │ minute in which live began ──▶ live quotes

 1. While a symbol's past is being fetched, its live quotes are held back, and its time stands still.
 2. History is asked for strictly behind what the log holds: no bar comes twice. A minute that live quotes have
    begun stays as they made it: history starts with the minute after.
 3. Then the held quotes follow in the order they came, and time goes on.
 4. A source that was away for a whole minute or more has left a gap: the same begins anew from where its time
    stands.

Time marks. A symbol's time is what its source has told everything up to, less a lag for stragglers. Once a minute,
when the bar before can close, a mark says so in the log; while the source is away there is none, so no bar closes
that history could still fill.
"""

from collections import deque
from collections.abc import Iterable
from typing import Literal

from producer.live.intake import Known
from shared.market import INTERVAL_SECONDS, CorporateAction, Quote, RecordedBar

MINUTE = 60
LAG_SECONDS = 2.0
"""How long a source may take to deliver, on top of the delay it states."""
HELD_QUOTES = 100_000


class Line:
    """`grace` is the engine's own, so that a mark comes when a bar closes by it. Times are epoch seconds."""

    def __init__(self, symbol: str, known: Known | None, has_history: bool, grace: float) -> None:
        self.symbol = symbol
        self.phase: Literal["history", "live"] = "history" if has_history else "live"
        self.has_history = has_history
        self.delay = 0.0
        self.gaps = 0
        self._known = known
        self._grace = grace
        self._held: deque[Quote] = deque()
        self._reached = self._marked = known.time if known else 0.0

    @property
    def wanted_after(self) -> float | None:
        """History is wanted of bars that start later than this; None for all there is."""
        if self._known is None:
            return None
        if self._known.bar is not None:
            return self._known.bar[0] - 1
        return self._known.time // MINUTE * MINUTE

    def past(self, records: Iterable[RecordedBar | CorporateAction]) -> list[RecordedBar | CorporateAction]:
        """What of a part of history is not in the log yet."""
        last = self._known.bar if self._known and self._known.bar else (0.0, 0)
        # An action that came with the last bar may come again: the fold takes it once.
        new = [r for r in records if isinstance(r, CorporateAction) or bar_order(r) > last]
        bars = [record for record in new if isinstance(record, RecordedBar)]
        if bars:
            last = bar_order(bars[-1])
            self._known = Known(last[0], last)
        return new

    def past_ended(self, asked_at: float) -> list[Quote]:
        """History is in, or given up: the quotes that waited for it. It told every minute finished at `asked_at`."""
        self.phase, self._known = "live", None
        self._reached = max(self._reached, asked_at // MINUTE * MINUTE - 1)
        held, self._held = list(self._held), deque()
        return held

    def take(self, quote: Quote) -> list[Quote]:
        """The quotes that may go into the log now."""
        if self.phase == "live":
            return [quote]
        self._held.append(quote)
        if len(self._held) <= HELD_QUOTES:
            return []
        self.gaps += 1
        return self.past_ended(quote.received_time.timestamp())

    def contact(self, time: float) -> bool:
        """The source has told everything up to `time`; True where it was away so long that history is wanted."""
        before, self._reached = self._reached, max(self._reached, time)
        if self.phase != "live" or not before or time // MINUTE - before // MINUTE < 2:
            return False
        self.gaps += 1
        if self.has_history:
            self.phase, self._known = "history", Known(before)
        return self.has_history

    def caught_up(self, time: float) -> None:
        """Another source speaks from here on, and has told what was missed."""
        self._reached = max(self._reached, time)

    def known(self, trade_id: int | None) -> Known | None:
        """What the log holds of the symbol."""
        if self.phase == "history":
            return self._known
        return Known(self._marked, None, trade_id) if self._marked else None

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
