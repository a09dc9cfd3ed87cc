"""The server of the page, requested without a browser."""

import gzip
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from dashboard.read.read_model import ReadModel
from dashboard.read.sql.market_queries import BETAS, BREADTH
from shared.embedded import kill, postgres_in
from shared.embedded.daemon import find
from shared.embedded.ports import free_port
from shared.runtime.supervision import EXIT_STOP
from tests.conftest import PROJECT
from tests.pages import Serve
from tests.slowness import PATIENCE
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market_dsn: str) -> str:
    """The server of the small market."""
    return serve_to_all(market_dsn, "live")


def get(url: str) -> tuple[int, dict[str, Any]]:
    """Status and JSON of an answer, unpacked."""
    try:
        with urlopen(Request(url, headers={"Accept-Encoding": "gzip"})) as answer:
            body = answer.read()
            packed = answer.headers.get("Content-Encoding") == "gzip"
            return answer.status, json.loads(gzip.decompress(body) if packed else body)
    except HTTPError as error:
        return error.code, json.loads(error.read())


def answers(url: str) -> bool:
    """Whether a server is there."""
    try:
        return get(url)[0] == 200
    except URLError:
        return False


def test_history_comes_as_columns_of_one_length(address: str) -> None:
    status, answer = get(f"{address}/api/v1/history/AAA?interval=1m&bars=50")
    assert status == 200
    assert {len(values) for values in answer["columns"].values()} == {50}
    assert answer["columns"]["start"] == sorted(answer["columns"]["start"])


def test_own_indicators_past_forecasts_and_diagnostics_of_a_symbol_without_any_are_empty(
    address: str,
) -> None:
    status, answer = get(f"{address}/api/v1/forecasts/BTC%2FUSD?interval=1m")
    assert (status, answer["text"], answer["columns"]["close"]) == (200, "", [])
    status, answer = get(f"{address}/api/v1/own/BTC%2FUSD?interval=1m&bars=5&before=1800000000")
    assert (status, answer["columns"]) == (200, {"start": []})
    status, answer = get(f"{address}/api/v1/diagnostics/BTC%2FUSD?interval=1d")
    assert (status, answer["symbol"], answer["interval"]) == (200, "BTC/USD", "1d")
    assert answer["findings"] == {} and answer["fits"] == answer["trainings"] == answer["records"] == []
    assert get(f"{address}/api/v1/diagnostics/AAA?interval=2m")[0] == 422


def test_market_comes_as_columns_also_for_an_interval_that_is_not_kept(address: str) -> None:
    status, answer = get(f"{address}/api/v1/market?interval=5m&times=3")
    assert (status, answer["interval"]) == (200, "5m")
    assert answer["breadth"].keys() == {"time", *BREADTH}
    assert answer["betas"].keys() == set(BETAS)
    assert not any(answer["breadth"].values()) and not any(answer["betas"].values())
    assert get(f"{address}/api/v1/market?times=0")[0] == 422


@pytest.mark.parametrize("about", ["history", "own", "forecasts", "diagnostics", "mood"])
def test_symbol_that_no_table_can_hold_is_refused(about: str, address: str) -> None:
    """Scenario: an address with %00, which any site can have a browser ask for: a traceback in the log each time."""
    assert get(f"{address}/api/v1/{about}/AAA%00")[0] == 422
    assert get(f"{address}/api/v1/{about}/AAA%0Dx")[0] == 422


def test_history_of_a_symbol_with_a_slash_is_found(address: str) -> None:
    for path in ("BTC%2FUSD", "BTC/USD"):
        status, answer = get(f"{address}/api/v1/history/{path}?bars=5")
        assert (status, answer["symbol"], len(answer["columns"]["start"])) == (200, "BTC/USD", 5)


def test_history_of_an_unknown_interval_is_refused(address: str) -> None:
    assert get(f"{address}/api/v1/history/AAA?interval=2m")[0] == 422


def test_unknown_path_of_the_api_does_not_return_the_page(address: str) -> None:
    status, answer = get(f"{address}/api/v1/nothing")
    assert (status, answer["status"]) == (404, 404)


def switch(address: str, origin: str | None) -> int:
    """The status of asking for live quotes from a page of `origin`."""
    headers = {} if origin is None else {"Origin": origin}
    try:
        with urlopen(Request(f"{address}/api/v1/switch", method="POST", headers=headers)) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_only_the_page_itself_may_ask_for_live_quotes(address: str) -> None:
    assert [switch(address, origin) for origin in (None, "null", "https://example.org")] == [403] * 3


def test_live_quotes_that_are_not_on_offer_cannot_be_requested(address: str) -> None:
    assert switch(address, address) == 409


def test_history_is_adjusted_only_on_request(address: str, market_dsn: str) -> None:
    raw = get(f"{address}/api/v1/history/BBB?bars=5")[1]
    assert (raw["marks"], get(f"{address}/api/v1/history/BBB?bars=5&adjusted=true")[1]) == ([], raw)


def test_health_reports_what_can_be_shown(address: str) -> None:
    status, answer = get(f"{address}/healthz")
    assert (status, answer["status"]) == (200, "ok")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_health_reports_reading_that_ended_by_a_permanent_error(
    serve_model: Callable[[ReadModel], str],
) -> None:
    def address_of_nothing() -> str:
        raise ValueError("no address")

    model = ReadModel(address_of_nothing, "live", 10, 1, "test", "test")
    address = serve_model(model)
    wait_for(lambda: model.has_failed)
    status, answer = get(f"{address}/healthz")
    assert (status, answer["status"]) == (503, "failed")


def test_page_is_in_english_and_loads_from_its_own_server_only(address: str) -> None:
    with urlopen(address) as answer:
        html = answer.read().decode()
    assert '<html lang="en" ' in html
    assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []


def test_embedded_database_that_died_under_the_screen_is_started_again(tmp_path: Path) -> None:
    port, database = free_port(), postgres_in(tmp_path, free_port())
    settings = {
        "TICKSTREAM_DATA": str(tmp_path),
        "EMBEDDED_POSTGRES_PORT": str(database.port),
        "SOURCES": "simulated",
    }
    command = [sys.executable, str(PROJECT / "start_dashboard.py"), "--port", str(port)]
    screen = subprocess.Popen(command, cwd=PROJECT, env=os.environ | settings)
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/healthz"))
        before = find(database)
        kill(database)
        wait_for(lambda: find(database) not in (None, before))
    finally:
        screen.terminate()
        assert screen.wait(PATIENCE) == 0
    assert find(database) is None


def test_taken_port_is_reported_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, str(PROJECT / "start_dashboard.py"), "--port", port]
        found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert found.returncode == EXIT_STOP
    assert found.stderr.strip().endswith(
        f"Port {port} is in use, perhaps by another server of the page: set another one with --port or DASHBOARD_PORT."
    )
    assert "Traceback" not in found.stderr
