"""A small feed can't keep the producer busy, whatever it begins and never ends."""

import time

import pytest

from producer.headlines.sources import rss
from shared.errors import Unanswered

BEGIN = "<rss><channel><item><title>Acme &rsquo;</title></item>"
SECONDS = 5.0
"""Of this thread. A search to the end from each of these openings takes minutes."""


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<![CDATA[",
        "<!-- --><![CDATA[",
        "<?a ",
        "<!DOCTYPE ",
        "]]>",
        "<a b='",
        "<!-- & -->",
        "&",
        "1 ",
    ],
)
def test_openings_without_an_end_take_no_long_time(piece: str) -> None:
    feed = BEGIN + piece * (1_000_000 // len(piece))
    began = time.thread_time()
    (story,) = rss.stories_in(feed, "ACME")
    assert time.thread_time() - began < SECONDS
    assert story.title == "Acme ’"


@pytest.mark.parametrize("piece", ["<!--", "<?a ", "<!DOCTYPE ", " "])
def test_a_beginning_without_a_root_takes_no_long_time(piece: str) -> None:
    began = time.thread_time()
    with pytest.raises(Unanswered, match="it has no root"):
        rss.stories_in(piece * (1_000_000 // len(piece)), "ACME")
    assert time.thread_time() - began < SECONDS


def test_a_feed_of_very_many_prefixes_without_a_declaration_is_refused() -> None:
    began = time.thread_time()
    with pytest.raises(Unanswered, match="more than 1000 prefixes that it does not declare"):
        rss.stories_in(BEGIN + "".join(f"<p{number}:a/>" for number in range(100_000)), "ACME")
    assert len(rss.stories_in(BEGIN + "".join(f"<p{number}:a/>" for number in range(1_000)), "ACME")) == 1
    assert time.thread_time() - began < SECONDS


def test_a_declared_prefix_does_not_stand_for_one_that_begins_like_it() -> None:
    item = "<item><me:rating/><media:title>Photo</media:title><title>Acme</title></item>"
    (story,) = rss.stories_in(f'<rss xmlns:media="http://search.yahoo.com/mrss/">{item}</rss>', "ACME")
    assert story.title == "Acme"
