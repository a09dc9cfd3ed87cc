"""Alerts in a real browser: their bar on the chart, how many are new, and who has dealt with them."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.at_the_desk import open_tab
from tests.e2e.visit import Visit
from tests.pages import Serve, model_of, page_port, serving
from tests.tab import Tab

SHOWN = "() => window.deskChart.view() && window.deskChart.view().bars.length > 0"
MARKED = """() => {
    const { bars, times } = deskChart.view();
    return deskAlerts.markers((start) => {
        const place = bars.findIndex((bar) => bar.start === start);
        return place < 0 ? null : times[place];
    }).map(({ shape, size, text }) => `${shape} ${size} ${text}`);
}"""
SIDES = """([severities, side]) => {
    const { start } = deskChart.view().bars.at(-5);
    deskAlerts.apply(severities.map((severity) => ({ symbol: "AAA", interval: "1m", text: "t", tone: "warn", severity,
        side, by: null, price: 2, start, time: 4e9, zone: "UTC", key: severity })), 4e9);
    const { color, position, shape, text } = deskAlerts.markers((each) => (each === start ? 1 : null))[0];
    return [color, position, shape, text];
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
    open_tab(visit.page, "Alerts")
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


def test_marker_has_the_colour_of_the_worst_alert_and_points_from_its_side(page: Page) -> None:
    critical, info = "--text", "--steel"
    assert page.evaluate(SIDES, [["info"], "below"]) == [info, "belowBar", "arrowUp", ""]
    both = page.evaluate(SIDES, [["info", "critical"], "below"])
    assert both == [critical, "belowBar", "arrowUp", "2"]


def test_legend_shows_the_bar_of_the_clicked_alert_until_the_pointer_is_at_another(page: Page) -> None:
    """It showed the newest bar, whatever was clicked."""
    page.evaluate(OTHER, ["1m", "critical", None])
    page.locator(".alert.critical .alert-text").click()
    legend = page.locator("#legends .actions")
    expect(legend).to_have_text("close > 1 on 1m: close 2")
    page.mouse.move(*_middle_of_the_chart(page))
    expect(legend).not_to_have_text("close > 1 on 1m: close 2")


def _middle_of_the_chart(page: Page) -> tuple[float, float]:
    box = page.locator("#chart").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 4, box["y"] + box["height"] / 4


def test_alerts_of_another_market_at_this_address_say_nothing_of_what_is_new(
    browser: Browser, market_dsn: str
) -> None:
    """After a replay the simulated market had 187 new alerts, and after the simulated market a replay never any."""
    port = page_port()
    with closing(browser.new_page()) as page:
        for feed, time in (("simulated", 4e9), ("replay", 3e9)):
            with serving(model_of(market_dsn, feed), port) as address:
                page.goto(address)
                page.wait_for_function(SHOWN)
                open_tab(page, "Alerts")
                expect(page.locator("#alerts-new")).to_be_hidden()
                page.evaluate(ADDED, [feed, time])
                expect(page.locator("#alerts-new")).to_have_text("1 new")
                page.locator("#alerts-new").click()


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


ADDED = """([key, time]) => {
    const start = deskChart.view().bars.at(-5).start;
    deskAlerts.apply([{ symbol: "AAA", interval: "5m", text: "close > 1 on 5m: close 2", tone: "warn", severity: "info",
        by: null, price: 2, start, time, zone: "UTC", key }], 4e9);
}"""


def test_alert_that_comes_after_a_newer_one_was_seen_is_new(page: Page) -> None:
    """Symbols close the same minute one after another, and a rule that compares symbols waits for the slowest."""
    page.evaluate(ADDED, ["first", 4e9])
    page.locator("#alerts-new").click()
    expect(page.locator("#alerts-new")).to_be_hidden()
    page.evaluate(ADDED, ["same minute", 4e9])
    page.evaluate(ADDED, ["a quarter of an hour before", 4e9 - 900])
    page.evaluate(ADDED, ["history of a symbol", 4e9 - 86_400])
    expect(page.locator("#alerts-new")).to_have_text("2 new")


def test_alerts_that_were_seen_in_one_tab_are_seen_in_the_others(
    browser: Browser, serve_to_all: Serve, market_dsn: str
) -> None:
    with closing(browser.new_context()) as context:
        tabs = [context.new_page() for _ in range(2)]
        for each in tabs:
            each.goto(serve_to_all(market_dsn, "simulated"))
            each.wait_for_function(SHOWN)
            open_tab(each, "Alerts")
        for each in tabs:
            each.evaluate(ADDED, ["first", 4e9])
            expect(each.locator("#alerts-new")).to_have_text("1 new")
        tabs[1].locator("#alerts-new").click()
        expect(tabs[0].locator("#alerts-new")).to_be_hidden()


def test_list_is_one_stop_of_the_tab_key_and_the_arrow_keys_move_in_it(page: Page) -> None:
    """Two hundred alerts were two hundred stops before the chart."""
    page.evaluate(ADDED, ["first", 4e9])
    texts = page.locator(".alert button.alert-text")
    assert texts.count() == 2
    page.locator(".alert-log").focus()
    page.keyboard.press("Tab")
    expect(texts.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(texts.last).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(texts.last).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.alert-list')") is None
    page.keyboard.press("Shift+Tab")
    expect(texts.last).to_be_focused()


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


def test_grouped_alert_has_the_severity_of_its_members_and_is_dimmed_once_all_are_acknowledged(
    page: Page,
) -> None:
    critical = STORM.replace('"up"', '"warn"').replace('"warning"', '"critical"')
    page.evaluate(critical)
    expect(page.locator(".alert.storm.critical:not(.over)")).to_have_count(1)
    page.evaluate(critical.replace("by: null", 'by: symbol === "AAA" ? "ada" : null'))
    expect(page.locator(".alert.storm.critical:not(.over)")).to_have_count(1)
    page.evaluate(critical.replace("by: null", 'by: "ada"'))
    expect(page.locator(".alert.storm.over")).to_have_count(1)


def test_bars_are_marked_where_the_list_was_there_before_the_chart(page: Page) -> None:
    """On a busy machine the list of alerts came before the chart, and its bars had no mark."""
    page.route("**/api/v1/alerts/**", lambda _: None)
    page.locator("#interval button", has_text="1d").click()
    page.wait_for_function("() => deskChart.holds('AAA', '1d')")
    page.locator("#interval button", has_text="1m").click()
    page.wait_for_function("() => deskChart.holds('AAA', '1m') && deskAlerts.shown().length === 1")


PAINTED = """async () => {
    const { bars, times, ...chart } = deskChart.view(), { start } = deskAlerts.shown()[0], found = [];
    const names = Object.keys(bars[0]);
    const columns = (list) => Object.fromEntries(names.map((name) => [name, list.map((bar) => bar[name])]));
    const show = (symbol, list) => deskChart.load({ ...chart, symbol }, { columns: columns(list), marks: [] }, null);
    show("BBB", bars.slice(0, 50).map((bar) => ({ ...bar, start: bar.start - 604800 })));
    show("AAA", bars);
    deskCanvas.setRange({ from: bars.length - 40, to: bars.length + 3 });
    for (let frames = 0; frames < 3; frames += 1) await new Promise(requestAnimationFrame);
    const colour = deskTheme.painted([{ color: "--orange" }])[0].color;
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    for (const each of document.querySelectorAll("#chart canvas")) {
        const { width, height } = each, { data } = each.getContext("2d").getImageData(0, 0, width, height);
        for (let at = 0, run = 0; at < data.length; at += 4) {
            const isOwn = data[at] === red && data[at + 1] === green && data[at + 2] === blue;
            if (!isOwn && run >= 7) found.push((at / 4 - run / 2) % width / devicePixelRatio);
            run = isOwn ? run + 1 : 0;
        }
    }
    const place = deskCanvas.chart().timeScale().timeToCoordinate(times[bars.findIndex((bar) => bar.start === start)]);
    return found.some((x) => Math.abs(x - place) < 3);
}"""
"""Whether an arrow in the colour of a warning is painted at the bar of the alert, when this chart is loaded after that
of another symbol, whose bars are older. Nothing else of this colour is so wide."""


def test_bar_of_an_alert_has_its_marker_though_no_quote_follows(page: Page) -> None:
    """Its place was looked up while some series still had the bars of the chart before: it was beside its bar."""
    page.wait_for_function("() => deskAlerts.shown().length")
    assert page.evaluate(PAINTED)
