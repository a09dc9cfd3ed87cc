"""What sources send, and the stories in it."""

from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from producer.headlines.sources import json_lines, rss, source_of
from producer.headlines.sources.json_lines import NEWEST_BYTES
from producer.headlines.sources.times import time_of
from producer.headlines.sources.yahoo import story_of
from producer.headlines.story import Story
from shared.errors import ConfigError, SourceError, Unanswered
from shared.market.listings import Listing, Listings
from shared.settings.config import load
from tests.standin import yahoo
from tests.unit.local_http import Reply, answering

DATE = "2026-11-30T12:00:00Z"
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
LISTINGS: Listings = {"AAPL": (Listing("yahoo", "AAPL"),), "BTC": (Listing("binance", "BTCUSDT"),)}
RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>News</title>
<item><title><![CDATA[Acme &amp; Co rises]]></title><link>https://a.example/1</link>
<pubDate>Mon, 30 Nov 2026 07:00:00 -0500</pubDate><dc:creator>Newswire</dc:creator></item>
<item><title>No date</title></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="html">Acme falls</title>
<link href="https://a.example/2"/><updated>2026-11-30T12:00:00Z</updated>
<author><name>Newswire</name></author></entry></feed>"""
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><item><title>&b;</title></item></rss>'


def test_story_of_yahoo_has_its_title_publisher_link_and_time() -> None:
    raw = yahoo.story("Acme rises", DATE)
    assert story_of("AAPL", raw) == Story(
        "AAPL", "Acme rises", NOON, "Newswire", "https://news.example/1", DATE
    )


@pytest.mark.parametrize(
    "raw", [None, "text", {}, {"content": None}, {"content": {"title": 7}}, {"content": {"pubDate": 7}}]
)
def test_element_of_another_form_is_no_story(raw: object) -> None:
    assert story_of("AAPL", raw) is None


def test_advertisement_is_no_story() -> None:
    raw = yahoo.story("Buy now", "2026-11-30T12:00:00Z")
    assert isinstance(raw, dict)
    assert story_of("AAPL", raw | {"ad": [{"id": 1}]}) is None


def test_feeds_of_both_kinds_are_read() -> None:
    first, second = rss.stories_in(RSS, "ACME")
    date = "Mon, 30 Nov 2026 07:00:00 -0500"
    assert first == Story("ACME", "Acme &amp; Co rises", NOON, "Newswire", "https://a.example/1", date)
    assert second.published is None
    assert rss.stories_in(ATOM, "ACME") == [
        Story("ACME", "Acme falls", NOON, "Newswire", "https://a.example/2", DATE)
    ]


@pytest.mark.parametrize("feed", ["", "<html><p>no feed</html>", "{}", BOMB])
def test_feed_that_is_none_or_declares_entities_is_refused(feed: str) -> None:
    with pytest.raises(Unanswered):
        rss.stories_in(feed, "ACME")


@pytest.mark.parametrize("text", ["", "soon", "2026-11-30T12:00:00", "Mon, 99 Nov 2026 07:00:00"])
def test_time_that_is_none_or_has_no_zone_is_unknown(text: str) -> None:
    assert time_of(text) is None


@pytest.mark.parametrize(
    "date",
    ['"2026-11-30T13:00:00.254+01"', '"Mon, 30 Nov 2026 12:00:00 GMT"', '"1796040000"', "1796040000.5"],
)
def test_line_may_have_its_time_in_each_form_of_a_feed(date: str) -> None:
    (story,) = json_lines.stories_in(f'{{"symbol":"AAPL","title":"Up","published":{date}}}'.encode())
    assert story.published is not None and story.published.replace(microsecond=0) == NOON


@pytest.mark.parametrize("date", ['"soon"', "1e300", "null"])
def test_line_whose_time_can_not_be_read_is_a_story_without_time(date: str) -> None:
    (story,) = json_lines.stories_in(f'{{"symbol":"AAPL","title":"Up","published":{date}}}'.encode())
    assert story.published is None


def test_lines_of_another_form_are_left_out() -> None:
    lines = b"\n".join(
        (
            b'{"symbol":"AAPL","text":"to the moon","published":1796040000,"publisher":"forum","likes":3}',
            b'{"symbol":"AAPL","title":"Acme rises","published":"2026-11-30T12:00:00Z"}',
            b'{"symbol":"AAPL","title":"no zone","published":"2026-11-30T12:00:00"}',
            b'{"title":"no symbol"}',
            b"",
            b"{" * 5_000,
            b"\xff\xfe",
        )
    )
    found = json_lines.stories_in(lines)
    assert [(each.title, each.published) for each in found] == [
        ("to the moon", NOON),
        ("Acme rises", NOON),
        ("no zone", None),
    ]


def test_last_lines_of_a_long_file_are_read(tmp_path: Path) -> None:
    line = b'{"symbol":"AAPL","title":"old"}\n'
    path = tmp_path / "posts.jsonl"
    path.write_bytes(line * (NEWEST_BYTES // len(line) + 100) + b'{"symbol":"AAPL","title":"new"}\n')
    config = load(None, {"NEWS": "jsonl", "NEWS_URL": str(path)})
    stories = source_of("jsonl", config.news, config.providers, Event()).stories("*")
    assert stories[-1].title == "new"
    assert len(stories) <= NEWEST_BYTES // len(line) + 1


def test_file_that_does_not_exist_yet_has_no_stories(tmp_path: Path) -> None:
    config = load(None, {"NEWS": "jsonl", "NEWS_URL": str(tmp_path / "later.jsonl")})
    assert source_of("jsonl", config.news, config.providers, Event()).stories("*") == []


def test_yahoo_is_asked_for_the_symbols_that_it_quotes_and_a_feed_for_all() -> None:
    config = load(None, {"NEWS": "rss", "NEWS_URL": "https://news.example/{symbol}.xml"})
    assert source_of("yahoo", config.news, config.providers, Event()).subjects(LISTINGS) == ["AAPL"]
    assert source_of("rss", config.news, config.providers, Event()).subjects(LISTINGS) == ["AAPL", "BTC"]


@pytest.mark.parametrize(("news", "path"), [("rss", "/{symbol}.xml"), ("jsonl", "/all"), ("yahoo", "")])
@pytest.mark.parametrize(
    "reply",
    [Reply("", 404), Reply("", 500), Reply("", 403), Reply("<p>", headers=(("Content-Length", "9"),))],
)
def test_a_key_in_the_path_of_the_address_is_in_no_error(news: str, path: str, reply: Reply) -> None:
    with answering(lambda _: reply) as server:
        given = {
            "NEWS": news,
            "NEWS_URL": f"{server.url}/k3y{path}",
            "YAHOO_COOKIE_URL": f"{server.url}/cookie",
        }
        config = load(None, given)
        source = source_of(news, config.news, config.providers, Event())
        with pytest.raises(SourceError) as failed:
            source.stories(source.subjects(LISTINGS)[0])
    assert "127.0.0.1" in str(failed.value) and "k3y" not in str(failed.value)
    assert "k3y" not in repr(config.news)


def test_an_address_that_is_too_long_is_not_shown() -> None:
    with pytest.raises(ConfigError, match="NEWS_URL=\\*") as refused:
        load(None, {"NEWS": "jsonl", "NEWS_URL": "https://news.example/k3y" + "a" * 2_000})
    assert "k3y" not in str(refused.value)


@pytest.mark.parametrize(
    "settings", [{"NEWS": "rss"}, {"NEWS": "rss", "NEWS_URL": "https://news.example/all"}, {"NEWS": "jsonl"}]
)
def test_source_without_its_place_is_refused_at_the_start(settings: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="NEWS_URL"):
        load(None, settings)


def test_headlines_belong_to_live_quotes_only() -> None:
    news = load(None, {}).news
    assert [news.source_for(feed) for feed in ("live", "simulated", "replay")] == ["yahoo", "off", "off"]
    assert load(None, {"NEWS": "off"}).news.source_for("live") == "off"
