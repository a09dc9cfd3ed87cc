"""Headlines of Yahoo Finance, with the request that yfinance sends for `Ticker.news`."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from producer.headlines.sources.times import time_of
from producer.headlines.story import Story
from producer.sources.yahoo.session import parsed
from producer.transport.http import HttpClient, Rejected
from shared.errors import NoNetwork, Refused, SourceDown
from shared.market.listings import Listings

PATH = "/xhr/ncp"
PARAMS = {"queryRef": "latestNews", "serviceKey": "ncp_fin"}
STORIES = 20
YAHOO = "yahoo"


class YahooPublisher(msgspec.Struct, rename="camel"):
    """Who published a story."""

    display_name: str | None = None


class Address(msgspec.Struct):
    """Where a story is."""

    url: str | None = None


class Content(msgspec.Struct, rename="camel"):
    """A story, of which any field may be missing."""

    title: str | None = None
    pub_date: str | None = None
    provider: YahooPublisher | None = None
    canonical_url: Address | None = None


class Item(msgspec.Struct):
    """An element of the answer; advertisements have `ad`."""

    content: Content | None = None
    ad: Any = None


class Stream(msgspec.Struct):
    """The elements, not yet decoded, so that an invalid one affects no others."""

    stream: list[Any] = []


class StreamData(msgspec.Struct, rename="camel"):
    """What is between the answer and its elements."""

    ticker_stream: Stream | None = None


class NewsBody(msgspec.Struct):
    """The whole answer."""

    data: StreamData | None = None


class YahooNews:
    """The newest stories about each symbol that Yahoo quotes."""

    name = YAHOO

    def __init__(self, client: HttpClient, cookie_url: str) -> None:
        self._client, self._cookie_url = client, cookie_url
        self._has_cookie = False
        self._names: dict[str, str] = {}

    def subjects(self, listings: Listings) -> Sequence[str]:
        """The symbols that are listed at Yahoo."""
        self._names = {
            symbol: place.name
            for symbol, places in listings.items()
            for place in places
            if place.source == YAHOO
        }
        return list(self._names)

    def stories(self, subject: str) -> Sequence[Story]:
        """The newest stories about a symbol. Raises SourceError."""
        self._fetch_cookie()
        wanted = {"serviceConfig": {"snippetCount": STORIES, "s": [self._names[subject]]}}
        try:
            answer = self._client.post(PATH, PARAMS, wanted, self._names[subject])
        except Refused:
            self._has_cookie = False
            raise
        body = parsed(answer.json, NewsBody)
        stream = body.data and body.data.ticker_stream
        return [story for raw in (stream.stream if stream else ()) if (story := story_of(subject, raw))]

    def _fetch_cookie(self) -> None:
        """Fetch the cookie of a session once. Its address returns no page; without a cookie the request may pass."""
        if not self._has_cookie:
            with suppress(Rejected, NoNetwork, SourceDown):
                self._client.get_text(self._cookie_url)
            self._has_cookie = True


def story_of(symbol: str, raw: Any) -> Story | None:
    """The story in an element; None for an advertisement or an element of another form."""
    try:
        item = msgspec.convert(raw, Item)
    except msgspec.ValidationError:
        return None
    content = item.content
    if item.ad or content is None:
        return None
    date = content.pub_date or ""
    return Story(
        symbol,
        content.title,
        time_of(date),
        content.provider.display_name if content.provider else None,
        content.canonical_url.url if content.canonical_url else None,
        date,
    )
