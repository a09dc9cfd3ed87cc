"""Which requests the server of the page answers, and what another site in the same browser can do with it."""

import asyncio
import http.client
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from starlette.types import Message, Receive, Scope, Send

from dashboard.api.guard import Guard, Names, names_at
from shared.embedded.ports import free_port
from tests.inputs.env_files import loaded, refusal
from tests.pages import Serve, model_of, serving
from tests.slowness import PATIENCE
from tests.tab import Tab
from tests.unit.local_http import Reply, answering

HEADERS = {
    "content-security-policy",
    "x-frame-options",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-resource-policy",
}
PATHS = [
    ("GET", "/", 200),
    ("GET", "/desk", 200),
    ("GET", "/healthz", 200),
    ("GET", "/assets/0_theme.css", 200),
    ("GET", "/_dash-layout", 200),
    ("GET", "/api/v1/history/AAA?bars=2", 200),
    ("GET", "/api/v1/history/AAA?interval=2m", 422),
    ("GET", "/api/v1/nothing", 404),
    ("GET", "/assets/nothing.css", 404),
    ("POST", "/healthz", 405),
    ("POST", "/_dash-update-component", 500),
]


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market_dsn: str) -> str:
    """The server of the small market."""
    return serve_to_all(market_dsn, "live")


@pytest.fixture(scope="module")
def serve_under(market_dsn: str) -> Iterator[Callable[[Names], str]]:
    """Serves the page of the small market under these names; gives its address."""
    with ExitStack() as servers:
        yield lambda names: servers.enter_context(serving(model_of(market_dsn, "live"), free_port(), names))


def ask(
    address: str, method: str, path: str, host: str | None, **headers: str
) -> tuple[int, dict[str, str], str]:
    """Status, headers and text of an answer to a request for a host of any name, or of none."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE)
    connection.putrequest(method, path, skip_host=True)
    if host is not None:
        connection.putheader("Host", host)
    for name, value in {**headers, "Content-Length": "0"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    found = (
        answer.status,
        {name.lower(): value for name, value in answer.getheaders()},
        answer.read().decode(),
    )
    connection.close()
    return found


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1.evil.example",
        "x@127.0.0.1",
        "127.0.0.1/x",
        "",
        None,
        "10.0.0.9",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/api/v1/history/AAA"), ("POST", "/api/v1/switch")]
)
def test_request_for_another_name_is_refused(method: str, path: str, host: str | None, address: str) -> None:
    """Scenario: DNS rebinding. evil.example leads to 127.0.0.1, and its page asks "its own" server to switch."""
    port = str(urlsplit(address).port)
    named = None if host is None else host.format(port=port)
    status, headers, text = ask(address, method, path, named, Origin=f"http://{named}")
    assert (status, "<html" in text, "columns" in text) == (400, False, False)
    assert headers.keys() >= HEADERS


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8050", socket.gethostname()]
)
def test_request_for_this_machine_is_answered(host: str, serve_under: Callable[[Names], str]) -> None:
    """Scenario: a user at the machine itself, or one who types its name."""
    assert ask(serve_under(names_at("127.0.0.1", ())), "GET", "/healthz", host)[0] == 200


def test_name_behind_a_proxy_is_answered_once_it_is_set(serve_under: Callable[[Names], str]) -> None:
    """Scenario: a proxy shows the page as desk.example.org, and gives either name on to the server."""
    address = serve_under(names_at("127.0.0.1", ("Desk.example.org",)))
    origin = "https://desk.example.org"
    for host in ("desk.example.org", "127.0.0.1:8050"):
        assert ask(address, "POST", "/api/v1/switch", host, Origin=origin)[0] == 409
    assert (
        ask(address, "POST", "/api/v1/switch", "desk.example.org", Origin="https://desk.example.org:444")[0]
        == 403
    )
    assert ask(address, "GET", "/", "other.example.org")[0] == 400


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.org",
        "null",
        "",
        "http://localhost:3000",
        "http://127.0.0.1",
        "file://",
        "http://[::1",
    ],
)
def test_what_changes_something_is_for_the_page_of_this_server_alone(origin: str, address: str) -> None:
    """Scenario: another site, or another program's page on this machine, posts to the switch or to a callback."""
    own = urlsplit(address).netloc
    for path in ("/api/v1/switch", "/_dash-update-component"):
        assert ask(address, "POST", path, own, Origin=origin)[0] == 403
        assert ask(address, "POST", path, own)[0] == 403
    assert ask(address, "POST", "/api/v1/switch", own, Origin=address)[0] == 409


