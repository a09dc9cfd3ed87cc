"""Ticks that are pushed: they come at once, an interval replaces them, and no client harms another."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from typing import Any, TypeVar

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dashboard.read.read_model import ReadModel
from shared.postgres.announcements import LAST_QUOTES, OPEN_BARS, announce
from shared.postgres.database import connect as connected
from shared.postgres.database import transaction
from tests.copied import database_with_tables
from tests.pages import Serve, model_of, page_port, serving
from tests.screen_rows import ScreenMinute, fill, open_bar
from tests.slowness import PATIENCE
from tests.waiting import wait_for

ASKED = {"symbol": "AAA", "interval": "1m", "sequence": 0, "generation": 0, "last_start": 0}
Made = TypeVar("Made")
CALLBACK = "**/_dash-update-component*"


@pytest.fixture(scope="module")
def dsn(embedded_postgres: str) -> str:
    """A database of two symbols."""
    made = database_with_tables(embedded_postgres, "pushed_market")
    with closing(connected(made, "test")) as connection, transaction(connection) as cursor:
        fill(cursor, {"AAA": 100.0, "BBB": 50.0}, int(time.time()), bars=60)
    return made


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, dsn: str) -> str:
    """The page of these."""
    return serve_to_all(dsn, "live")


def run(what: Coroutine[Any, Any, Made]) -> Made:
    """The result of a coroutine, in a thread of its own: the browser has an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, what).result()


def quote(dsn: str, price: float, symbol: str = "AAA") -> None:
    """Write a last quote and announce it, as analytics does."""
    with closing(connected(dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            "update symbols set price = %s, received_time = now(), event_time = now() where symbol = %s",
            (price, symbol),
        )
        announce(cursor, LAST_QUOTES, [symbol])


def address_of(page: str) -> str:
    """The address of the WebSocket of a page."""
    return page.replace("http", "ws") + "/ws/ticks"


@asynccontextmanager
async def viewer(page: str, **options: Any) -> AsyncIterator[ClientConnection]:
    """A connection that has said what it shows."""
    async with connect(address_of(page), **options) as opened:
        await opened.send(msgspec.json.encode(ASKED).decode())
        yield opened


async def tick(opened: ClientConnection, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The first tick that is wanted."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found: dict[str, Any] = msgspec.json.decode(await opened.recv())
            if wanted(found):
                return found


def prices(found: dict[str, Any]) -> dict[str, float]:
    """The prices in the rows of a tick."""
    return {row["symbol"]: row["last"] for row in found["rows"]}


@contextmanager
def open_page(browser: Browser, address: str) -> Iterator[Page]:
    """A page in a profile of its own that receives ticks."""
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(address)
        page.wait_for_function("window.deskSocket && deskSocket.isLive() && deskChart.holds('AAA', '1m')")
        yield page


def test_tick_reaches_the_page_without_any_answer_at_an_interval(
    browser: Browser, address: str, dsn: str
) -> None:
    with open_page(browser, address) as page:
        page.route(CALLBACK, lambda route: route.abort())
        quote(dsn, 123.25)
        expect(page.locator("#last")).to_have_text("123.25")
        expect(page.locator("#watch-rows [data-symbol='AAA']")).to_contain_text("123.25")
        quote(dsn, 61.5, "BBB")
        expect(page.locator("#watch-rows [data-symbol='BBB']")).to_contain_text("61.50")


def test_open_bar_is_pushed_to_the_chart(browser: Browser, address: str, dsn: str) -> None:
    with open_page(browser, address) as page:
        page.route(CALLBACK, lambda route: route.abort())
        start = page.evaluate("deskChart.newest().bar.start")
        with closing(connected(dsn, "test")) as connection, transaction(connection) as cursor:
            open_bar(cursor, ScreenMinute("AAA", start, 131.75))
            announce(cursor, OPEN_BARS, ["AAA"])
        page.wait_for_function("deskChart.newest().bar.close === 131.75")


def test_page_whose_connection_is_refused_follows_at_an_interval(
    browser: Browser, address: str, dsn: str
) -> None:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.route_web_socket("**/ws/ticks", lambda opened: opened.close())
        page.goto(address)
        page.wait_for_function("window.deskChart && deskChart.holds('AAA', '1m')")
        for price in (91.25, 92.25):
            quote(dsn, price)
            expect(page.locator("#last")).to_have_text(f"{price:.2f}")
        assert not page.evaluate("deskSocket.isLive()")


def test_page_gets_what_it_lacks_after_the_server_was_restarted(browser: Browser, dsn: str) -> None:
    port = page_port()
    with closing(browser.new_context()) as context:
        with serving(model_of(dsn, "live"), port) as address:
            page = context.new_page()
            page.goto(address)
            page.wait_for_function("window.deskSocket && deskSocket.isLive()")
        page.wait_for_function("!deskSocket.isLive()")
        quote(dsn, 77.75)
        with serving(model_of(dsn, "live"), port):
            expect(page.locator("#last")).to_have_text("77.75")
            page.wait_for_function("deskSocket.isLive()")


def test_hidden_page_has_no_connection_and_catches_up_when_it_is_seen_again(
    browser: Browser, address: str, dsn: str
) -> None:
    show = """hidden => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event('visibilitychange'));
    }"""
    with open_page(browser, address) as page:
        page.evaluate(show, True)
        assert not page.evaluate("deskSocket.isLive()")
        page.route(CALLBACK, lambda route: route.abort())
        quote(dsn, 88.5)
        page.evaluate(show, False)
        expect(page.locator("#last")).to_have_text("88.50")


def test_viewer_resumes_with_what_has_changed_since_its_sequence(address: str, dsn: str) -> None:
    async def resume() -> tuple[dict[str, Any], dict[str, Any]]:
        async with viewer(address) as opened:
            first = await tick(opened, lambda found: len(found["rows"]) == 2)
        quote(dsn, 44.5, "BBB")
        has = {name: first[name] for name in ("sequence", "generation")}
        async with connect(address_of(address)) as opened:
            await opened.send(msgspec.json.encode(ASKED | has).decode())
            return first, await tick(opened, lambda found: prices(found).get("BBB") == 44.5)

    first, resumed = run(resume())
    assert prices(resumed).keys() == {"BBB"}
    assert resumed["sequence"] > first["sequence"]


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://example.org"}, {"Origin": "null"}], ids=["another site", "a sandbox"]
)
def test_page_of_another_site_gets_no_ticks(address: str, headers: dict[str, str]) -> None:
    async def refused() -> int:
        with pytest.raises(InvalidStatus) as found:
            async with connect(address_of(address), additional_headers=headers):
                pass
        return found.value.response.status_code

    assert run(refused()) == 403


def test_request_under_another_host_name_gets_no_ticks(address: str) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as raw:
        lines = ["GET /ws/ticks HTTP/1.1", "Host: example.org", "Upgrade: websocket", "Connection: Upgrade"]
        lines += ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version: 13", "", ""]
        raw.sendall("\r\n".join(lines).encode())
        assert raw.recv(12) == b"HTTP/1.1 403"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", 1008),
        ("[]", 1008),
        ('{"symbol": 1}', 1008),
        (msgspec.json.encode(ASKED | {"sequence": "0"}).decode(), 1008),
        (b"\x00\xff", 1008),
        ("x" * 10_000_000, 1009),
    ],
    ids=["empty", "a list", "not all", "a text for a number", "bytes", "10 MB"],
)
def test_frame_that_is_no_request_ends_its_own_connection_alone(
    address: str, dsn: str, frame: str | bytes, code: int
) -> None:
    async def ended() -> int | None:
        async with viewer(address) as other, viewer(address) as opened:
            with pytest.raises(ConnectionClosed) as found:
                await opened.send(frame)
                while True:
                    await opened.recv()
            quote(dsn, 70.5)
            await tick(other, lambda each: prices(each).get("AAA") == 70.5)
            quote(dsn, 70.75)
            await tick(other, lambda each: prices(each).get("AAA") == 70.75)
            return found.value.rcvd.code if found.value.rcvd else None

    assert run(ended()) == code


