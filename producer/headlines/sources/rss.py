"""Headlines of RSS and Atom feeds: one feed for each symbol, whose address has {symbol} in place of it."""

from collections.abc import Iterator, Sequence
from io import StringIO
from urllib.parse import quote
from xml.etree.ElementTree import Element, ParseError, iterparse

from producer.headlines.sources.feed_text import decoded, well_formed
from producer.headlines.sources.times import time_of
from producer.headlines.story import Story
from producer.transport.http import HttpClient
from shared.errors import Unanswered
from shared.market.listings import Listings
from shared.settings.provider_settings import PLACEHOLDER

ROOTS = ("rss", "RDF", "feed")
ITEMS = ("item", "entry")
DATES = ("pubDate", "published", "updated", "date")
"""The dates of a story; the first one that can be read counts."""
MOST_ITEMS = 200


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
        found = self._client.get_bytes(self._url.replace(PLACEHOLDER, quote(subject)))
        return stories_in(decoded(*found), subject)


def stories_in(feed: str, symbol: str) -> list[Story]:
    """The stories in a feed, the first ones; of a feed that breaks off, those before. Raises Unanswered if it is none,
    or declares entities."""
    try:
        items = list(_items(well_formed(feed)))
    except (ParseError, ValueError) as error:
        raise Unanswered(f"The feed can't be read: {error}.") from error
    return [_story(symbol, item) for item in items[:MOST_ITEMS]]


def _items(xml: str) -> Iterator[Element]:
    """The items of a feed in order. Raises ValueError if it is no feed, and ParseError if it breaks off before any."""
    root, is_empty = "", True
    try:
        for event, element in iterparse(StringIO(xml), ("start", "end")):  # noqa: S314 (no entity can be declared)
            root = root or _name(element)
            if root not in ROOTS:
                raise ValueError(f"its root is {root[:20]}")
            if event == "end" and _name(element) in ITEMS:
                is_empty = False
                yield element
    except ParseError:
        if is_empty:
            raise


def _story(symbol: str, item: Element) -> Story:
    values: dict[str, str] = {}
    # Fields of the item's own vocabulary first: the title of a picture (media:title) is not that of the story.
    for field in sorted(item, key=lambda each: _vocabulary(each) != _vocabulary(item)):
        if field.get("rel", "alternate") == "alternate" and (text := _text(field)):
            values.setdefault(_name(field), text)
    dates = [values[name] for name in DATES if name in values]
    date = next(filter(time_of, dates), next(iter(dates), ""))
    publisher = values.get("source") or values.get("creator") or values.get("author")
    return Story(symbol, values.get("title"), time_of(date), publisher, values.get("link"), date)


def _text(field: Element) -> str:
    """The text of a field: of a person or a source with several parts, the name or the title."""
    named = None
    if _name(field) in ("author", "source"):
        named = next((part for part in field if _name(part) in ("name", "title")), None)
    return "".join((field if named is None else named).itertext()).strip() or field.get("href", "")


def _name(element: Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _vocabulary(element: Element) -> str:
    """The namespace."""
    return str(element.tag).rpartition("}")[0]
