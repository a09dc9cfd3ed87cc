"""The page as an app of its own, and without its server."""

import json
import struct
from contextlib import closing
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, expect

from tests.pages import Serve, model_of, page_port, serving

READY = "() => navigator.serviceWorker.controller !== null"


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market_dsn: str) -> str:
    """The page of the small market."""
    return serve_to_all(market_dsn, "live")


def test_manifest_names_icons_of_the_stated_sizes_and_a_start_that_exists(address: str) -> None:
    with urlopen(f"{address}/assets/app.webmanifest") as answer:
        assert answer.headers["content-type"] == "application/manifest+json"
        manifest = json.load(answer)
    pictures = [icon for icon in manifest["icons"] if icon["type"] == "image/png"]
    assert {(icon["sizes"], icon.get("purpose", "any")) for icon in pictures} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for icon in pictures:
        with urlopen(address + icon["src"]) as answer:
            width, height = struct.unpack(">II", answer.read()[16:24])
        assert icon["sizes"] == f"{width}x{height}"
    with urlopen(address + manifest["start_url"]) as answer:
        assert answer.status == 200


def test_page_without_its_server_tells_so_and_opens_by_itself_later(
    browser: Browser, market_dsn: str
) -> None:
    with closing(browser.new_context(service_workers="allow")) as context:
        page = context.new_page()
        with serving(model_of(market_dsn, "live"), port := page_port()) as own:
            page.goto(f"{own}/desk?symbol=BBB&interval=5m")
            page.wait_for_function(READY)
            expect(page.locator("#symbol")).to_have_text("BBB")
        page.reload()
        expect(page.get_by_role("heading")).to_have_text("No connection")
        expect(page.locator("body")).not_to_contain_text("250")
        assert page.locator("h1").evaluate("(one) => getComputedStyle(one).fontFamily").startswith("Inter")
        with serving(model_of(market_dsn, "live"), port):
            expect(page.locator("#symbol")).to_have_text("BBB")
            assert "/desk?symbol=BBB&interval=5m" in page.url
