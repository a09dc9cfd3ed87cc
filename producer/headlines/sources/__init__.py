"""The sources of headlines: one file each, and one line in `source_of`."""

from threading import Event

from producer.headlines.sources.json_lines import JsonLines
from producer.headlines.sources.rss import Rss
from producer.headlines.sources.yahoo import YahooNews
from producer.headlines.story import NewsSource
from producer.sources.yahoo.session import BROWSER
from producer.transport.http import HttpClient
from producer.transport.rate_limits import RequestLimit
from shared.settings.provider_settings import News, Providers

REQUESTS_PER_MINUTE = 60
MEGABYTES = 2
"""Limit of an answer; ordinary ones have less than 200 KB."""


def source_of(kind: str, news: News, providers: Providers, stop: Event) -> NewsSource:
    """The source with this name in the settings."""
    limit = RequestLimit(REQUESTS_PER_MINUTE, stop.wait)
    client = HttpClient(
        news.base_url, limit, providers.http_timeout, impersonate=BROWSER, max_megabytes=MEGABYTES
    )
    if kind == "yahoo":
        return YahooNews(client, providers.yahoo_cookie_url)
    return Rss(client, news.place) if kind == "rss" else JsonLines(client, news.place)
