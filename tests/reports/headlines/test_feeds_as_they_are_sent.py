"""Feeds are read as servers send them: with signs that XML forbids, in any encoding, with times in any form."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from producer.headlines.cleaning import headline_of, plain_text
from producer.headlines.newsroom import Newsroom
from producer.headlines.sources import json_lines, rss, source_of
from producer.headlines.sources.times import time_of
from producer.headlines.story import Story
from shared.errors import Unanswered
from shared.market.listings import Listing, Listings
from shared.settings.config import load
from tests.unit.local_http import Reply, answering

NOW = datetime(2026, 11, 30, 16, tzinfo=UTC)
SPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:atom="http://www.w3.org/2005/Atom"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def item(title: str, fields: str = "") -> str:
    return (
        f"<item>{fields}<title>{title}</title><link>https://e.example/a</link>"
        "<pubDate>Mon, 30 Nov 2026 15:00:00 GMT</pubDate></item>"
    )


def feed(*items: str, before: str = "") -> str:
    return f'{before}<rss version="2.0" {SPACES}><channel><title>Feed</title>{"".join(items)}</channel></rss>'


def titles(text: str) -> list[str]:
    """The titles that are shown of a feed."""
    stories = rss.stories_in(text, "ACME")
    return [headline_of(story, "rss", NOW, timedelta(days=3)).title for story in stories]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("AT&T beats S&P 500", "AT&T beats S&P 500"),
        ("The Clown&rsquo;s &nbsp; joke &mdash; &Auml;", "The Clown’s joke — Ä"),
        ("&copy 2026 &unknown; &;", "© 2026 &unknown; &;"),
        ("Five&#150;six &#x80;7 &#8217;", "Five–six €7 ’"),
        ("A\x0b\x00B&#11;C&#xFFFF;&#55357;D", "A BC�D"),
        ("a &lt; b &amp;amp; c &#60; d", "a < b & c < d"),
        ("<![CDATA[AT&T &amp; <b>Co</b> &nbsp;\x08]]>", "AT&T & Co"),
        ("<itunes:x/>Acme", "Acme"),
    ],
)
def test_a_sign_that_xml_forbids_costs_no_story(written: str, shown: str) -> None:
    found = titles(feed(item(written), item("Next")))
    assert found == [shown, "Next"]


@pytest.mark.parametrize(
    "before",
    [
        '\ufeff<?xml version="1.0"?>',
        '\n\n<!-- made by hand: <rss> --><?xml version="1.0"?>',
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"\n'
        ' "http://my.netscape.com/publish/formats/rss-0.91.dtd">',
        '<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?>\n<!doctype html>',
    ],
)
def test_what_stands_before_the_root_is_passed_over(before: str) -> None:
    page = "<item><description><![CDATA[<!DOCTYPE html>]]></description></item>"
    assert titles(feed(item("Acme"), before=before)) == ["Acme"]
    assert len(rss.stories_in(feed(item("Acme"), page, before=before), "ACME")) == 2


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><item><title>&b;</title></item></rss>',
        '<!-- --><!DOCTYPE rss SYSTEM "x" [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>',
        '<rss><!DOCTYPE x [<!ENTITY a "aaaa">]><item><title>&a;</title></item></rss>',
        "<html><body>Log in first</body></html>",
        "Too many requests",
    ],
)
def test_a_page_or_a_feed_with_entities_of_its_own_is_refused(text: str) -> None:
    with pytest.raises(Unanswered):
        rss.stories_in(text, "ACME")


def test_the_stories_before_a_break_are_read() -> None:
    text = feed(item("Acme"), item("Cut off"))
    assert titles(text[: text.index("Cut")]) == ["Acme"]


def test_title_and_link_are_those_of_the_story_and_not_of_its_picture_or_feed() -> None:
    others = '<media:title>Photo</media:title><atom:link rel="self" href="https://e.example/feed"/>'
    (story,) = rss.stories_in(feed(item("Acme", others)), "ACME")
    assert (story.title, story.link) == ("Acme", "https://e.example/a")
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><link rel="self" href="https://e.example/self"/>'
        '<link rel="alternate" href="https://e.example/b"/><title type="xhtml"><div>Up <b>5</b> %</div></title>'
        "<updated>2026-11-30T15:00:00Z</updated><source><id>x:y</id><title>Wire</title></source></entry></feed>"
    )
    (story,) = rss.stories_in(atom, "ACME")
    assert (story.title, story.link, story.publisher) == ("Up 5 %", "https://e.example/b", "Wire")


def test_parameters_of_a_link_stay_as_they_are() -> None:
    story = Story("ACME", "Acme", NOW, None, "https://e.example/?a=1&copy=2&amp;region=us")
    assert headline_of(story, "rss", NOW, timedelta(days=3)).link == "https://e.example/?a=1&copy=2&region=us"


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Thu, 30 Apr 2015 08:57:00 MEST", 6),
        ("Mon, 30 Nov 2015 08:57:00 CET", 7),
        ("Sun, 01 Jul 2018 08:57:00 BST", 7),
        ("Sun, 01 Jul 2018 08:57:00 ET", 12),
        ("Sat, 01 Dec 2018 08:57:00 ET", 13),
        ("Mon, 21 Apr 2025 08:57:00 EDT", 12),
        ("Mon, 30 Nov 2015 17:57:00 JST", 8),
        ("Wed, 01 Jul 15 08:57:00 +0200", 6),
        ("Wed, 01 Jul 2015 08:57:00 -0000", 8),
        ("Wed, 01 Jul 2015 08:57:00 +02:00", 6),
        ("Wed, 01 Jul 2015 08:57:00 -5", 13),
        ("Wed, 01 Jul 2015 08:57:00 GMT+2", 6),
        ("Wed Jul 01 2015 08:57:00 GMT-0400 (Eastern Daylight Time)", 12),
        ("2015-07-01 08:57:00 UTC", 8),
        ("2015-07-01T08:57:00z", 8),
        ("2015-07-01T08:57:00-04:00[America/New_York]", 12),
    ],
)
def test_a_time_is_read_in_each_form_that_names_its_zone(text: str, hour: int) -> None:
    found = time_of(text)
    assert found is not None and (found.hour, found.minute) == (hour, 57)


@pytest.mark.parametrize(
    "zone", ["Z", "z", "+0100", "+01", "+01:00", " +0100", "−05:00", " UTC", " EST", "GMT"]
)
@pytest.mark.parametrize(
    "clock",
    [
        *("2026-12-01T08:57:00", "2026-12-01t08:57:00", "2026-12-01 08:57:00", "20261201T085700"),
        *("Tue, 01 Dec 2026 08:57:00", "01 Dec 26 08:57:00", "Tue Dec 01 2026 08:57:00"),
    ],
)
def test_a_time_has_as_many_digits_of_a_second_as_it_likes(clock: str, zone: str) -> None:
    whole = time_of(clock + zone)
    assert whole is not None and whole.minute == 57
    for digits in (
        "2",
        "25",
        "254",
        "2541",
        "25412",
        "254123",
        "2541237",
        "25412378",
        "254123789",
        "2541237890",
    ):
        microseconds = int(f"{digits:0<6}"[:6])
        for sign in ".,":
            assert time_of(f"{clock}{sign}{digits}{zone}") == whole.replace(microsecond=microseconds)


@pytest.mark.parametrize(
    "text",
    [
        *("2016-06-12", "01 Jul 2015 +0200", "2026-12-01T08:57:00+99:00", "2026-12-01T08:57:00-05:75"),
        *("0001-01-01T00:00:00 JST", "9999-12-31T23:59:00-05:00"),
    ],
)
def test_the_end_of_a_date_and_an_impossible_difference_are_no_zone(text: str) -> None:
    assert time_of(text) is None


def test_the_first_date_of_a_story_that_can_be_read_counts() -> None:
    others = "<dc:date>2026-11-30T15:30:00.254+01:00</dc:date>"
    unreadable = feed(item("Acme", others)).replace("Mon, 30 Nov 2026 15:00:00 GMT", "today")
    (story,) = rss.stories_in(unreadable, "ACME")
    assert story.published == datetime(2026, 11, 30, 14, 30, 0, 254_000, UTC)
    (story,) = rss.stories_in(unreadable.replace(others, ""), "ACME")
    assert (story.published, story.date) == (None, "today")


@pytest.mark.parametrize(
    "text", ["2016/6/29 15:07:41", "2016-06-29", "Wed, 01 Jul 2015 08:57:00", "08:57 IST"]
)
def test_a_time_whose_zone_is_not_certain_is_unknown(text: str) -> None:
    assert time_of(text) is None


@pytest.mark.parametrize(
    ("declared", "header", "encoding"),
    [
        ("windows-1251", "text/xml", "windows-1251"),
        ("", "text/xml; charset=windows-1251", "windows-1251"),
        ("windows-1251", "text/xml; charset=utf-8", "windows-1251"),
        ("windows-1251", "text/xml", "utf-8"),
        ("utf-16", "application/rss+xml", "utf-16"),
        ("koi8-r", "text/xml", "koi8-r"),
    ],
)
def test_letters_are_read_in_the_encoding_that_they_have(declared: str, header: str, encoding: str) -> None:
    begin = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    body = feed(item("Рубль растёт"), before=begin).encode(encoding)

    with answering(lambda _: Reply(body, headers=(("Content-Type", header),))) as server:
        config = load(None, {"NEWS": "rss", "NEWS_URL": f"{server.url}/{{symbol}}.xml"})
        source = source_of("rss", config.news, config.providers, Event())
        assert [story.title for story in source.stories("ACME")] == ["Рубль растёт"]


def test_lines_in_another_encoding_are_said_to_be_so() -> None:
    line = '{"symbol": "ACME", "title": "Acme rises", "published": "2026-11-30T15:00:00Z"}\n'
    (story,) = json_lines.stories_in(line.encode("utf-8-sig"))
    assert story.title == "Acme rises"
    with pytest.raises(Unanswered, match="No line of the headlines is JSON in UTF-8"):
        json_lines.stories_in(line.encode("utf-16"))
    assert json_lines.stories_in(b"\n") == []


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        (
            "Apple margin &lt;USD 5bn, guidance cut to &gt;USD 1bn",
            "Apple margin <USD 5bn, guidance cut to >USD 1bn",
        ),
        ("P&lt;b and c&gt;d", "P<b and c>d"),
        ("yield <s 5 %> 3 %", "yield <s 5 %> 3 %"),
        (
            "<b>Acme</b> <a href='https://e.example/?a>b' target=_blank>falls</a><BR /> again",
            "Acme falls again",
        ),
        ('<img src="a.png" alt="x > y">Acme <script async src="x">', "Acme"),
        ("A guide to <head> and <title> elements", "A guide to <head> and <title> elements"),
    ],
)
def test_only_a_known_tag_of_html_is_taken_out_of_a_title(title: str, shown: str) -> None:
    assert plain_text(title, 300) == shown


@pytest.mark.parametrize("piece", ["<b ", "<b a='", "<b a=x ", "<!--", "<"])
def test_a_title_of_open_tags_only_takes_no_long_time(piece: str) -> None:
    assert plain_text(piece * 20_000, 300).endswith("…")


class OddDates:
    """A source whose feeds have one story with a good date and others without."""

    name = "odd"

    def subjects(self, listings: Listings) -> Sequence[str]:
        return list(listings)

    def stories(self, subject: str) -> Sequence[Story]:
        now = datetime.now(UTC)
        dates = [(now, ""), (None, ""), (None, ""), (None, "soon"), (now - timedelta(days=90), "")]
        return [Story(subject, f"Acme rises {date}", time, None, None, date) for time, date in dates]


def test_a_story_left_out_for_its_date_is_logged_once_for_each_feed_and_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    listings: Listings = {symbol: (Listing("yahoo", symbol),) for symbol in ("AAPL", "MSFT")}
    room = Newsroom(OddDates(), lambda: listings, 300.0, timedelta(days=3), partitions=4)
    with caplog.at_level(logging.WARNING):
        assert all(room.step(at) for at in (0.0, 1.0, 300.0, 301.0))
    assert [record.getMessage() for record in caplog.records] == [
        f"Headlines of odd: a story about {symbol}{reason}. Others of this kind are not logged."
        for symbol in ("AAPL", "MSFT")
        for reason in (
            " is left out: no date",
            ' dated "soon" is left out: a date that can\'t be read, or that has no known zone',
        )
    ]
    assert len(room.take()) == 2
