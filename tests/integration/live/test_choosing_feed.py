"""The market of a first start without settings: live quotes if Yahoo answers, otherwise the simulated market, which
offers to switch. Yahoo is the stand-in; servers and parts are real."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from copy import copy
from functools import partial

import psycopg2
import pytest

import start_pipeline
from producer import live_offer
from producer.store.earlier_runs import has_run
from producer.transport import reachability
from producer.transport.reachability import obstacle
from shared.embedded.ports import free_port
from shared.postgres.database import connect, transaction
from shared.runtime import supervision
from shared.runtime.command_line import parser_of
from tests.integration.desk import PROJECT, Desk
from tests.slowness import PATIENCE
from tests.standin.answers import Fault
from tests.standin.market import Market
from tests.standin.server import StandIn
from tests.waiting import wait_for

OFFER = "select source, reason, reachable_since is not null, accepted_at is not null from live_offers"
WORKING = ("analytics",), ("storage",), ("trainer",)
AT_WORK = """select part from parts where part in ('analytics', 'storage', 'trainer') and state = 'running'
    order by part"""
"""Not the page's row, which comes at any time, nor that of the producer, which waits for Yahoo."""

LONG = 10 * PATIENCE
"""Seconds: what waits for them does not end while a test does."""
PATIENT_PIPELINE = f"""
import runpy
from producer.transport import reachability
reachability.LIMIT_SECONDS = {LONG}
runpy.run_path("start_pipeline.py", run_name="__main__")
"""
"""The pipeline, waiting for Yahoo's answer without end."""
BREAK = (
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tickstream pipeline'"
)


@pytest.fixture
def yahoo_now() -> Iterator[StandIn]:
    """What stands for Yahoo, up, with the time of now."""
    with StandIn(Market(time.time)) as standin:
        yield standin


