"""What the threads that wait for providers say to the one thread that orders it all. Times are epoch seconds."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from producer.sources.answers import HistorySlice, Received
from shared.errors import SourceError
from shared.market.listings import Listing
from shared.market.records import CorporateAction, RecordedBar

Asker = Literal["stream", "question"]
"""Who learns what a source says: the thread that reads its stream, or the one that asks."""


class Came(NamedTuple):
    """Quotes of a source, by its own names. It had told everything up to `contact`; `asked` is empty for a stream."""

    source: str
    received: Received
    contact: float
    asked: tuple[str, ...] = ()


class Connected(NamedTuple):
    """The source's stream is open."""

    source: str
    at: float


class FellBehind(NamedTuple):
    """What is newest of these names is missing, because of `error` where it could not be had: their time stands still.

    Until the same one that noticed it, the stream or the question, has told everything of them again.
    """

    source: str
    names: tuple[str, ...]
    by: Asker
    error: SourceError | None


class CaughtUp(NamedTuple):
    """Every numbered trade of these names up to `at` has been told."""

    source: str
    names: tuple[str, ...]
    at: float
    by: Asker


class Lost(NamedTuple):
    """The stream (`is_stream`) or a question to the source failed; the next try is at `next_try`."""

    source: str
    error: SourceError
    is_stream: bool
    at: float
    next_try: float


@dataclass(frozen=True, eq=False)
class Wish:
    """History of `name`, which we call `symbol`, behind `after` (None for all there is).

    `late_only` looks for splits and dividends alone, and for days of which the calendar knows no session; when that
    fails it is left to the next time. Each wish is itself alone: what is told of an earlier one of the same symbol is
    told from another.
    """

    symbol: str
    name: str
    after: float | None
    late_only: bool = False


class Past(NamedTuple):
    """A part of the history that was wished for."""

    wish: Wish
    part: HistorySlice


class FoundLate(NamedTuple):
    """Splits, dividends and days without a session, looked for again."""

    symbol: str
    records: list[CorporateAction | RecordedBar]


class PastEnded(NamedTuple):
    """The history that was wished for is in, or failed with `error`."""

    wish: Wish
    error: SourceError | None
    at: float


class PastDelayed(NamedTuple):
    """The history that was wished for could not be fetched now; it is tried again."""

    wish: Wish
    error: SourceError


class Watched(NamedTuple):
    """The symbols wanted from now on, each with its listings, first choice first."""

    listings: dict[str, tuple[Listing, ...]]


Word = Came | Connected | FellBehind | CaughtUp | Lost | Past | FoundLate | PastDelayed | PastEnded | Watched
