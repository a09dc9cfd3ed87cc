"""What a browser or a program has of the API is not sent again while it is right."""

import pytest

from shared.postgres.database import connect, transaction
from tests.copied import database_with_tables
from tests.e2e.asking import ask
from tests.pages import Serve
from tests.screen_rows import alert, fill
from tests.tab import Tab

NOW = 1_790_000_040
HISTORY = "/api/v1/history/AAA?interval=1m&bars=100"
ALERTS = "/api/v1/alerts/AAA?interval=1m"

RECEIVED = """(path) => performance.getEntriesByType("resource")
    .filter((one) => one.name.endsWith(path)).map((one) => one.transferSize)"""
"""How many bytes each request for a path has cost."""


@pytest.fixture(scope="module")
def dsn(embedded_postgres: str) -> str:
    """The database of a market that stands still."""
    found = database_with_tables(embedded_postgres, "api_tags")
    with connect(found, "test") as connection, transaction(connection) as cursor:
        fill(cursor, {"AAA": 101.0}, NOW, bars=300)
        alert(cursor, "AAA", NOW - 600, 74.3)
    return found


@pytest.fixture(scope="module")
def address(serve_to_all: Serve, dsn: str) -> str:
    """Its server."""
    return serve_to_all(dsn, "live")


@pytest.mark.parametrize("path", [HISTORY, ALERTS])
@pytest.mark.parametrize("packing", ["gzip", "identity"])
def test_answer_that_is_known_is_not_sent_again(path: str, packing: str, address: str) -> None:
    first = ask(address, path, Accept_Encoding=packing)
    tag = first.headers["etag"]
    assert (first.status, tag[:3], first.headers["cache-control"]) == (200, 'W/"', "no-cache")
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = ask(address, path, Accept_Encoding=packing, If_None_Match=known)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
        assert "content-encoding" not in again.headers


def test_packed_and_plain_answer_have_the_same_weak_tag(address: str) -> None:
    packed, plain = (ask(address, HISTORY, Accept_Encoding=packing) for packing in ("gzip", "identity"))
    assert packed.headers["content-encoding"] == "gzip"
    assert (packed.headers["etag"], packed.json) == (plain.headers["etag"], plain.json)


def test_answer_that_is_not_known_is_sent(address: str) -> None:
    for known in ('"other"', "", "W/", ",,", tag_of_other_parameters(address)):
        assert ask(address, HISTORY, If_None_Match=known).status == 200


def tag_of_other_parameters(address: str) -> str:
    """The tag of fewer bars."""
    return ask(address, HISTORY.replace("100", "99")).headers["etag"]


def test_new_alert_changes_the_tag(address: str, dsn: str) -> None:
    tag = ask(address, ALERTS).headers["etag"]
    with connect(dsn, "test") as connection, transaction(connection) as cursor:
        alert(cursor, "AAA", NOW - 540, 75.0)
    changed = ask(address, ALERTS, If_None_Match=tag)
    assert (changed.status, len(changed.json["alerts"])) == (200, 2)


def test_errors_have_no_tag(address: str) -> None:
    assert "etag" not in ask(address, "/api/v1/history/NOBODY").headers


def test_scripts_of_the_page_get_the_whole_answer_where_the_browser_has_it(tab: Tab, address: str) -> None:
    """The browser asks with the tag by itself, and gives scripts what it has."""
    with tab.visit(address) as visit:
        script = "(path) => deskServer.json(path).then((found) => found.columns.start.length)"
        assert [visit.page.evaluate(script, HISTORY) for _ in range(2)] == [100, 100]
        first, again = visit.page.evaluate(RECEIVED, HISTORY)
    assert first > 1000 > again > 0
