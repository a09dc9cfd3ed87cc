"""What a provider answers: quotes, a part of a symbol's past, what a symbol is. Pure."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from shared.errors import SourceError
from shared.market.records import CorporateAction, Quote, RecordedBar

NO_DELAYS: Mapping[str, float] = MappingProxyType({})
NO_FAILURES: Mapping[str, SourceError] = MappingProxyType({})


class Received(NamedTuple):
    """What one wait at a stream, or one question, gave: the quotes, and how many of what came were no use.

    `alive` says whether anything came at all. `delays` are the seconds that names are behind, where it was said.
    `named` are names that the provider still has, though what it said of them was no use; `failed` those that it could
    not be asked for, and why; `closed` those whose exchange it calls closed.
    """

    quotes: list[Quote]
    refused: int = 0
    alive: bool = True
    delays: Mapping[str, float] = NO_DELAYS
    named: frozenset[str] = frozenset()
    failed: Mapping[str, SourceError] = NO_FAILURES
    closed: frozenset[str] = frozenset()

    def unless_all_failed(self, names: Sequence[str]) -> "Received":
        """The same. Raises the error of one name where none of `names` could be asked for."""
        if self.failed and self.failed.keys() >= set(names):
            raise next(iter(self.failed.values()))
        return self


class LeftOut:
    """What of an answer, or of all answers to one question, is left out: how many pieces, and why the first one."""

    def __init__(self) -> None:
        self.count = 0
        self.reason = ""

    def add(self, other: "LeftOut") -> None:
        """What of another answer is left out too."""
        self.count, self.reason = self.count + other.count, self.reason or other.reason

    def note(self, reason: object) -> None:
        """One more piece."""
        self.reason = self.reason or str(reason)
        self.count += 1


class Company(NamedTuple):
    """What is known of a symbol. `decimals` is how many its prices are shown with; `delay` in seconds."""

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


class HistorySlice(NamedTuple):
    """A part of a symbol's past, in time order: `done` of `total` requests are made.

    `doubts` says, in sentences for the user, what of the part was set aside because it can't be told what it means;
    `left_out` counts what was left out because it can't be true, or makes no sense; None: nothing.
    """

    records: list[RecordedBar | CorporateAction]
    done: int
    total: int
    doubts: tuple[str, ...] = ()
    left_out: LeftOut | None = None
