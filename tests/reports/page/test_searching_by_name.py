"""The search field for symbols: its input, its list, and its accessibility."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.tab import Tab
from tests.walk.seeing import quiet_page

FIELD = "#symbol"


@pytest.fixture
def page(shared_page: Page) -> Page:
    """The page of the tests before, with AAPL on the chart."""
    return shared_page


@pytest.fixture
def own_page(browser: Browser, address: str) -> Iterator[Page]:
    """A page whose clock may be set: that of the other tests would keep it."""
    with closing(Tab(browser)) as own, quiet_page(own, address) as opened:
        yield opened


def barriers(page: Page) -> list[str]:
    """What axe-core finds: the rule, and where it is broken."""
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in found for node in rule["nodes"]]


def take(page: Page, symbol: str) -> None:
    """Type a symbol's name into the field that has the focus, and choose it."""
    page.keyboard.type(symbol)
    expect(page.get_by_role("option").first).to_have_text(symbol)
    page.keyboard.press("Enter")
    page.wait_for_function("(symbol) => deskChart.view().symbol === symbol", arg=symbol)
    expect(page.locator(FIELD)).to_have_value(symbol)


def test_next_symbol_takes_the_place_of_the_one_chosen_before(page: Page) -> None:
    """Scenario: a symbol is searched for, Enter, then another: the field held "AAPLNEW" and found no such symbol."""
    page.locator(FIELD).click()
    take(page, "BTC/USD")
    page.locator(FIELD).click()
    take(page, "AAPL")
    take(page, "BTC/USD")


def test_list_opened_again_names_no_option_of_the_time_before(page: Page) -> None:
    """Report: after arrow keys and a choice, the field of the list opened next named an option that was gone."""
    field = page.locator(FIELD)
    field.click()
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("Enter")
    expect(field).not_to_have_attribute("aria-controls", re.compile("."))
    field.click()
    expect(page.get_by_role("option").first).to_be_visible()
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile("."))
    page.keyboard.press("ArrowDown")
    expect(page.locator("[role=option][data-combobox-selected]")).to_have_count(1)
    assert field.get_attribute("aria-activedescendant") == page.locator(
        "[data-combobox-selected]"
    ).get_attribute("id")
    page.keyboard.press("Escape")


def test_field_shows_the_symbol_again_after_a_text_that_changed_nothing(page: Page) -> None:
    """Report: a part of a name stayed after Escape, and after a choice of the symbol that was shown already; the next
    text was appended to it."""
    field = page.locator(FIELD)
    field.click()
    page.keyboard.type("BTC")
    expect(page.get_by_role("option").first).to_have_text("BTC/USD")
    page.keyboard.press("Escape")
    expect(field).to_have_value("AAPL")
    expect(field).to_be_focused()
    expect(field).not_to_have_attribute("aria-controls", re.compile("."))
    take(page, "BTC/USD")
    for is_clicked in (True, False):
        page.keyboard.type("BTC")
        expect(page.get_by_role("option").first).to_have_text("BTC/USD")
        if is_clicked:
            page.get_by_role("option").first.click()
        else:
            page.keyboard.press("Enter")
        expect(field).to_have_value("BTC/USD")
        expect(field).not_to_have_attribute("aria-controls", re.compile("."))
    field.click()
    take(page, "AAPL")


def test_pasted_symbol_takes_the_place_of_the_one_chosen_before(page: Page) -> None:
    page.locator(FIELD).click()
    take(page, "BTC/USD")
    selected = page.evaluate("""() => {
        const field = document.activeElement;
        field.dispatchEvent(new ClipboardEvent("paste", { bubbles: true }));
        return field.value.slice(field.selectionStart, field.selectionEnd);
    }""")
    assert selected == "BTC/USD"


def test_enter_takes_the_highlighted_symbol_also_before_the_timers_of_the_page_have_run(
    own_page: Page,
) -> None:
    """Scenario: a symbol was typed quickly on a busy machine, and Enter did nothing."""
    own_page.locator(FIELD).click()
    take(own_page, "BTC/USD")
    own_page.clock.install()
    own_page.clock.pause_at(own_page.evaluate("Date.now() + 1000"))
    own_page.keyboard.type("AAPL")
    expect(own_page.get_by_role("option")).to_have_attribute("data-combobox-selected", "true")
    own_page.clock.run_for(100)
    own_page.keyboard.press("Enter")
    expect(own_page.locator(FIELD)).not_to_have_attribute("aria-controls", re.compile("."))
    own_page.clock.resume()
    own_page.wait_for_function("(symbol) => deskChart.view().symbol === symbol", arg="AAPL")


