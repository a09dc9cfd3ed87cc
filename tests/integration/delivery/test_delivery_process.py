"""The part as a process: killed at any moment, with addresses full of secrets, and its commands."""

import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import psutil
import pytest

from shared.postgres.database import connect, transaction
from tests.conftest import PROJECT
from tests.copied import database_with_tables
from tests.integration.delivery.delivery_process import environment, process, states, text_of
from tests.integration.delivery.receivers import mail_server, webhook
from tests.integration.delivery.sending import to_outbox
from tests.slowness import PATIENCE
from tests.waiting import wait_for

KILLS = 3
SECRET = "T0pS3cretT0pS3cret"
TABLES = ("alert_outbox", "delivery_attempts", "delivery_routes", "delivery_start", "parts")


@pytest.fixture
def alerts_dsn(embedded_postgres: str, request: pytest.FixtureRequest) -> str:
    return database_with_tables(embedded_postgres, f"delivery_{abs(hash(request.node.name)) % 10**9}")


def post_now(dsn: str, first: int, count: int) -> list[str]:
    with closing(connect(dsn, "test")) as connection:
        return to_outbox(connection, first, count, at=datetime.now(UTC))


def end_connections(dsn: str) -> None:
    """The database ends the sessions of the part, as when it is started again."""
    with closing(connect(dsn, "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = 'tickstream delivery'"
        )


def command(variables: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def test_killed_or_cut_off_at_any_moment_it_delivers_every_alert(alerts_dsn: str, tmp_path: Path) -> None:
    chance, ids = Random(11), list[str]()
    with webhook() as hook:
        variables = environment(alerts_dsn, tmp_path, hook.url, ALERT_DIGEST_ABOVE="1000")
        for _ in range(KILLS):
            with process(variables, tmp_path / "log"):
                ids += post_now(alerts_dsn, len(ids), 10)
                seen = len(hook.payloads)
                wait_for(lambda seen=seen: len(hook.payloads) > seen + chance.randint(0, 4))  # type: ignore[misc]
                time.sleep(chance.uniform(0.0, 0.02))
        with process(variables, tmp_path / "log"):
            wait_for(lambda: states(alerts_dsn) == {"delivered": len(ids)})
            end_connections(alerts_dsn)
            ids += post_now(alerts_dsn, len(ids), 10)
            wait_for(lambda: states(alerts_dsn) == {"delivered": len(ids)})
    counts = hook.ids()
    assert counts.keys() == set(ids)
    assert sum(counts.values()) - len(ids) <= KILLS + 1


def test_no_secret_is_logged_stored_or_in_the_list_of_processes(alerts_dsn: str, tmp_path: Path) -> None:
    with webhook() as hook, webhook() as refusing, mail_server() as mail:
        refusing.answer = 403
        urls = (
            f"json://user:{SECRET}@{hook.url[7:]}/{SECRET}?-token={SECRET}&+X-Key={SECRET}",
            f"{refusing.url}/{SECRET}?-token={SECRET}",
            f"json://user:{SECRET}@127.0.0.1:1/{SECRET}?-token={SECRET}",
            f"tgram://123456789:{SECRET}abcdefghij/12315544/",
            f"mailto://user:{SECRET}@{mail.url[9:]}",
        )
        variables = environment(alerts_dsn, tmp_path, *urls, LOG_LEVEL="DEBUG")
        log = tmp_path / "log"
        with process(variables, log) as part:
            post_now(alerts_dsn, 0, 2)
            wait_for(lambda: text_of(alerts_dsn, ("delivery_routes",)).count("refused") >= 2)
            wait_for(lambda: states(alerts_dsn).get("delivered") == 2)
            shown = " ".join(psutil.Process(part.pid).cmdline())
        tested = command(variables, "delivery.test")
        listed = command(variables, "delivery", "list")
    assert tested.returncode == 1
    assert "route 1 (json://127.0.0.1): delivered\n" in tested.stdout
    assert "route 2 (json://127.0.0.1 2): refused with status 403 (Forbidden)\n" in tested.stdout
    assert "route 3 (json://127.0.0.1 3): the connection was refused\n" in tested.stdout
    assert listed.stdout.count("delivered") == 2 and "403" in listed.stdout
    printed = [log.read_text("utf-8"), text_of(alerts_dsn, TABLES), shown]
    printed += [tested.stdout, tested.stderr, listed.stdout, listed.stderr]
    assert "can't deliver: refused with status 403 (Forbidden)" in printed[0]
    for text in printed:
        assert SECRET.lower() not in text.lower()


def test_the_test_command_ends_with_0_if_all_was_delivered_and_teaches(tmp_path: Path) -> None:
    with webhook() as hook:
        variables = environment("host=127.0.0.1 port=1 dbname=none", tmp_path, hook.url, "json://127.0.0.1:1")
        only = command(variables, "delivery.test", "--route", "1")
        beyond = command(variables, "delivery.test", "--route", "3")
    assert (only.returncode, only.stdout) == (0, "route 1 (json://127.0.0.1): delivered\n")
    assert hook.subjects == ["TEST: a test message of Tickstream"]
    assert (beyond.returncode, beyond.stdout) == (1, "")
    assert "there is no route 3: the number of addresses in ALERT_URLS is 2" in beyond.stderr
    assert "refused with a status" in command(variables, "delivery.test", "--help").stdout


def test_without_an_address_the_part_says_so_and_ends(tmp_path: Path) -> None:
    ended = command(environment("host=127.0.0.1 port=1 dbname=none", tmp_path), "delivery.delivery")
    assert ended.returncode == 0
    assert "ALERT_URLS is empty" in ended.stderr
