"""Older bars of the chart, which come in where it is moved into the past."""

from contextlib import closing

import pytest
from playwright.sync_api import Page, Route, expect

from shared.postgres.database import connect, transaction
from tests.walk.market import COUNTS, DrawnMarket
from tests.walk.seeing import pan, seen


@pytest.mark.variant
def test_panning_loads_every_older_bar_without_a_hole(page: Page, market: DrawnMarket) -> None:
    """Panning never loaded more than 1,001 bars."""
    while seen(page, lambda _: True).has_older:
        for _ in range(4):
            pan(page, 0.8)
        page.mouse.wheel(0, 300)
    with closing(connect(market.dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            "select extract(epoch from start)::bigint from bars "
            "where symbol = 'AAPL' and interval = '1m' order by start"
        )
        stored = [start for (start,) in cursor.fetchall()]
    assert len(stored) == COUNTS["1m"]
    assert page.evaluate("deskChart.view().bars.map((bar) => bar.start)")[:-1] == stored
    expect(page.locator("#summary")).to_contain_text("(oldest stored)")


def test_chart_stays_where_it_is_when_older_bars_come_in(page: Page) -> None:
    """No jump: the bar at the left edge is the same before and after."""
    held: list[Route] = []
    page.route("**/history/**before=**", lambda route: route.continue_() if held else held.append(route))
    while not held:
        pan(page, 0.5)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    before = seen(page, lambda _: True)
    held[0].continue_()
    after = seen(page, lambda chart: chart.loaded > before.loaded)
    assert (after.first, after.visible) == (before.first, before.visible)


def test_older_bars_are_requested_again_after_the_server_was_away(page: Page) -> None:
    """The page asks again by itself, not only when somebody moves the chart."""
    asked: list[int] = []

    def answer(route: Route) -> None:
        asked.append(1)
        if len(asked) == 1:
            route.fulfill(status=200, json={"columns": {}, "marks": ["another"], "has_older": True})
        else:
            route.continue_()

    page.route("**/history/**before=**", answer)
    page.evaluate("deskCanvas.setRange({ from: 5, to: 150 })")
    seen(page, lambda chart: chart.loaded > 1500)
