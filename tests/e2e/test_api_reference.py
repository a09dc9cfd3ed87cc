"""The description of the API: complete, true, and shown by a page of this server alone."""

import re
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from playwright.sync_api import expect
from pydantic import BaseModel

from dashboard.api.libraries import CHART_LIBRARY, library_folder, read_package
from dashboard.api.v1 import answers
from shared.embedded.ports import free_port
from shared.files import downloads
from tests.conftest import PROJECT
from tests.e2e.asking import ask
from tests.pages import Serve
from tests.tab import Tab

DOCUMENT = PROJECT / "docs" / "api.md"
ROUTES: list[tuple[str, type[BaseModel]]] = [
    ("/healthz", answers.HealthAnswer),
    ("/api/v1/history/AAA?bars=20", answers.HistoryAnswer),
    ("/api/v1/history/AAA?bars=20&after=0", answers.HistoryAnswer),
    ("/api/v1/own/AAA", answers.OwnAnswer),
    ("/api/v1/alerts/AAA", answers.AlertsAnswer),
    ("/api/v1/mood/AAA", answers.MoodAnswer),
    ("/api/v1/forecasts/AAA", answers.ForecastsAnswer),
    ("/api/v1/diagnostics/AAA", answers.DiagnosticsAnswer),
    ("/api/v1/market", answers.MarketAnswer),
]
EXAMPLE = re.compile(r"^curl (?:-X (\w+) )?.*'http://localhost:8050(/[^']+)'$", re.MULTILINE)


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market_dsn: str) -> str:
    """The server of the small market."""
    return serve_to_all(market_dsn, "live")


@pytest.fixture(scope="module")
def description(address: str) -> Any:
    """What the server says of its API."""
    return ask(address, "/api/v1/openapi.json").json


@pytest.mark.parametrize(("path", "model"), ROUTES)
def test_answer_is_as_described(path: str, model: type[BaseModel], address: str) -> None:
    answer = ask(address, path)
    assert answer.status == 200
    model.model_validate(answer.json)


def test_columns_of_bars_are_those_described(address: str, description: Any) -> None:
    described = description["components"]["schemas"]["HistoryAnswer"]["properties"]["columns"]
    assert described["required"] == list(ask(address, "/api/v1/history/AAA").json["columns"])


def test_every_route_is_described_with_its_parameters_answer_and_errors(description: Any) -> None:
    named = {path.partition("?")[0].replace("AAA", "{symbol}") for path, _ in ROUTES} | {"/api/v1/switch"}
    assert description["paths"].keys() == named
    for path in description["paths"].values():
        for route in path.values():
            assert route["summary"] and route["description"]
            assert all(parameter["description"] for parameter in route.get("parameters", ()))
            for status, answer in route["responses"].items():
                (schema,) = (content["schema"] for content in answer["content"].values())
                is_error = status.startswith(("4", "5"))
                assert (schema["$ref"].endswith("/ProblemDetails"), status) == (is_error, status)


def test_every_reference_in_the_description_leads_somewhere(description: Any) -> None:
    names = re.findall(r"'#/components/schemas/(\w+)'", str(description))
    assert names and set(names) <= description["components"]["schemas"].keys()


def test_page_about_the_api_shows_it_with_scripts_of_this_server_alone(tab: Tab, address: str) -> None:
    with tab.quiet_visit(address) as visit:
        visit.page.goto(f"{address}/api/v1/docs")
        shown = visit.page.locator(".opblock-summary-path")
        expect(shown.first).to_be_visible()
        assert "/api/v1/history/{symbol}" in [text.replace("\u200b", "") for text in shown.all_inner_texts()]


def test_page_that_cannot_be_loaded_without_network_leaves_the_description(
    serve: Serve, market_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario: a machine that has been offline since the first start, which downloaded the chart library alone."""
    kept, port = library_folder(read_package(CHART_LIBRARY)), free_port()
    copytree(kept, tmp_path / "tickstream" / kept.name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("TICKSTREAM_NPM_URL", f"http://user:secret@127.0.0.1:{port}")
    monkeypatch.setattr(downloads, "FIRST_PAUSE", 0.0)
    address = serve(market_dsn, "live")
    answer = ask(address, "/api/v1/docs")
    assert (answer.status, answer.json["status"], b"secret" in answer.body) == (503, 503, False)
    assert "Swagger UI can't be downloaded" in answer.json["detail"]
    assert ask(address, "/vendor/swagger-ui-dist-5.35.0.js").status == 404
    assert ask(address, "/api/v1/openapi.json").status == 200


def test_every_route_has_an_example_that_works(address: str, description: Any) -> None:
    examples = EXAMPLE.findall(DOCUMENT.read_text("utf-8").replace("AAPL", "AAA"))
    for method, path in examples:
        status = ask(address, path, method or "GET", Origin=address).status
        assert (path, status) == (path, 409 if path == "/api/v1/switch" else 200)
    asked = {path.partition("?")[0].replace("AAA", "{symbol}") for _, path in examples}
    assert asked >= description["paths"].keys()
