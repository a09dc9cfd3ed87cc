"""What a source of headlines yields."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.market.listings import Listings


class Story(NamedTuple):
    """A story about one of our symbols as its source has it; a missing value is None. `date` is how its date is
    written, also where no time can be read in it."""

    symbol: str
    title: str | None
    published: datetime | None
    publisher: str | None
    link: str | None
    date: str = ""


class NewsSource(Protocol):
    """A source of headlines; `name` is stored with each of them."""

    name: str

    def subjects(self, listings: Listings) -> Sequence[str]:
        """What it is asked for, one request each: symbols, or one subject for everything."""

    def stories(self, subject: str) -> Sequence[Story]:
        """The newest stories about a subject. Raises SourceError."""
