"""The mood of headlines on the page and in the API."""

import time
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from shared.postgres.database import connect, transaction
from tests.at_the_desk import open_tab
from tests.e2e.test_server import get
from tests.pages import Serve
from tests.tab import Tab

TITLES = (
    ("<img src=x onerror=alert(1)> surges & rallies", 0.8, 1.0),
    ("Acme falls", -0.4, 13.0),
    ("old", 0.9, 60.0),
)
"""Titles, scores, and ages in hours."""


@pytest.fixture
def address(serve_to_all: Serve, market_dsn: str) -> Iterator[str]:
    """A page about a market with headlines about its first symbol, which are gone afterwards."""
    rows = [
        (place, title, score, hours, None if hours > 12 else "https://news.example/?a=1&b=2")
        for place, (title, score, hours) in enumerate(TITLES)
    ]
    with closing(connect(market_dsn, "test")) as connection:
        with transaction(connection) as cursor:
            cursor.executemany(
                """insert into headlines (partition, "offset", symbol, title, publisher, link, source, published_at,
                received_at, counts_from, score, scorer) select 0, %s, 'AAA', %s, 'Newswire', l, 'yahoo',
                now() - h * interval '1 hour', now(), null, s, 'test' from (values (%s, %s, %s)) as v (s, h, l)""",
                rows,
            )
        yield serve_to_all(market_dsn, "simulated")
        with transaction(connection) as cursor:
            cursor.execute("delete from headlines")


def test_mood_weighs_the_headlines_of_a_day_and_all_are_listed(address: str) -> None:
    status, answer = get(f"{address}/api/v1/mood/AAA")
    assert status == 200
    weights = [2.0 ** (-hours / 12) for hours in (1.0, 13.0)]
    assert answer["mood"]["score"] == pytest.approx(
        (0.8 * weights[0] - 0.4 * weights[1]) / sum(weights), abs=1e-3
    )
    assert answer["mood"]["headlines"] == 2
    assert [each["title"] for each in answer["headlines"]] == [title for title, _, _ in TITLES]
    assert answer["headlines"][0]["published"] == pytest.approx(time.time() - 3_600, abs=60)


def test_symbol_without_headlines_has_no_mood(address: str) -> None:
    status, answer = get(f"{address}/api/v1/mood/{quote('BTC/USD', safe='')}")
    assert (status, answer["mood"]["score"], answer["headlines"]) == (200, None, [])


def test_headlines_open_on_the_page_as_text_with_safe_links(tab: Tab, address: str) -> None:
    with tab.quiet_visit(address, (1600, 900)) as visit:
        page: Page = visit.page
        expect(page.locator("#mood-line")).to_contain_text("Mood of 2 headlines +0.")
        open_tab(page, "Words")
        page.locator("#mood-line").click()
        links = page.locator("#mood-list a")
        expect(page.locator("#mood-list li")).to_have_count(3)
        expect(links).to_have_count(1)
        expect(links).to_have_text("<img src=x onerror=alert(1)> surges & rallies")
        assert links.get_attribute("rel") == "noopener noreferrer"
        assert links.get_attribute("href") == "https://news.example/?a=1&b=2"
        page.locator("#watch-rows [data-symbol=BBB]").first.click()
        expect(page.locator("#mood-line")).to_contain_text("No headlines of the last 24 hours")
        expect(page.locator("#mood-list li")).to_have_count(0)
