"""When a source is asked, what happens when it fails, and which headlines are new."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from producer.headlines.duplicates import key_of
from producer.headlines.newsroom import FIRST_PAUSE, Newsroom
from producer.headlines.story import Story
from producer.transport.http import Rejected
from shared.errors import SourceError, Throttled
from shared.market.listings import Listing, Listings

LISTINGS: Listings = {symbol: (Listing("yahoo", symbol),) for symbol in ("AAPL", "MSFT")}


class ListedStories:
    """Stories of a list; a failure instead while there is one."""

    name = "list"

    def __init__(self, *titles: str) -> None:
        self.titles = list(titles)
        self.asked: list[str] = []
        self.failure: SourceError | None = None

    def subjects(self, listings: Listings) -> Sequence[str]:
        return list(listings)

    def stories(self, subject: str) -> Sequence[Story]:
        self.asked.append(subject)
        if self.failure is not None:
            raise self.failure
        now = datetime.now(UTC)
        return [Story(subject, title, now, "Newswire", None) for title in self.titles]


def newsroom(source: ListedStories) -> Newsroom:
    return Newsroom(source, lambda: LISTINGS, 300.0, timedelta(days=3), partitions=4)


def titles(room: Newsroom) -> list[tuple[str, str]]:
    return [(headline.symbol, headline.title) for _, headline in room.take()]


def test_every_symbol_is_asked_for_once_in_an_interval() -> None:
    source = ListedStories("Acme rises")
    room = newsroom(source)
    assert [room.step(at) for at in (0.0, 1.0, 2.0, 299.0, 300.0, 301.0)] == [
        True,
        True,
        False,
        False,
        True,
        True,
    ]
    assert source.asked == ["AAPL", "MSFT", "AAPL", "MSFT"]


def test_story_about_several_symbols_is_one_headline_for_each_and_comes_once() -> None:
    source = ListedStories("Acme rises")
    room = newsroom(source)
    room.step(0.0)
    room.step(0.0)
    assert titles(room) == [("AAPL", "Acme rises"), ("MSFT", "Acme rises")]
    source.titles = ["ACME  rises", "Acme falls"]
    room.step(300.0)
    assert titles(room) == [("AAPL", "Acme falls")]


def test_source_that_throttles_is_left_alone_for_as_long_as_it_asks() -> None:
    source = ListedStories("Acme rises")
    room = newsroom(source)
    source.failure = Throttled("slower", 90.0)
    room.step(0.0)
    source.failure = None
    assert not room.step(89.0)
    assert room.step(90.0)
    assert source.asked == ["AAPL", "MSFT"]


def test_pauses_after_failures_grow() -> None:
    source = ListedStories()
    room = newsroom(source)
    source.failure = SourceError("down")
    room.step(0.0)
    assert not room.step(FIRST_PAUSE - 1.0)
    assert room.step(FIRST_PAUSE)
    assert not room.step(FIRST_PAUSE + 2 * FIRST_PAUSE - 1.0)


def test_symbol_that_is_refused_holds_up_no_other() -> None:
    source = ListedStories("Acme rises")
    room = newsroom(source)
    source.failure = Rejected("unknown", 404, {})
    room.step(0.0)
    source.failure = None
    assert room.step(1.0)
    assert titles(room) == [("MSFT", "Acme rises")]


def test_stories_are_the_same_whatever_their_capitals_spaces_quotation_marks_and_dashes() -> None:
    one = key_of("A", "Acme’s “profit” RISES – 5\u00a0%", "Newswire")
    assert one == key_of("A", 'Acme\'s  "profit" rises - 5 %', "newswire")
    assert key_of("A", "Acme rises", "Newswire") != key_of("A", "Acme rises", "Other")
    assert key_of("A", "Acme ❤\ufe0f", None) == key_of("A", "Acme ❤", None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("AAPL +5% premarket", "AAPL -5% premarket"),
        ("AAPL 5% premarket", "AAPL −5% premarket"),
        ("Loaded more AAPL 🚀🚀", "Loaded more AAPL 📉"),
        ("🚀🚀", "📉"),
        ("AAPL", "AAPL!"),
        ("AAPL?", "AAPL!"),
        ("Acme at $1.5", "Acme at $15"),
        ("Acme > 10", "Acme < 10"),
        ("C++ at Acme", "C at Acme"),
        ("€5m fine", "$5m fine"),
    ],
)
def test_titles_that_differ_in_a_sign_a_number_or_a_symbol_are_two_stories(one: str, other: str) -> None:
    assert key_of("A", one, "Newswire") != key_of("A", other, "Newswire")