def test_request_for_what_is_not_there_gets_ticks_without_a_chart(address: str) -> None:
    async def first() -> dict[str, Any]:
        asked = ASKED | {"symbol": "<b>'; drop table bars", "interval": "7y", "last_start": -(2**62)}
        async with connect(address_of(address)) as opened:
            await opened.send(msgspec.json.encode(asked).decode())
            return await tick(opened, lambda found: True)

    found = run(first())
    assert "symbol" not in found and len(found["rows"]) == 2


def test_viewer_that_floods_the_server_is_turned_away(address: str) -> None:
    async def flooded() -> int | None:
        async with viewer(address) as opened:
            with pytest.raises(ConnectionClosed) as found:
                while True:
                    await opened.send(msgspec.json.encode(ASKED).decode())
            return found.value.rcvd.code if found.value.rcvd else None

    # None where the server's last word is lost: it closes the connection while frames are under way to it.
    assert run(flooded()) in (1008, None)


def test_too_many_viewers_are_refused_and_those_that_are_there_go_on(
    monkeypatch: pytest.MonkeyPatch, serve_model: Callable[[ReadModel], str], dsn: str
) -> None:
    monkeypatch.setattr("dashboard.api.ticks.MAX_VIEWERS", 2)
    own = serve_model(model_of(dsn, "live"))

    async def refused() -> int:
        async with viewer(own) as one, viewer(own):
            await tick(one, lambda found: len(found["rows"]) == 2)
            with pytest.raises(InvalidStatus) as found:
                async with viewer(own):
                    pass
            quote(dsn, 71.5)
            await tick(one, lambda each: prices(each).get("AAA") == 71.5)
            return found.value.response.status_code

    assert run(refused()) == 403


def test_viewer_that_says_nothing_is_let_go(
    monkeypatch: pytest.MonkeyPatch, serve_model: Callable[[ReadModel], str], dsn: str
) -> None:
    monkeypatch.setattr("dashboard.api.ticks.PATIENCE_SECONDS", 0.2)
    own = serve_model(model_of(dsn, "live"))

    async def ended() -> bool:
        async with connect(address_of(own)) as opened, asyncio.timeout(PATIENCE):
            await opened.wait_closed()
            return True

    assert run(ended())


def test_ticks_show_that_the_database_is_gone_and_that_it_is_back(
    serve_model: Callable[[ReadModel], str], dsn: str
) -> None:
    addresses = [dsn]
    model = ReadModel(lambda: addresses[0], "live", 100, time.time_ns() // 1_000_000, "test", "test")
    own = serve_model(model)

    async def followed() -> dict[str, Any]:
        async with viewer(own) as opened:
            await tick(opened, lambda found: found["is_current"] and bool(found["rows"]))
            addresses[0] = "host=127.0.0.1 port=1 dbname=nothing"
            end_reading(dsn)
            gone = await tick(opened, lambda found: not found["is_current"])
            addresses[0] = dsn
            await tick(opened, lambda found: found["is_current"] and len(found["rows"]) == 2)
            return gone

    assert run(followed())["now"] > 0
    wait_for(lambda: model.snapshot.condition == "reading")


def end_reading(dsn: str) -> None:
    """End the connections of the page's server, as a restart of PostgreSQL does."""
    with closing(connected(dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'tickstream screen'"
        )