@pytest.mark.parametrize("is_composing", [True, False], ids=["Chrome", "Safari"])
def test_enter_that_confirms_a_composed_text_chooses_no_symbol(page: Page, is_composing: bool) -> None:
    """Report: WebKit 165004, Safari sends that Enter after the end of the composition, with the code 229."""
    page.locator(FIELD).click()
    take(page, "BTC/USD")
    page.keyboard.type("AAPL")
    expect(page.get_by_role("option")).to_have_attribute("data-combobox-selected", "true")
    enter = {"key": "Enter", "keyCode": 229, "isComposing": is_composing, "bubbles": True, "cancelable": True}
    page.evaluate(
        "(enter) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', enter))", enter
    )
    expect(page.locator(FIELD)).to_have_value("AAPL")
    expect(page.get_by_role("option")).to_have_text("AAPL")
    assert page.evaluate("deskChart.view().symbol") == "BTC/USD"


def test_enter_in_a_list_that_was_only_opened_changes_nothing(page: Page) -> None:
    """Report: a symbol was taken from the watchlist, the field was clicked, and Enter opened the first of all."""
    page.locator('.ag-row[row-id="BTC/USD"]').click()
    page.wait_for_function("() => deskChart.view().symbol === 'BTC/USD'")
    page.locator(FIELD).click()
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(FIELD)).not_to_have_attribute("aria-controls", re.compile("."))
    expect(page.locator(FIELD)).to_have_value("BTC/USD")
    assert page.evaluate("deskChart.view().symbol") == "BTC/USD"


def test_symbol_that_is_shown_stays_when_it_is_typed_in_full(page: Page) -> None:
    """Report: the list is not filtered then, and Enter opened the first of all."""
    page.locator(FIELD).click()
    take(page, "BTC/USD")
    page.locator(FIELD).click()
    page.keyboard.type("btc/usd")
    page.keyboard.press("Enter")
    expect(page.locator(FIELD)).not_to_have_attribute("aria-controls", re.compile("."))
    assert page.evaluate("deskChart.view().symbol") == "BTC/USD"


def test_symbols_that_match_more_exactly_come_first(page: Page) -> None:
    """Report: V stood behind NVDA, and no typed text reached it by Enter alone."""
    found = page.evaluate("""() => dashMantineFunctions.matchingSymbols({ search: " v", options:
        ["NVDA", "VOD", "V", "AAPL"].map((label) => ({ label })) }).map(({ label }) => label)""")
    assert found == ["V", "VOD", "NVDA"]


def test_arrow_keys_choose_from_the_list(page: Page) -> None:
    page.locator(FIELD).click()
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    highlighted = page.locator("[role=option][data-combobox-selected]")
    expect(highlighted).to_have_count(1)
    symbol = highlighted.inner_text()
    page.keyboard.press("Enter")
    page.wait_for_function("(symbol) => deskChart.view().symbol === symbol", arg=symbol)


def test_part_of_a_name_is_corrected_and_not_replaced(page: Page) -> None:
    page.locator(FIELD).click()
    page.keyboard.type("AAX")
    page.keyboard.press("Backspace")
    page.keyboard.type("P")
    expect(page.locator(FIELD)).to_have_value("AAP")
    expect(page.get_by_role("option").first).to_have_text("AAPL")


@pytest.mark.parametrize(
    ("width", "height"), [(1440, 900), pytest.param(1024, 768, marks=pytest.mark.variant), (390, 844)]
)
def test_open_list_of_symbols_has_no_barriers_and_is_seen_whole(
    fresh_page: Page, width: int, height: int
) -> None:
    """Scenario: axe named a list outside every landmark that no key could scroll, and one without an entry."""
    fresh_page.set_viewport_size({"width": width, "height": height})
    fresh_page.locator(FIELD).click()
    first = fresh_page.get_by_role("option", name="AAPL")
    expect(first).to_be_visible()
    box = first.bounding_box()
    assert box is not None
    centre = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    on_top = fresh_page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).closest('[role=option]')?.innerText", centre
    )
    assert on_top == "AAPL"
    assert barriers(fresh_page) == []
    fresh_page.keyboard.type("nothing of this name")
    expect(fresh_page.get_by_role("option").first).to_have_text("No matching symbol")
    assert barriers(fresh_page) == []
