"""Panels beside the chart with a long name, or in a window as wide as a tablet."""

import pytest
from playwright.sync_api import Page, expect

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
CUT = """() => [...document.querySelectorAll(
    "#watchlist .ag-cell.num, #watchlist .ag-header-cell:not(.state-head) .ag-header-cell-text"
)].filter((each) => each.scrollWidth > each.clientWidth && each.clientWidth).map((each) => each.innerText)"""
PERCENT = "#watchlist .ag-cell[col-id=percent]"
NAMED_AT_LENGTH = """(name) => {
    const [label, value] = document.querySelector("#indicators .cell").children;
    label.textContent = name;
    value.textContent = "+12,345.67";
    const [left, right, cell] = [label, value, label.parentNode].map((each) => each.getBoundingClientRect());
    return [left.height === right.height, left.top === right.top, left.right <= right.left, right.right <= cell.right];
}"""
NAMES_CUT = """() => [...document.querySelectorAll("#indicators dt")]
    .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.innerText)"""
OVERFLOWING = """(name) => {
    const labels = [...document.querySelectorAll("#indicators dt")];
    for (const label of labels) label.textContent = name;
    return labels.filter((label) => {
        const parts = [label, label.nextSibling, label.parentNode];
        const [own, value, cell] = parts.map((each) => each.getBoundingClientRect());
        const isBeside = own.right <= value.left, isAbove = own.bottom <= value.top;
        return own.right > cell.right || value.right > cell.right || !(isBeside || isAbove);
    }).length;
}"""
CHIPS_OUTSIDE = """(more) => {
    const toolbar = document.querySelector(".toolbar"), group = toolbar.querySelector(".chips:not(.adjusting) > div");
    for (let count = 0; count < more; count += 1) group.append(group.lastChild.cloneNode(true));
    const box = toolbar.getBoundingClientRect(), parts = [...group.children, document.getElementById("latest")];
    const outside = parts.filter((each) => {
        const { left, right, top, bottom } = each.getBoundingClientRect();
        return left < box.left || right > box.right || top < box.top || bottom > box.bottom;
    });
    return [outside.length, new Set([...group.children].map((chip) => chip.getBoundingClientRect().top)).size];
}"""
SMALL = """() => [...document.querySelectorAll(".segments button, .chips label, #latest")]
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


def test_symbol_chosen_far_down_on_a_phone_is_seen_at_once(page: Page) -> None:
    """Report: a tap in the watchlist seemed to do nothing: header and chart were above the screen."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".ag-row[row-id='BTC/USD'] [col-id='symbol']").click()
    expect(page.locator("#symbol")).to_have_value("BTC/USD")
    assert page.evaluate("scrollY") > 400
    expect(page.locator("#symbol")).to_be_in_viewport()
    expect(page.locator("#last")).to_be_in_viewport()


def test_progress_of_a_long_history_is_read_whole_in_the_heading(page: Page) -> None:
    """Report: at 1024 pixels it was "History of 6 of 10 symbols, les..."."""
    page.set_viewport_size({"width": 1024, "height": 768})
    assert page.locator("#watch-note").evaluate(WHOLE, "History: 120 of 500, 12 min left")


def test_time_of_an_alert_is_seen_beside_a_long_name(page: Page) -> None:
    """Scenario: the time of an alert about a coin with a name of 29 characters was cut."""
    assert page.evaluate(TIME_INSIDE)


def test_figure_of_past_forecasts_keeps_its_lettering_on_a_tablet(page: Page) -> None:
    """Scenario: at 720 pixels its prices were written more than twice as large as all else."""
    page.set_viewport_size({"width": 720, "height": 900})
    assert 0 < page.evaluate(FIGURE_WIDTH) <= 1.4 * 300


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)], ids=str)
def test_long_name_of_an_indicator_leaves_its_value_in_the_same_line(
    page: Page, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function("() => /[0-9]/.test(document.querySelector('#indicators dd').innerText)")
    assert page.evaluate(NAMES_CUT) == []
    assert page.evaluate(NAMED_AT_LENGTH, "Commodity channel index 20 of hours") == [True] * 4


def test_names_and_numbers_of_indicators_share_no_place_in_a_narrow_panel(page: Page) -> None:
    """Report: at 1024 pixels a long name lay over the next column."""
    page.set_viewport_size({"width": 1024, "height": 768})
    page.wait_for_function("() => /[0-9]/.test(document.querySelector('#indicators dd').innerText)")
    assert page.evaluate(OVERFLOWING, "ATR 14") == 0
    assert page.evaluate(OVERFLOWING, "Commodity channel index 20 of hours") == 0


def test_indicators_of_the_chart_take_no_more_lines_than_they_fill(page: Page) -> None:
    """Report: the last one stood alone in a third line."""
    assert page.evaluate(CHIPS_OUTSIDE, 0) == [0, 2]
    outside, lines = page.evaluate(CHIPS_OUTSIDE, 15)
    assert outside == 0 and lines <= 5


def test_name_of_a_currency_pair_is_seen_whole_in_the_watchlist(page: Page) -> None:
    """Report: EURUSD=X was cut in a window of 1440 pixels."""
    page.evaluate("() => deskWatchlist.apply([{ ...deskWatchlist.row('AAPL'), symbol: 'EURUSD=X' }], true)")
    page.wait_for_function(
        """() => {
            const name = document.querySelector("#watchlist .ag-row[row-id='EURUSD=X'] .symbol-cell");
            return name?.clientWidth && name.scrollWidth <= name.clientWidth;
        }"""
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_number_and_no_heading_of_the_watchlist_is_cut(page: Page, size: tuple[int, int]) -> None:
    """Scenario: at 1024 pixels, and after a window was made wider again, a change of +1.03 was "+1.…"."""
    page.set_viewport_size({"width": 720, "height": 900})
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_function("(cell) => /[0-9]/.test(document.querySelector(cell)?.innerText)", arg=PERCENT)
    page.evaluate(
        "() => dash_ag_grid.getApi('watchlist').forEachNode((row) => row.setDataValue('percent', -12.34))"
    )
    page.wait_for_function("(cell) => document.querySelector(cell).innerText.includes('12.34')", arg=PERCENT)
    page.wait_for_function(f"() => ({CUT})().length === 0")


@pytest.mark.parametrize(
    "text", ["abs(" * 59 + "close" + ")" * 59 + " > 1", "<img src=x onerror=alert(1)> <b>close</b>"]
)
def test_text_of_a_rule_is_shown_as_text_within_its_list(page: Page, text: str) -> None:
    """One without a space was as wide as it is long, and the list of alerts scrolled sideways."""
    assert page.evaluate(TEXT_INSIDE, text) == [True, 0, True]
