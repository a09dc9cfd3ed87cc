"""axe-core finds no accessibility problem on the page, at every size, with rows of every kind."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from shared.postgres.database import Cursor, connect, transaction
from tests.at_the_desk import choose, open_tab, show_pane
from tests.copied import database_with_tables
from tests.e2e.visit import Visit
from tests.pages import Serve
from tests.screen_rows import (
    MINUTE,
    ScreenMinute,
    action,
    alert,
    at,
    close_bar,
    company,
    data_alert,
    fill,
    forecast,
    open_bar,
    quality,
    quote,
    record,
)
from tests.tab import Tab

DAY = 86_400
STATES = ("live", "stale", "waiting", "closed", "history", "live", "waiting")
PILL = """() => {
    document.getElementById("feed").textContent = "Simulated";
    document.getElementById("feed-about").textContent = "No real prices";
    document.getElementById("feed-box").hidden = false;
}"""
SYMBOLS = ("AAA", "BBB", "BABYDOGE", "BIG", "CL=F", "OLD", "NOBODY")


def market(cursor: Cursor) -> None:
    """Prices of every size and age, states, alerts of both kinds, forecasts, a split, and a symbol nobody knows."""
    now = int(time.time())
    minute = now - now % MINUTE
    fill(cursor, {"AAA": 101.0, "BBB": 250.0, "BABYDOGE": 1.2345e-9, "BIG": 1.5e9}, now, bars=300)
    for index in range(60):
        close_bar(
            cursor, ScreenMinute("AAA", now - now % 300 - (60 - index) * 300, 100 + index % 9 / 10, "5m")
        )
    quote(cursor, "CL=F", -37.63, now, previous_close=18.27)
    quote(cursor, "OLD", 12.5, now - 600 * DAY)
    open_bar(cursor, ScreenMinute("AAA", now - now % DAY, 101.0, "1d"))
    forecast(cursor, ScreenMinute("AAA", minute - MINUTE, 101.2))
    record(cursor, "AAA")
    alert(cursor, "AAA", minute - MINUTE, 74.3)
    action(cursor, "AAA", "split", now - 100 * DAY, 2.0)
    data_alert(cursor, "AAA", "failover", now, detail="finnhub replaces yahoo")
    data_alert(cursor, "BBB", "disagreement", now - 500, cleared_at=at(now - 400), value=0.03, threshold=0.01)
    company(cursor, "AAA", name="Alpha Inc.", exchange="NasdaqGS", sector="Cars", decimals=2)
    for symbol, state in zip(SYMBOLS, STATES, strict=True):
        quality(cursor, symbol, state, history_done=3 if state == "live" else 1)


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, embedded_postgres: str) -> str:
    """The page of a market that shows everything there is."""
    dsn = database_with_tables(embedded_postgres, "everything")
    connection = connect(dsn, "test")
    with transaction(connection) as cursor:
        market(cursor)
    connection.close()
    return serve_to_all(dsn, "live")


def barriers(visit: Visit) -> list[str]:
    """What axe-core finds: the rule, and where it is broken."""
    found = Axe().run(visit.page).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1024, 768), (390, 844)])
def test_page_with_rows_of_every_kind_has_no_barriers(
    tab: Tab, address: str, width: int, height: int, theme: str
) -> None:
    with tab.quiet_visit(address, (width, height)) as visit:
        visit.page.evaluate("(theme) => deskTheme.choose(theme)", theme)
        see_rows_of_every_kind(visit)


def see_rows_of_every_kind(visit: Visit) -> None:
    """Neither the page as it is loaded nor that of a symbol of the past has a barrier."""
    page = visit.page
    expect(page.locator("#last")).to_have_text("101.00")
    expect(page.locator(".alert")).to_have_count(3)
    expect(page.locator("#watch-rows .watch-row")).to_have_count(len(SYMBOLS))
    assert barriers(visit) == []
    choose(page, "OLD")
    expect(page.locator("#flag")).to_contain_text("As of")
    assert barriers(visit) == []
    show_pane(page, "watch")
    assert barriers(visit) == []
    for label in ("Forecast", "Alerts", "Words", "Overview"):
        open_tab(page, label)
        assert barriers(visit) == [], label


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_over_the_page_has_no_barriers(tab: Tab, address: str, theme: str) -> None:
    with tab.quiet_visit(address) as visit:
        page = visit.page
        page.evaluate("(theme) => deskTheme.choose(theme)", theme)
        expect(page.locator("#last")).to_have_text("101.00")
        for opener in ("#find", "#keys", "#status", "#studies-open"):
            page.locator(opener).click()
            assert barriers(visit) == [], opener
            page.keyboard.press("Escape")
        page.evaluate(PILL)
        page.locator("#feed").focus()
        assert barriers(visit) == []
        page.goto(f"{address}/nothing")
        assert barriers(visit) == []
        visit.complaints.clear()  # of the status 404
