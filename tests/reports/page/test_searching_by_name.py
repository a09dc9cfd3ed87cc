"""The search of symbols and commands: its keys, its list, and its accessibility."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

FIELD, CHOSEN = "#find-field", "#found [aria-selected=true]"


@pytest.fixture
def page(shared_page: Page) -> Iterator[Page]:
    """The page of the tests before, with AAPL on the chart and nothing opened."""
    yield shared_page
    shared_page.keyboard.press("Escape")


def barriers(page: Page) -> list[str]:
    """What axe-core finds: the rule, and where it is broken."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def is_charted(page: Page, symbol: str) -> None:
    """Wait until a symbol is on the chart, and nothing lies over it."""
    page.wait_for_function("(symbol) => deskChart.view().symbol === symbol", arg=symbol)
    expect(page.locator("#symbol")).to_have_text(symbol)
    expect(page.locator(FIELD)).to_be_hidden()


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_key_opens_the_search_with_the_symbol_on_the_chart_highlighted(page: Page, key: str) -> None:
    page.keyboard.press(key)
    expect(page.locator(FIELD)).to_be_focused()
    expect(page.locator(FIELD)).to_have_value("")
    expect(page.locator(CHOSEN)).to_contain_text("AAPL")
    page.keyboard.press("Enter")
    is_charted(page, "AAPL")


def test_letter_typed_anywhere_opens_the_search_with_it(page: Page) -> None:
    """Typed quickly, no letter is lost or typed twice."""
    page.keyboard.type("btc")
    expect(page.locator(FIELD)).to_have_value("btc")
    page.keyboard.press("Enter")
    is_charted(page, "BTC/USD")
    page.keyboard.type("AAPL")
    page.keyboard.press("Enter")
    is_charted(page, "AAPL")


def test_digit_finds_an_interval(page: Page) -> None:
    page.keyboard.type("15m")
    expect(page.locator(CHOSEN)).to_have_text("Interval 15m")
    page.keyboard.press("Enter")
    page.wait_for_function("() => deskChart.view().interval === '15m'")
    expect(page.locator("#interval [aria-pressed=true]")).to_have_text("15m")


def test_escape_closes_the_search_and_changes_nothing(page: Page) -> None:
    """Report: a part of a name stayed after Escape; the next text was appended to it."""
    page.keyboard.type("BTC")
    page.keyboard.press("Escape")
    expect(page.locator(FIELD)).to_be_hidden()
    is_charted(page, "AAPL")
    page.keyboard.press("/")
    expect(page.locator(FIELD)).to_have_value("")


def test_arrow_keys_choose_from_the_list(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator(CHOSEN)).to_contain_text("AAPL")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(CHOSEN)).to_have_count(1)
    identity = page.locator(CHOSEN).get_attribute("id")
    expect(page.locator(FIELD)).to_have_attribute("aria-activedescendant", str(identity))
    symbol = page.locator(f"{CHOSEN} .palette-label").inner_text()
    assert symbol != "AAPL"
    page.keyboard.press("Enter")
    is_charted(page, symbol)


def test_commands_are_found_by_their_words(page: Page) -> None:
    for text, label, done in (
        ("hide watch", "Hide watchlist", "document.documentElement.dataset.watch === 'off'"),
        ("show watch", "Show watchlist", "document.documentElement.dataset.watch === 'on'"),
        ("open fore", "Open Forecast", "!document.getElementById('panel-forecast').hidden"),
        ("open over", "Open Overview", "!document.getElementById('panel-overview').hidden"),
        ("theme dark", "Theme dark", "document.documentElement.dataset.theme === 'dark'"),
        ("theme as", "Theme as the system", "document.documentElement.dataset.theme === 'light'"),
        ("1 month", "Range 1 month", "deskChart.view().interval === '1h'"),
    ):
        page.keyboard.press("/")
        page.keyboard.type(text)
        expect(page.locator(f"{CHOSEN} .palette-label")).to_have_text(label)
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => {done}")


@pytest.mark.parametrize("is_composing", [True, False], ids=["Chrome", "Safari"])
def test_enter_that_confirms_a_composed_text_chooses_no_symbol(page: Page, is_composing: bool) -> None:
    """Report: WebKit 165004, Safari sends that Enter after the end of the composition, with the code 229."""
    page.keyboard.press("/")
    page.keyboard.type("BTC")
    enter = {"key": "Enter", "keyCode": 229, "isComposing": is_composing, "bubbles": True, "cancelable": True}
    page.evaluate(
        "(enter) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', enter))", enter
    )
    expect(page.locator(FIELD)).to_have_value("BTC")
    expect(page.locator(CHOSEN)).to_contain_text("BTC/USD")
    assert page.evaluate("deskChart.view().symbol") == "AAPL"


def test_symbols_that_match_more_exactly_come_first(page: Page) -> None:
    """Report: V stood behind NVDA, and no typed text reached it by Enter alone."""
    page.evaluate("""() => deskWatchlist.apply(["NVDA", "VOD", "V"].map((symbol) =>
        ({ ...deskWatchlist.row("AAPL"), symbol, name: "" })), true)""")
    page.keyboard.type("v")
    labels = page.locator("#found [aria-label=Symbols] .palette-label")
    expect(labels).to_have_text(["V", "VOD", "NVDA"])
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_function("() => window.deskChart?.view()?.bars.length")


def test_single_keys_can_be_switched_off(page: Page) -> None:
    """WCAG 2.1.4: a word spoken to a computer is many letters typed at the page."""
    page.keyboard.press("?")
    page.get_by_label("Single keys").uncheck()
    page.keyboard.press("Escape")
    for key in ("a", "5", "/", "?", "["):
        page.keyboard.press(key)
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate("document.documentElement.dataset.watch") == "on"
    page.keyboard.press("Control+k")
    expect(page.locator(FIELD)).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("#keys").click()
    page.get_by_label("Single keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator(FIELD)).to_be_focused()


@pytest.mark.parametrize(
    ("width", "height"), [(1440, 900), pytest.param(1024, 768, marks=pytest.mark.variant), (390, 844)]
)
def test_open_search_has_no_barriers_and_is_seen_whole(fresh_page: Page, width: int, height: int) -> None:
    """Scenario: axe named a list outside every landmark that no key could scroll, and one without an entry."""
    fresh_page.set_viewport_size({"width": width, "height": height})
    fresh_page.locator("#find").click()
    first = fresh_page.get_by_role("option", name="AAPL")
    expect(first).to_be_visible()
    box = first.bounding_box()
    assert box is not None
    centre = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    on_top = fresh_page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('[role=option]')?.innerText", centre
    )
    assert "AAPL" in on_top
    assert barriers(fresh_page) == []
    fresh_page.keyboard.type("nothing of this name")
    expect(fresh_page.get_by_role("option").first).to_have_text("No matching symbol or command")
    assert barriers(fresh_page) == []
    fresh_page.keyboard.press("Enter")
    expect(fresh_page.locator(FIELD)).to_be_focused()
