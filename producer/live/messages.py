"""Messages from the threads that wait for providers to the thread that orders all records. Times: epoch seconds."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from producer.sources.answers import HistorySlice, Received
from shared.errors import SourceError
from shared.market.listings import Listing
from shared.market.records import CorporateAction, RecordedBar

Channel = Literal["stream", "poll"]
"""The thread that sent a message: the one that reads the source's stream, or the one that polls it."""


class QuotesReceived(NamedTuple):
    """Quotes of a source, by its own names, complete up to `contact`; `asked` holds the polled names, if polled."""

    source: str
    received: Received
    contact: float
    asked: tuple[str, ...] = ()


class Connected(NamedTuple):
    """The source's stream was opened."""

    source: str
    at: float


class TradesMissing(NamedTuple):
    """The newest trades of these names are missing, possibly because of `error`, so their watermark stops.

    It continues once the same channel, stream or poll, has received them.
    """

    source: str
    names: tuple[str, ...]
    by: Channel
    error: SourceError | None


class TradesComplete(NamedTuple):
    """All numbered trades of these names up to `at` have been received."""

    source: str
    names: tuple[str, ...]
    at: float
    by: Channel


class SourceFailed(NamedTuple):
    """The stream (`is_stream`) or a poll of the source failed; the next attempt is at `next_try`."""

    source: str
    error: SourceError
    is_stream: bool
    at: float
    next_try: float


@dataclass(frozen=True, eq=False)
class HistoryRequest:
    """A request for the history of `name` at the source, our `symbol`, after `after` (None for all).

    `late_only` requests only splits, dividends and days without a session; if that fails, it is not retried. Requests
    are compared by identity, to distinguish responses to an earlier request for the same symbol.
    """

    symbol: str
    name: str
    after: float | None
    late_only: bool = False


class HistoryReceived(NamedTuple):
    """A part of a requested history."""

    request: HistoryRequest
    part: HistorySlice


class LateRecords(NamedTuple):
    """The result of a late-only request: splits, dividends and days without a session."""

    symbol: str
    records: list[CorporateAction | RecordedBar]


class HistoryEnded(NamedTuple):
    """A requested history is complete, or failed with `error`."""

    request: HistoryRequest
    error: SourceError | None
    at: float


class HistoryDelayed(NamedTuple):
    """A requested history could not be fetched now; it is retried."""

    request: HistoryRequest
    error: SourceError


class ListingsChanged(NamedTuple):
    """The symbols to follow from now on, each with its listings, primary first."""

    listings: dict[str, tuple[Listing, ...]]


Notice = Connected | TradesMissing | TradesComplete | SourceFailed | HistoryDelayed | ListingsChanged
"""Messages that produce no records."""
InboxMessage = Notice | QuotesReceived | HistoryReceived | LateRecords | HistoryEnded