@pytest.fixture
def unset(desk: Desk, yahoo_now: StandIn, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk whose settings name no source; its feed is the live one."""
    screen = {"DASHBOARD_PORT": str(free_port())}
    forecasts = {"ARIMA_MIN_OBSERVATIONS": "5000"}  # no search, for which the analytics start a process
    market = {"SOURCES": "", "TICKERS": "AAPL", "SIMULATED_RATE": "0.2"}
    desk.settings |= yahoo_now.settings | screen | forecasts | market
    for name, value in desk.settings.items():
        monkeypatch.setenv(name, value)  # the parts are processes of their own
    monkeypatch.setattr(live_offer, "PROBE_SECONDS", 0.1)
    monkeypatch.setattr(reachability, "LIMIT_SECONDS", 20.0)
    monkeypatch.setattr(
        supervision, "STOP_SECONDS", PATIENCE
    )  # a part that is killed leaves its row as it was
    return desk


def simulated(desk: Desk) -> Desk:
    """The simulated feed beside the live one."""
    beside = copy(desk)
    beside.settings = desk.settings | {"TICKSTREAM_FEED": "simulated"}
    return beside


def pipeline(desk: Desk) -> AbstractContextManager[object]:
    """The pipeline at work with the settings of `desk`."""
    arguments = parser_of("").parse_args([])
    return desk.at_work(lambda config, stop: start_pipeline.run(config, arguments, stop))


def has_database(desk: Desk) -> bool:
    """Whether the feed's database is there; looking does not make it."""
    config = desk.config
    dsn = config.postgres.dsn_for("postgres")
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute("select from pg_database where datname = %s", (config.database(),))
        return cursor.rowcount == 1


def has_rows(desk: Desk, query: str, *expected: tuple[object, ...]) -> bool:
    """Whether the feed's database exists and the query returns these rows."""
    return has_database(desk) and desk.rows(query) == list(expected)


def simulated_messages(desk: Desk) -> int:
    """How many quotes, bars and time marks in the feed's topic are of the simulated market."""
    messages = [message for part in desk.messages(desk.log).values() for message in part]
    return sum(message.value is not None and b'"simulated"' in message.value for message in messages)


def accept(desk: Desk) -> None:
    """Press the page's button."""
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute("update live_offers set accepted_at = now()")


@pytest.mark.parametrize("fault", [None, Fault.status(401), Fault.status(404), Fault.status(429)])
def test_yahoo_that_answers_anything_of_its_own_can_be_reached(
    yahoo_now: StandIn, fault: Fault | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reachability, "LIMIT_SECONDS", 20.0)
    if fault is not None:
        yahoo_now.answer_with(fault)
    assert obstacle(yahoo_now.settings["YAHOO_URL"]) is None


@pytest.mark.parametrize(
    ("fault", "message", "limit"),
    [
        (Fault.status(502), "responded with status 502", PATIENCE),
        (Fault.html(), "a web page instead of JSON", PATIENCE),
        (Fault.slow(2 * PATIENCE), "did not respond within", 0.3),
    ],
)
def test_failures_and_log_in_pages_do_not_count_as_answers_of_yahoo(
    yahoo_now: StandIn, fault: Fault, message: str, limit: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reachability, "LIMIT_SECONDS", limit)
    yahoo_now.answer_with(fault)
    assert message in str(obstacle(yahoo_now.settings["YAHOO_URL"]))


def test_without_yahoo_the_market_is_simulated_until_the_user_accepts_live_quotes(
    unset: Desk, yahoo_now: StandIn
) -> None:
    yahoo_now.down()
    played = simulated(unset)
    with pipeline(unset):
        wait_for(partial(has_rows, played, OFFER, ("yahoo", "provider down", False, False)))
        wait_for(partial(has_rows, played, AT_WORK, *WORKING))
        wait_for(lambda: simulated_messages(played) > 0)
        assert not has_database(unset)
        yahoo_now.up()
        wait_for(partial(has_rows, played, OFFER, ("yahoo", "provider down", True, False)))
        yahoo_now.down()
        wait_for(partial(has_rows, played, OFFER, ("yahoo", "provider down", False, False)))
        accept(played)
        wait_for(partial(has_rows, unset, AT_WORK, *WORKING))
        assert (played.rows(OFFER), played.rows(AT_WORK)) == ([], [])
        before = played.published()
        yahoo_now.up()
        wait_for(partial(has_rows, unset, "select count(*) > 0 from bars where symbol = 'AAPL'", (True,)))
        assert played.published() == before
        assert simulated_messages(unset) == 0


def test_live_feed_that_ran_before_is_kept_without_a_network(unset: Desk, yahoo_now: StandIn) -> None:
    unset.database()
    yahoo_now.down()
    with pipeline(unset):
        wait_for(partial(has_rows, unset, AT_WORK, *WORKING))
    assert not has_database(simulated(unset))


def test_empty_database_made_by_the_user_does_not_count_as_an_earlier_run(unset: Desk) -> None:
    config = unset.config
    assert not has_run(config)
    with closing(psycopg2.connect(config.postgres.dsn_for("postgres"))) as connection:
        connection.autocommit = True
        connection.cursor().execute(f'create database "{config.database()}"')
    assert not has_run(config)
    unset.database()
    assert has_run(config)


@pytest.mark.parametrize("chosen", [{"SOURCES": "simulated"}, {"TICKSTREAM_FEED": "simulated"}])
def test_simulated_market_chosen_in_the_settings_sends_yahoo_no_request(
    unset: Desk, yahoo_now: StandIn, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, str]
) -> None:
    unset.settings |= chosen
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    with pipeline(unset):
        wait_for(partial(has_rows, unset, AT_WORK, *WORKING))
    assert yahoo_now.requests == []
    assert unset.rows(OFFER) == []


def test_offer_outlives_a_database_that_breaks_its_connections(
    unset: Desk, yahoo_now: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_offer, "BEAT_SECONDS", 0.05)
    dsn = unset.database()
    with live_offer.offering(dsn, yahoo_now.settings["YAHOO_URL"], "no network") as accepted:
        wait_for(partial(has_rows, unset, OFFER, ("yahoo", "no network", True, False)))
        unset.rows(BREAK)
        accept(unset)
        assert accepted.wait(PATIENCE)
    assert unset.rows(OFFER) == []


def test_ctrl_c_while_yahoo_delays_its_answer_ends_at_once(unset: Desk, yahoo_now: StandIn) -> None:
    yahoo_now.answer_with(Fault.slow(LONG), times=None)
    command = [sys.executable, "-c", PATIENT_PIPELINE]
    process = subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: bool(yahoo_now.requests))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
