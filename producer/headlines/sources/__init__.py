"""The sources of headlines: one file each, and one line in `source_of`."""

from threading import Event

from producer.headlines.sources.json_lines import JsonLines
from producer.headlines.sources.rss import Rss
from producer.headlines.sources.yahoo import YahooNews
from producer.headlines.story import NewsSource
from producer.transport.http import HttpClient
from producer.transport.rate_limits import RequestLimit
from shared.settings.provider_settings import News

REQUESTS_PER_MINUTE = 60
MEGABYTES = 2
"""Limit of an answer; ordinary ones have less than 200 KB."""


def source_of(kind: str, news: News, timeout: float, stop: Event) -> NewsSource:
    """The source with this name in the settings. `timeout` applies to a request, in seconds."""
    limit = RequestLimit(REQUESTS_PER_MINUTE, stop.wait)
    client = HttpClient(news.base_url, limit, timeout, impersonate="chrome", max_megabytes=MEGABYTES)
    if kind == "yahoo":
        return YahooNews(client)
    return Rss(client, news.url) if kind == "rss" else JsonLines(client, news.url)
