"""What the API answers to requests that it can't fulfil: problem details (RFC 9457), and nothing of its inside."""

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

import pytest

from dashboard.api.problems import ProblemDetails
from dashboard.read.read_model import ReadModel
from shared.embedded.ports import free_port
from tests.e2e.asking import Answer, ask
from tests.pages import Serve
from tests.waiting import wait_for

SYMBOL_ROUTES = ("history", "own", "alerts", "mood", "forecasts", "diagnostics")


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, market_dsn: str) -> str:
    """The server of the small market."""
    return serve_to_all(market_dsn, "live")


def problem_in(answer: Answer, path: str) -> ProblemDetails:
    """The problem in an answer about this path, which has all that RFC 9457 names."""
    assert answer.headers["content-type"] == "application/problem+json"
    found = ProblemDetails.model_validate_json(answer.body)
    assert (found.type, found.status) == ("about:blank", answer.status)
    assert found.title == HTTPStatus(answer.status).phrase
    assert unquote(found.instance) == unquote(urlsplit(path).path)
    return found


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nothing", "/api/v1/", "/api/v1", "/api/v2/history/AAA", "/api/switch", "/api/v1/a%20b%22"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_path_that_does_not_exist_is_not_found_by_any_method(path: str, method: str, address: str) -> None:
    answer = ask(address, path, method, Origin=address, Accept="text/html")
    assert answer.status == 404
    problem_in(answer, path)


@pytest.mark.parametrize("route", SYMBOL_ROUTES)
def test_symbol_about_which_nothing_is_stored_is_not_found(route: str, address: str) -> None:
    path = f"/api/v1/{route}/NOBODY%2F%3Cb%3E"
    answer = ask(address, path)
    assert (answer.status, problem_in(answer, path).detail) == (404, "nothing is stored about this symbol")


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/api/v1/history/AAA?interval=2m&bars=0", ["interval", "bars"]),
        ("/api/v1/history/AAA?bars=many", ["bars"]),
        ("/api/v1/history/AAA?before=1&after=2", ["before", "after"]),
        ("/api/v1/history/AAA%00", ["symbol"]),
        ("/api/v1/alerts/AAA?count=5001", ["count"]),
        ("/api/v1/market?times=-1", ["times"]),
    ],
)
def test_invalid_parameters_are_named(path: str, names: list[str], address: str) -> None:
    answer = ask(address, path)
    detail = problem_in(answer, path).detail
    assert (answer.status, [name for name in names if name not in detail]) == (422, [])


def test_text_of_a_parameter_is_not_repeated(address: str) -> None:
    """Scenario: markup in an address, which a program shows to its user with the error."""
    answer = ask(address, "/api/v1/history/AAA?interval=%3Cimg%20src=x%3E&bars=%3Cb%3E")
    assert (answer.status, b"<" in answer.body, b"img" in answer.body) == (422, False, False)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/api/v1/history/AAA", "GET"),
        ("DELETE", "/api/v1/alerts/AAA", "GET"),
        ("PUT", "/api/v1/market", "GET"),
        ("GET", "/api/v1/switch", "POST"),
    ],
)
def test_method_that_a_path_does_not_have_is_answered_with_those_that_it_has(
    method: str, path: str, allowed: str, address: str
) -> None:
    answer = ask(address, path, method, Origin=address)
    problem_in(answer, path)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (400, {"Host": "evil.example"}),
        (403, {"Origin": "https://example.org"}),
        (409, {}),
        (413, {"Content_Length": "65537"}),
    ],
)
def test_refusals_of_what_changes_something_are_problems(
    status: int, headers: dict[str, str], address: str
) -> None:
    path = "/api/v1/switch"
    answer = ask(address, path, "POST", **{"Origin": address, **headers})
    assert answer.status == status
    problem_in(answer, path)


@pytest.mark.parametrize("path", [*(f"/api/v1/{route}/AAA" for route in SYMBOL_ROUTES), "/api/v1/market"])
def test_database_that_is_away_is_named_without_its_address(
    path: str, serve_model: Callable[[ReadModel], str]
) -> None:
    port = free_port()
    dsn = f"host=127.0.0.1 port={port} user=secret_user password=secret_word dbname=secret_name"
    model = ReadModel(lambda: dsn, "live", 10, 1, "test", "test")
    address = serve_model(model)
    wait_for(lambda: model.snapshot.condition == "no_database")
    answer = ask(address, path)
    problem_in(answer, path)
    told = answer.body.decode()
    assert (answer.status, "secret" in told, str(port) in told) == (503, False, False)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_error_of_the_server_itself_is_a_problem_without_its_text(
    serve_model: Callable[[ReadModel], str],
) -> None:
    def address_of_nothing() -> str:
        raise ValueError("secret of the server")

    model = ReadModel(address_of_nothing, "live", 10, 1, "test", "test")
    answer = ask(serve_model(model), "/api/v1/market")
    problem_in(answer, "/api/v1/market")
    assert (answer.status, b"secret" in answer.body) == (500, False)
