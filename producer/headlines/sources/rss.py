"""Headlines of RSS and Atom feeds: one feed for each symbol, whose address has {symbol} in place of it."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError, fromstring

from producer.headlines.story import Story
from producer.transport.http import HttpClient
from shared.errors import Unanswered
from shared.market.listings import Listings
from shared.settings.provider_settings import PLACEHOLDER

ITEMS = ("item", "entry")
MOST_ITEMS = 200
_DECLARATION = re.compile(r"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


class Rss:
    """The feed of each symbol at one address."""

    name = "rss"

    def __init__(self, client: HttpClient, url: str) -> None:
        self._client, self._url = client, url

    def subjects(self, listings: Listings) -> Sequence[str]:
        """Every symbol."""
        return list(listings)

    def stories(self, subject: str) -> Sequence[Story]:
        """The stories in the feed of a symbol. Raises SourceError."""
        return stories_in(self._client.get_text(self._url.replace(PLACEHOLDER, quote(subject))), subject)


def stories_in(feed: str, symbol: str) -> list[Story]:
    """The stories in a feed, the first ones. Raises Unanswered if it is not XML, or declares entities, with which a
    small feed could fill the memory."""
    if _DECLARATION.search(feed):
        raise Unanswered("The feed declares a document type, which no feed needs.")
    try:
        root = fromstring(feed.strip())  # noqa: S314 (no entity can be declared)
    except ParseError as error:
        raise Unanswered(f"The feed is not XML: {error}.") from error
    found = [element for element in root.iter() if _name(element) in ITEMS]
    return [_story(symbol, item) for item in found[:MOST_ITEMS]]


def _story(symbol: str, item: Element) -> Story:
    values: dict[str, str] = {}
    for field in item:
        text = "".join(field.itertext()).strip() or field.get("href", "")
        values.setdefault(_name(field), text)
    date = (
        values.get("pubDate") or values.get("published") or values.get("updated") or values.get("date") or ""
    )
    publisher = values.get("source") or values.get("creator") or values.get("author")
    return Story(symbol, values.get("title"), time_of(date), publisher, values.get("link"))


def _name(element: Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def time_of(text: str) -> datetime | None:
    """A time as in e-mail (RFC 822, for RSS) or as in ISO 8601 (for Atom); None if it is neither, or without zone."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, OverflowError):
            time = read(text.strip())
            return time.astimezone(UTC) if time.tzinfo else None
    return None
