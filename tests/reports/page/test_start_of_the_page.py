"""Scenario: the page is opened. Every element has its space from the start, so nothing moves when numbers arrive."""

import pytest
from playwright.sync_api import Browser, Page

from tests.at_the_desk import open_tab
from tests.walk.seeing import seen

SHIFTS = """
    window.shifts = [];
    const note = ({ value, hadRecentInput }) => { if (!hadRecentInput) window.shifts.push(value); };
    const all = { type: 'layout-shift', buffered: true };
    new PerformanceObserver((list) => list.getEntries().forEach(note)).observe(all);
"""
MOVES = """() => {
    window.moves = [];
    const name = ({ node, previousRect: before, currentRect: now }) =>
        node?.matches?.('.legend, .quote, #ranges') && before.height && now.height && Math.abs(before.y - now.y) > 2
            ? [`${node.className} from ${before.y} to ${now.y}`] : [];
    const note = (list) => list.getEntries().forEach(({ sources }) => window.moves.push(...sources.flatMap(name)));
    new PerformanceObserver(note).observe({ type: 'layout-shift' });
}"""
"""Notes from now on which panels and legends move up or down."""
IS_SHOWN = """([symbol, before]) => deskChart.holds(symbol, '1m') && deskCanvas.isSettled()
    && document.getElementById('words-note').textContent.startsWith(symbol)
    && !['', before].includes(document.getElementById('words-text').textContent)"""
"""Whether all of a symbol is shown; `before` is the summary of the symbol before it."""
FIGURE_OF_ANOTHER_SYMBOL = """() => {
    const figure = document.getElementById('outcomes');
    figure.hidden = false;
    figure.lastChild.textContent = '95 of the last 100 closes';
    const height = figure.offsetHeight;
    deskOutcomes.follow({ symbol: 'DOGE', interval: '1m', fan: { start: 0 }, actions: 0 }, 2);
    return [getComputedStyle(figure).visibility, height > 0 && figure.offsetHeight === height];
}"""
"""Whether the figure of past forecasts is seen, and keeps its height, before that of another symbol is loaded."""
MOST = 0.05
"""Half of the layout shift that readers are taken not to mind (web.dev/articles/cls)."""


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768), (390, 844)])
def test_page_does_not_move_while_it_fills(browser: Browser, address: str, size: tuple[int, int]) -> None:
    """Report: a layout shift of 0.18 at 1440 pixels and 0.26 at 1024."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.add_init_script(SHIFTS)
    page.goto(address)
    seen(page, lambda chart: chart.symbol == "AAPL" and chart.visible > 0)
    page.wait_for_function("() => document.getElementById('words-text').textContent !== ''")
    page.wait_for_function("() => document.querySelectorAll('#forecast dd').length > 3")
    assert page.evaluate("window.shifts.reduce((sum, one) => sum + one, 0)") < MOST
    page.close()


def test_nothing_moves_when_another_symbol_is_chosen(page: Page) -> None:
    """Report: the legends of all panes lay over each other for a frame, and the chart changed its height twice."""
    page.wait_for_function(IS_SHOWN, arg=["AAPL", ""])
    page.evaluate(MOVES)
    for symbol in ("BTC/USD", "AAPL"):
        before = page.locator("#words-text").inner_text()
        page.evaluate("(value) => dash_clientside.set_props('symbol', { value })", symbol)
        page.wait_for_function(IS_SHOWN, arg=[symbol, before])
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert page.evaluate("window.moves") == []


def test_panels_below_a_figure_stay_until_that_of_another_symbol_is_loaded(page: Page) -> None:
    """Report: the alerts jumped up and down again at every change of the symbol."""
    open_tab(page, "Forecast")
    assert page.evaluate(FIGURE_OF_ANOTHER_SYMBOL) == ["hidden", True]
