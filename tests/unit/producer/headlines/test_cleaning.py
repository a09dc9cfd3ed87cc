"""From a story to a headline: what is cleaned, and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

from producer.headlines.cleaning import headline_of, plain_text
from producer.headlines.story import Story
from producer.mood.scoring import SCORER, score_of
from shared.market.messages import decode, encode
from shared.market.records import Headline

NOW = datetime(2026, 11, 30, 15, tzinfo=UTC)
LATEST_MS = int(NOW.timestamp() * 1000)
MAX_AGE = timedelta(days=3)


def story(
    title: str | None = "Acme beats estimates",
    published: datetime | None = NOW,
    publisher: str | None = "Newswire",
    link: str | None = "https://news.example/a?b=1",
) -> Story:
    return Story("AAPL", title, published, publisher, link)


def cleaned(each: Story) -> Headline:
    return headline_of(each, "yahoo", NOW, MAX_AGE)


def test_headline_has_its_score_with_the_scorer() -> None:
    found = cleaned(story())
    assert (found.score, found.scorer) == (score_of("Acme beats estimates"), SCORER)
    assert decode(encode(found), LATEST_MS) == found


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Acme &amp; Sons", "Acme & Sons"),
        ("Acme &amp;amp; Sons", "Acme & Sons"),
        ("<b>Acme</b> falls<br/>again", "Acme falls again"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Acme", "alert(1) Acme"),
        ("Acme\u0000 \u001b[31mfalls\u202e\u200b\r\n", "Acme [31mfalls"),
        ("P/E < 5 and rising > 3", "P/E < 5 and rising > 3"),
        ("Acme \ud800 falls", "Acme falls"),
        ("x" * 400, "x" * 299 + "…"),
        ("y" * 1_000_000, "y" * 299 + "…"),
    ],
)
def test_title_is_plain_text_of_bounded_length(title: str, plain: str) -> None:
    found = cleaned(story(title=title))
    assert found.title == plain
    assert decode(encode(found), LATEST_MS) == found
    assert plain_text(found.title, 300) == found.title


@pytest.mark.parametrize(
    ("each", "reason"),
    [
        (story(title=None), "no title"),
        (story(title="<i> </i>\u200b"), "no title"),
        (story(published=None), "no date"),
        (story(published=NOW + timedelta(hours=1)), "a time in the future"),
        (story(published=NOW - timedelta(days=4)), "too old"),
        (story(published=datetime(1, 1, 1, tzinfo=UTC)), "too old"),
    ],
)
def test_story_that_can_not_be_weighed_is_refused(each: Story, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        cleaned(each)


def test_story_published_a_moment_ahead_counts_as_published_now() -> None:
    """The clock of the source or of this machine is a little wrong."""
    assert cleaned(story(published=NOW + timedelta(minutes=2))).published_time == NOW


@pytest.mark.parametrize(
    "link",
    [
        *("javascript:alert(1)", "//news.example", "https://", 'https://a/"onclick=', "http://a/ b"),
        *("http://a/\0", "http://a\x1b/", "x" * 2_000),
    ],
)
def test_link_that_is_no_address_of_the_web_is_left_out(link: str) -> None:
    assert cleaned(story(link=link)).link is None


def test_missing_publisher_and_link_are_absent() -> None:
    found = cleaned(story(publisher=None, link=None))
    assert (found.publisher, found.link) == (None, None)
