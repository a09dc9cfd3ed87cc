"""Panels beside the chart with a long name, or in a window as wide as a tablet."""

import pytest
from playwright.sync_api import Page, expect

from tests.at_the_desk import choose, open_tab
from tests.walk.walking import SIZES

TIME_INSIDE = """() => {
    deskAlerts.apply([{ symbol: "PEPE1000SATSOFTHEWORLD-USDT.P", interval: "1m", text: "RSI", tone: "up",
        time: 1, zone: "UTC", key: "long", cleared: null, price: null }], 1);
    const box = (name) => document.querySelector(`[data-key=long] ${name}`).getBoundingClientRect();
    return box("time").right <= document.getElementById("alerts").getBoundingClientRect().right;
}"""
TEXT_INSIDE = """(text) => {
    deskAlerts.apply([{ symbol: "AAPL", interval: "1m", text, tone: "warn",
        time: 1, zone: "UTC", key: "rule", cleared: null, price: 5 }], 1);
    const shown = document.querySelector("[data-key=rule] .alert-text"), list = shown.closest(".alert-log");
    return [shown.innerText === text, shown.children.length, list.scrollWidth <= list.clientWidth];
}"""
WHOLE = "(note, text) => { note.textContent = text; return note.scrollWidth <= note.clientWidth; }"
CUT = """() => [...document.querySelectorAll("#watchlist .num, #watchlist [role=columnheader], #watchlist .watch-rsi")]
    .filter((each) => each.scrollWidth > each.clientWidth && each.clientWidth).map((each) => each.innerText)"""
PERCENTS = """() => deskWatchlist.apply(
    deskWatchlist.symbols().map((symbol) => ({ ...deskWatchlist.row(symbol), percent: -12.34, rsi: 100 })), true)"""
NAMED_AT_LENGTH = """(name) => {
    const [label, value] = document.querySelector("#indicators .cell").children;
    label.textContent = name;
    value.textContent = "+12,345.67";
    const [left, right, cell] = [label, value, label.parentNode].map((each) => each.getBoundingClientRect());
    return [left.height === right.height, left.top === right.top, left.right <= right.left, right.right <= cell.right];
}"""
NAMES_CUT = """() => [...document.querySelectorAll("#indicators dt")]
    .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.innerText)"""
OUTSIDE = """(selector) => {
    const box = document.querySelector(selector), { left, right, top, bottom } = box.getBoundingClientRect();
    return [...box.children].filter((each) => {
        const own = each.getBoundingClientRect();
        return own.width && (own.left < left || own.right > right || own.top < top || own.bottom > bottom);
    }).map((each) => each.innerText);
}"""
"""What does not lie within its box."""
SMALL = """() => [...document.querySelectorAll(".segments button, .tool, .icon-button, #panes button, [role=tab]")]
    .map((each) => [each.innerText, each.getBoundingClientRect()])
    .filter(([, { width, height }]) => width && Math.min(width, height) < 24).map(([text]) => text)"""
"""What is smaller than a pointer hits safely (WCAG 2.5.8)."""
FIGURE_WIDTH = """() => {
    const plot = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    plot.setAttribute("viewBox", "0 0 300 84");
    document.getElementById("outcomes").hidden = false;
    document.getElementById("outcomes-plot").append(plot);
    return plot.getBoundingClientRect().width;
}"""


def test_every_switch_is_large_enough_for_a_finger(page: Page) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(SMALL) == []


def test_symbol_chosen_on_a_phone_is_seen_at_once(page: Page) -> None:
    """Report: a tap in the watchlist seemed to do nothing: header and chart were above the screen."""
    page.set_viewport_size({"width": 390, "height": 844})
    choose(page, "BTC/USD")
    expect(page.locator("#symbol")).to_have_text("BTC/USD")
    expect(page.locator("#last")).to_be_in_viewport()
    expect(page.locator("#chart")).to_be_visible()
    expect(page.locator("#watchlist")).to_be_hidden()


def test_progress_of_a_long_history_is_read_whole_in_the_heading(page: Page) -> None:
    """Report: at 1024 pixels it was "History of 6 of 10 symbols, les..."."""
    page.set_viewport_size({"width": 1024, "height": 768})
    assert page.locator("#watch-note").evaluate(WHOLE, "History: 120 of 500, 12 min left")


def test_time_of_an_alert_is_seen_beside_a_long_name(page: Page) -> None:
    """Scenario: the time of an alert about a coin with a name of 29 characters was cut."""
    open_tab(page, "Alerts")
    assert page.evaluate(TIME_INSIDE)


def test_figure_of_past_forecasts_keeps_its_lettering_on_a_tablet(page: Page) -> None:
    """Scenario: at 720 pixels its prices were written more than twice as large as all else."""
    page.set_viewport_size({"width": 720, "height": 900})
    open_tab(page, "Forecast")
    assert 0 < page.evaluate(FIGURE_WIDTH) <= 1.4 * 300


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_long_name_of_an_indicator_leaves_its_value_in_the_same_line(
    page: Page, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_tab(page, "Overview")
    page.wait_for_function("() => /[0-9]/.test(document.querySelector('#indicators dd').innerText)")
    assert page.evaluate(NAMES_CUT) == []
    assert page.evaluate(NAMED_AT_LENGTH, "Commodity channel index 20 of hours") == [True] * 4


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nothing_in_a_row_of_switches_lies_outside_of_it(page: Page, size: tuple[int, int]) -> None:
    """Report: the last switch stood alone in a third line."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.locator("#adjusted").evaluate("(one) => { one.hidden = false; }")
    for row in (".toolbar", ".bar", ".tabs", ".quote"):
        assert page.evaluate(OUTSIDE, row) == [], row


def test_name_of_a_currency_pair_is_seen_whole_in_the_watchlist(page: Page) -> None:
    """Report: EURUSD=X was cut in a window of 1440 pixels."""
    page.evaluate("() => deskWatchlist.apply([{ ...deskWatchlist.row('AAPL'), symbol: 'EURUSD=X' }], true)")
    page.wait_for_function(
        """() => {
            const name = document.querySelector("#watch-rows [data-symbol='EURUSD=X'] strong");
            return name?.clientWidth && name.scrollWidth <= name.clientWidth;
        }"""
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_number_and_no_heading_of_the_watchlist_is_cut(page: Page, size: tuple[int, int]) -> None:
    """Scenario: at 1024 pixels, and after a window was made wider again, a change of +1.03 was "+1.…"."""
    page.set_viewport_size({"width": 720, "height": 900})
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.evaluate(PERCENTS)
    page.wait_for_function(f"() => ({CUT})().length === 0")


@pytest.mark.parametrize(
    "text", ["abs(" * 59 + "close" + ")" * 59 + " > 1", "<img src=x onerror=alert(1)> <b>close</b>"]
)
def test_text_of_a_rule_is_shown_as_text_within_its_list(page: Page, text: str) -> None:
    """One without a space was as wide as it is long, and the list of alerts scrolled sideways."""
    open_tab(page, "Alerts")
    assert page.evaluate(TEXT_INSIDE, text) == [True, 0, True]
