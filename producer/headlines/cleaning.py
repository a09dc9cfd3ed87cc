"""From a story to a headline that can be stored and shown, or the reason why not. Pure."""

import html
import re
import unicodedata
from datetime import datetime, timedelta

from producer.headlines.story import Story
from producer.mood.scoring import SCORER, score_of
from shared.market.records import LINK_LENGTH, TITLE_LENGTH, Headline

PUBLISHER_LENGTH = 64
LONGEST_READ = 20_000
"""Characters of a title that are looked at: the rest is cut off first, whatever it holds."""
WRONG_CLOCK = timedelta(minutes=5)
"""A story from a later time than this has a wrong date; below, one of the clocks is wrong."""
TOO_OLD = "too old"
"""The one reason that is usual: a feed has the stories of many days."""
MICROSECONDS = 1_000_000

_ELEMENTS = (
    "a abbr acronym address article aside audio b bdi bdo big blockquote br button canvas caption center cite code col"
    " dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame h[1-6] header"
    " hr i iframe img input ins kbd label legend li link main map mark marquee math menu meta nav nobr noscript object"
    " ol option p param picture pre q rp rt ruby s samp script section select small source span strike strong style sub"
    " summary sup svg table tbody td template textarea tfoot th thead time tr tt u ul var video wbr"
)
"""The elements of HTML that may stand in a line of text, also those of earlier versions. The outline of a page (html,
head, title, body) is none: a title that names them is about them."""
_ATTRIBUTE = (
    r"""\s+(?:[^\s"'<>/=]+\s*=\s*(?:"[^"]{0,2000}"|'[^']{0,2000}'|[^\s"'<>=`]+)"""
    r"""|async|defer|hidden|nowrap|allowfullscreen)"""
)
"""A name with a value, or one of the few that need none: "<b and c>" compares."""
_TAG = re.compile(
    rf"<(?:/(?:{_ELEMENTS.replace(' ', '|')})\s*"
    rf"|(?:{_ELEMENTS.replace(' ', '|')})(?:{_ATTRIBUTE})*\s*/?|!--[^<>]*--)>",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://[^\s/\"'<>\\\x00-\x1f\x7f]+[^\s\"'<>\\\x00-\x1f\x7f]*")


def headline_of(story: Story, source: str, now: datetime, max_age: timedelta) -> Headline:
    """The headline of a story that is received now, with its score.

    Raises ValueError with the reason if it can't be used: no title, no date, too old or from the future. A story of
    unknown age is not used, because rules weigh headlines by their age.
    """
    title = plain_text(story.title or "", TITLE_LENGTH)
    if not title:
        raise ValueError("no title")
    return Headline(
        symbol=story.symbol,
        title=title,
        published_time=_published(story, now, max_age),
        score=score_of(title, story.symbol),
        scorer=SCORER,
        source=source,
        position=int(now.timestamp() * MICROSECONDS),
        received_time=now,
        publisher=plain_text(story.publisher or "", PUBLISHER_LENGTH) or None,
        link=_link(story.link),
    )


def _published(story: Story, now: datetime, max_age: timedelta) -> datetime:
    published = story.published
    if published is None:
        raise ValueError("a date that can't be read, or that has no known zone" if story.date else "no date")
    if published > now + WRONG_CLOCK:
        raise ValueError("a time in the future")
    if published < now - max_age:
        raise ValueError(TOO_OLD)
    return min(published, now)


def plain_text(text: str, length: int) -> str:
    """The text in one line, without tags of HTML, control and invisible characters; a longer one ends with an
    ellipsis."""
    text = _TAG.sub(" ", html.unescape(html.unescape(text[:LONGEST_READ])))
    visible = (" " if unicodedata.category(sign).startswith(("C", "Z")) else sign for sign in text)
    line = " ".join("".join(visible).split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"


def _link(link: str | None) -> str | None:
    """An address of the web that a page may link to; None for anything else."""
    # Other references are no part of an address: "&copy=1" is a parameter.
    link = (link or "").strip().replace("&amp;", "&")
    return link if len(link) <= LINK_LENGTH and _LINK.fullmatch(link) else None