@pytest.mark.parametrize(
    "length",
    [{"Content-Length": "65537"}, {"Content-Length": "9" * 5000}, {"Transfer-Encoding": "chunked"}],
    ids=["large", "endless", "without-length"],
)
@pytest.mark.parametrize("path", ["/api/v1/switch", "/_dash-update-component"])
def test_body_that_the_page_would_never_send_is_not_taken(
    path: str, length: dict[str, str], address: str
) -> None:
    """Scenario: a client sends a body without end, which the server would gather in its memory."""
    own = urlsplit(address).netloc
    connection = http.client.HTTPConnection(own, timeout=PATIENCE)
    connection.putrequest("POST", path)
    for name, value in {"Origin": address, **length}.items():
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status in (400, 413)
    connection.close()
    assert ask(address, "POST", "/api/v1/switch", own, Origin=address)[0] == 409


@pytest.mark.parametrize(("method", "path", "status"), PATHS)
def test_every_answer_forbids_frames_foreign_scripts_and_guessed_types(
    method: str, path: str, status: int, address: str
) -> None:
    """Scenario: the page in a frame of another site, a file that is taken for a script, errors among them."""
    found, headers, _ = ask(address, method, path, urlsplit(address).netloc, Origin=address)
    assert found == status
    assert headers.keys() >= HEADERS
    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["frame-ancestors"]) == ("'self'", "'none'")
    assert "unsafe" not in policy["script-src"]
    assert "http" not in headers["content-security-policy"]


def test_script_that_is_not_the_page_own_does_not_run(tab: Tab, address: str) -> None:
    """Scenario: text of a provider that became markup."""
    with tab.visit(address) as visit:
        page = visit.page
        expect(page.locator("#last")).not_to_have_text("–")
        assert visit.complaints == []
        page.evaluate(
            """() => {
                const image = document.createElement("div");
                image.innerHTML = "<img src=x onerror='window.ran = 1'>";
                const script = document.createElement("script");
                script.textContent = "window.ran = 1";
                document.body.append(image, script);
            }"""
        )
        page.wait_for_function("() => document.querySelector('img[src=x]').complete")
        assert page.evaluate("window.ran") is None
        assert any("Content Security Policy" in complaint for complaint in visit.complaints)


def test_page_is_not_shown_in_a_frame_of_another_site(browser: Browser, address: str) -> None:
    """Scenario: a site draws its own buttons over the page."""
    with answering(lambda _: Reply(f"<iframe src='{address}'></iframe>")) as site:
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(site.url)
        page.wait_for_load_state("networkidle")
        began = time.monotonic()
        while not any("frame" in complaint for complaint in complaints):
            assert time.monotonic() - began < PATIENCE, complaints
            page.wait_for_timeout(40)
        assert [frame.url for frame in page.frames[1:]] == ["chrome-error://chromewebdata/"]
        page.close()


@pytest.mark.parametrize(
    ("host", "origin", "is_let_in"),
    [
        ("localhost:8050", "http://localhost:8050", True),
        ("localhost:8050", None, True),
        ("localhost:8050", "https://example.org", False),
        ("evil.example", "http://evil.example", False),
    ],
)
def test_socket_opens_for_the_page_of_this_server_and_for_programs(
    host: str, origin: str | None, is_let_in: bool
) -> None:
    """Scenario: another site opens a socket, which browsers let every site do."""
    sent: list[Message] = []

    async def opening(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "websocket.accept"})

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"host", host.encode()), *([(b"origin", origin.encode())] if origin else [])]
    scope = {"type": "websocket", "headers": headers, "server": ("127.0.0.1", 8050)}
    with ThreadPoolExecutor(1) as thread:  # the browser's tests have a loop in this one
        thread.submit(asyncio.run, Guard(opening, Names(), {})(scope, receive, send)).result()
    assert [message["type"] for message in sent] == ["websocket.accept" if is_let_in else "websocket.close"]


def test_malformed_names_in_the_settings_are_refused(env_file: Path) -> None:
    """Scenario: an address with its scheme where a name belongs."""
    assert loaded(env_file, "DASHBOARD_ALLOWED_HOSTS=desk.example.org, a.b:8443").screen.allowed_hosts == (
        "desk.example.org",
        "a.b:8443",
    )
    message = refusal(env_file, "DASHBOARD_ALLOWED_HOSTS=https://desk.example.org")
    assert "must be host or host:port without a scheme" in message
