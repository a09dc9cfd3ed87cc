"""The types of a provider's responses: quotes, parts of a history, company data. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from shared.errors import SourceError
from shared.market.records import CorporateAction, Quote, RecordedBar

NO_DELAYS: Mapping[str, float] = MappingProxyType({})
NO_FAILURES: Mapping[str, SourceError] = MappingProxyType({})


class Received(NamedTuple):
    """The result of one wait on a stream, or of one poll: quotes, and the number of rejected messages.

    `delays` are the delays of names in seconds, if provided. `named` holds names that the provider knows but sent
    useless data for; `failed` those whose requests failed, with the errors; `closed` those whose exchange is closed
    according to the provider.
    """

    quotes: list[Quote]
    refused: int = 0
    delays: Mapping[str, float] = NO_DELAYS
    named: frozenset[str] = frozenset()
    failed: Mapping[str, SourceError] = NO_FAILURES
    closed: frozenset[str] = frozenset()

    def unless_all_failed(self, names: Sequence[str]) -> "Received":
        """Return self. Raises the error of one name if the requests of all `names` failed."""
        if self.failed and self.failed.keys() >= set(names):
            raise next(iter(self.failed.values()))
        return self


class Skipped:
    """Counts skipped pieces of one or more responses, with the reason of the first one."""

    def __init__(self) -> None:
        self.count = 0
        self.reason = ""

    def add(self, other: "Skipped") -> None:
        """Add the skipped pieces of another response."""
        self.count, self.reason = self.count + other.count, self.reason or other.reason

    def note(self, reason: object) -> None:
        """Count a skipped piece."""
        self.reason = self.reason or str(reason)
        self.count += 1


class Company(NamedTuple):
    """Company data of a symbol. `decimals` is for showing its prices; `delay` is in seconds."""

    symbol: str
    name: str | None
    sector: str | None
    industry: str | None
    exchange: str | None
    time_zone: str | None
    currency: str | None
    quote_type: str | None
    decimals: int
    delay: float = 0.0


class Doubts(NamedTuple):
    """What was skipped because it is ambiguous: the reasons for the user, and the number of bars.

    The reasons do not contain that number: it may change at the next request.
    """

    reasons: tuple[str, ...] = ()
    bars: int = 0

    def joined(self, other: "Doubts") -> "Doubts":
        """These and the doubts of another response; a reason is given once."""
        return Doubts(tuple(dict.fromkeys(self.reasons + other.reasons)), self.bars + other.bars)


NO_DOUBTS = Doubts()


class HistorySlice(NamedTuple):
    """A part of a symbol's history, in time order, after `done` of `total` requests.

    `doubts` are about ambiguous bars; `skipped` counts what was skipped because it is invalid, None for nothing.
    """

    records: list[RecordedBar | CorporateAction]
    done: int
    total: int
    doubts: Doubts = NO_DOUBTS
    skipped: Skipped | None = None
