"""What a user does at the desk, on a screen of any size."""

from playwright.sync_api import Page, expect


def show_pane(page: Page, name: str) -> None:
    """On a phone, the pane watch, chart or details; elsewhere all are seen."""
    page.locator("#panes").wait_for(state="attached")
    if page.locator("#panes").is_visible():
        page.locator(f"#panes [data-pane={name}]").click()


def choose(page: Page, symbol: str) -> None:
    """Take a symbol of the watchlist to the chart."""
    show_pane(page, "watch")
    page.locator(f"#watch-rows [data-symbol='{symbol}']").click()


def open_tab(page: Page, label: str) -> None:
    """Open a tab of the details, also where they are a drawer."""
    show_pane(page, "details")
    page.locator("#details").wait_for(state="attached")
    if not page.locator("#details").is_visible():
        page.locator("#details-switch").click()
    page.get_by_role("tab", name=label).click()


def switch_study(page: Page, label: str) -> None:
    """Show or hide a study of the chart."""
    page.locator("#studies-open").click()
    page.locator("#studies").get_by_text(label, exact=True).click()
    page.keyboard.press("Escape")
    expect(page.locator("#studies")).to_be_hidden()
