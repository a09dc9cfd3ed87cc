"""Alerts in a real browser: their bar on the chart, how many are new, and who has dealt with them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.visit import Visit
from tests.pages import Serve
from tests.tab import Tab

SHOWN = "() => window.deskChart.view() && window.deskChart.view().bars.length > 0"
MARKED = """() => {
    const { bars, times } = deskChart.view();
    return deskAlerts.markers((start) => {
        const place = bars.findIndex((bar) => bar.start === start);
        return place < 0 ? null : times[place];
    }).map(({ shape, size, text }) => `${shape} ${size} ${text}`);
}"""
OTHER = """([interval, severity, by]) => {
    const bar = deskChart.view().bars.at(-5);
    const alert = { symbol: "AAA", interval, text: "close > 1 on 1m: close 2", tone: "warn", severity, by, price: 2,
        start: bar.start, time: 4e9, zone: "UTC", key: "AAA other" };
    deskAlerts.apply([alert], 4e9);
}"""


@pytest.fixture
def page(tab: Tab, serve_to_all: Serve, market_dsn: str) -> Iterator[Page]:
    """A fresh visit to the small market; afterwards it must have been quiet and local."""
    with tab.quiet_visit(serve_to_all(market_dsn, "simulated"), (1600, 900)) as visit:
        page = _opened(visit)
        yield page


def _opened(visit: Visit) -> Page:
    expect(visit.page.locator("#last")).not_to_have_text("–")
    visit.page.wait_for_function(SHOWN)
    return visit.page


def test_click_on_an_alert_shows_its_bar_and_interval_on_the_chart(page: Page) -> None:
    page.locator("#interval button", has_text="1d").click()
    page.wait_for_function("() => deskChart.holds('AAA', '1d')")
    page.locator(".alert .alert-text").click()
    page.wait_for_function("() => deskChart.holds('AAA', '1m') && deskAlerts.shown().length")
    expect(page.locator(".alert.chosen")).to_have_count(1)
    page.wait_for_function("""() => {
        const { from, to } = deskCanvas.range(), { start } = deskAlerts.shown()[0];
        const place = deskChart.indexAfter(start) - 1;
        return from <= place && place <= to;
    }""")


def test_alerts_of_the_chart_are_marked_and_their_text_is_in_the_legend(page: Page) -> None:
    page.evaluate(OTHER, ["1m", "critical", None])
    assert "arrowDown 1 " in page.evaluate(MARKED)
    start = "deskChart.view().bars.at(-5).start"
    assert page.evaluate(f"deskAlerts.texts({start})") == ["close > 1 on 1m: close 2"]
    expect(page.locator(".alert.critical")).to_have_count(1)


def test_only_alerts_that_came_since_are_new_until_they_are_seen(page: Page) -> None:
    expect(page.locator("#alerts-new")).to_be_hidden()
    page.evaluate(OTHER, ["5m", "info", None])
    expect(page.locator("#alerts-new")).to_have_text("1 new")
    expect(page.locator(".alert.new")).to_have_count(1)
    page.locator("#alerts-new").click()
    expect(page.locator("#alerts-new")).to_be_hidden()
    expect(page.locator(".alert.new")).to_have_count(0)


def test_acknowledged_alert_names_who_dealt_with_it(page: Page) -> None:
    page.evaluate(OTHER, ["1m", "warning", None])
    page.evaluate(OTHER, ["1m", "warning", "ada"])
    expect(page.locator(".alert.over .alert-text")).to_contain_text("acknowledged by ada")


STORM = """() => {
    const storm = { key: "storm 1m price_change", name: "3 symbols", text: "Price change in one bar: 3 of 4 symbols" };
    const start = deskChart.view().bars.at(-5).start;
    deskAlerts.apply(["AAA", "BBB", "CCC"].map((symbol) => ({ symbol, interval: "1m", text: "Price up", tone: "up",
        severity: "warning", by: null, price: 2, start, time: 4e9, zone: "UTC", key: `${symbol} storm`, storm })), 4e9);
}"""


def test_grouped_alert_is_one_line_that_opens_to_its_members(page: Page) -> None:
    members, line = page.locator(".alert[data-storm]"), page.locator(".alert.storm .alert-text")
    page.evaluate(STORM)
    expect(page.locator("#alerts-new")).to_have_text("1 new")
    expect(line).to_have_text("Price change in one bar: 3 of 4 symbols")
    assert [members.nth(place).is_visible() for place in range(3)] == [False] * 3
    line.click()
    expect(line).to_have_attribute("aria-expanded", "true")
    assert [members.nth(place).is_visible() for place in range(3)] == [True] * 3
    page.evaluate(STORM)
    expect(members).to_have_count(3)


def test_bars_are_marked_where_the_list_was_there_before_the_chart(page: Page) -> None:
    """On a busy machine the list of alerts came before the chart, and its bars had no mark."""
    page.route("**/api/v1/alerts/**", lambda _: None)
    page.locator("#interval button", has_text="1d").click()
    page.wait_for_function("() => deskChart.holds('AAA', '1d')")
    page.locator("#interval button", has_text="1m").click()
    page.wait_for_function("() => deskChart.holds('AAA', '1m') && deskAlerts.shown().length === 1")
