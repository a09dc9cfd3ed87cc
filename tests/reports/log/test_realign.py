"""Scenario: after a power cut or a restore of an older copy, the tables contain rows that the log no longer has.

`python -m db.realign` shows this and cuts the tables back; they become what a fold of the new log gives.
"""

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from pathlib import Path

import pytest
from msgspec.structs import replace
from psycopg2.extensions import make_dsn

from analytics.analytics_consumer import analyse
from consumer.consumer import store
from db.realign import DIFFERENT, realign
from shared.embedded import kafka_in
from shared.errors import ConfigError, StopPart
from shared.market.records import CorporateAction, Record
from tests.chaos.outcome import Left, first_difference, tables_of
from tests.inputs.noon_records import NOON, mark, quotes
from tests.integration.desk import PROJECT, Desk, printed
from tests.integration.topic_changes import delete_before
from tests.reports.log.folded_logs import FEW_ORDERS, read_all
from tests.reports.log.older_log import desk_at, older_log
from tests.waiting import wait_for

KEPT, LOST, NEW = 300, 90, 400


@pytest.fixture(scope="module")
def desks(
    spare_data: Path,
    spare_ports: tuple[int, int],
    embedded_postgres: str,
    one_search_process: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Desk]]:
    """Desks whose tables hold what their logs have lost; other messages came instead.

    They have one broker, which is restored once for all. "beside" is the desk that only the analytics had read on.
    """
    kafka, folder = kafka_in(spare_data, spare_ports[0]), tmp_path_factory.mktemp("realign")
    with older_log(kafka, folder / "copy") as older:
        made = {
            name: desk_at(kafka, embedded_postgres, folder / name, f"realign-{name}")
            for name in ("tables", "command", "rebuilt", "beginning", "beside")
        }
        for name, desk in made.items():
            forecasts = {"FORECAST_INTERVALS": "1m" if name in ("tables", "rebuilt") else "none"}
            desk.settings |= {"PRICE_CHANGE_THRESHOLD": "0.01", **FEW_ORDERS, **forecasts}
            begin(desk)
        older.copy()
        for name, desk in made.items():
            (read_by_analytics if name == "beside" else read_by_both)(desk)
        older.restore()
        for desk in made.values():
            desk.publish([*with_marks(KEPT, NEW, 12.0), b"new"])
        yield made


def begin(desk: Desk) -> None:
    """What the log keeps."""
    desk.publish([*with_marks(0, KEPT), b"kept"])
    desk.publish([b"kept too"], partition=1)


def read_by_both(desk: Desk) -> None:
    """Ninety quotes, a split and letters that the log will lose."""
    desk.publish([b"lost", split(), *with_marks(KEPT, LOST, 20.0)])
    with desk.at_work(store), desk.at_work(analyse):
        desk.wait_until_read("storage", "analytics")
        wait_for(lambda: len(desk.messages(desk.dead_log)[0]) == 2)


def read_by_analytics(desk: Desk) -> None:
    """Only the analytics read ninety quotes that the log will lose."""
    with desk.at_work(store):
        desk.wait_until_read("storage")
    desk.publish(with_marks(KEPT, LOST, 20.0))
    with desk.at_work(analyse):
        desk.wait_until_read("analytics")


def with_marks(first: int, count: int, price: float = 10.0) -> Sequence[Record]:
    """Quotes that rise by a fiftieth of a percent, and a mark of their time."""
    risen = [replace(quote, price=price * 1.0002**quote.position) for quote in quotes(first, count)]
    return [*risen, mark(first + count)]


def split() -> CorporateAction:
    """One that was received just before the log lost its end."""
    return CorporateAction(
        symbol="AAA", time=NOON, action="split", value=2.0, source="test", position=0, received_time=NOON
    )


def beside(desk: Desk) -> Desk:
    """A desk with a database of its own, which folds the same log from the start."""
    other = copy(desk)
    dsn = make_dsn(desk.settings["POSTGRES_DSN"], dbname=f"{desk.config.database()}_anew")
    other.settings = desk.settings | {"POSTGRES_DSN": dsn}
    return other


def differences(one: Iterable[Left], other: Iterable[Left]) -> list[str]:
    """Where the tables differ. Outcomes of searches stand under what was searched, also in the lost end."""
    kept = [[left for left in side if left.name != "search_outcomes"] for side in (one, other)]
    return [found for pair in zip(*kept, strict=True) if (found := first_difference(*pair))]


@pytest.mark.variant
def test_the_tables_are_cut_back_and_become_what_folding_the_new_log_gives(
    desks: dict[str, Desk], capsys: pytest.CaptureFixture[str]
) -> None:
    desk = desks["tables"]
    for run in (store, analyse):
        with pytest.raises(StopPart, match=r"db\.realign"):
            desk.run_to_its_end(run)
    before = list(tables_of(desk.config))
    assert realign(desk.config, is_cut=False, is_sure=False) == DIFFERENT
    output = printed(capsys)
    assert f"the same up to {KEPT + 2}, different after it" in output
    assert f"quotes {LOST} rows" in output
    assert "corporate_actions 1 rows" in output
    assert differences(before, tables_of(desk.config)) == []
    assert realign(desk.config, is_cut=True, is_sure=True) == 0
    assert realign(desk.config, is_cut=False, is_sure=False) == 0
    read_all(desk)
    rebuilt = beside(desk)
    read_all(rebuilt)
    assert differences(tables_of(rebuilt.config), tables_of(desk.config)) == []
    rows = {left.name: len(left.lines) for left in tables_of(desk.config)}
    assert (
        min(rows[name] for name in ("quotes", "bars", "indicators", "forecasts", "symbols", "dead_letters"))
        > 0
    )
    assert rows["corporate_actions"] == 0
    letters = [message.value for message in desk.messages(desk.dead_log)[0]]
    assert letters[-1] == b"new"


def test_the_command_asks_and_takes_no_terminal_for_a_no(desks: dict[str, Desk]) -> None:
    desk = desks["command"]
    command = [sys.executable, "-m", "db.realign", "--cut"]
    ended = subprocess.run(
        command, cwd=PROJECT, env=desk.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert ended.returncode == DIFFERENT
    assert "use --yes to cut without asking" in ended.stderr
    assert "Nothing is changed." in ended.stdout
    assert desk.rows("select count(*) from quotes") == [(KEPT + LOST,)]


def test_a_part_that_is_at_work_beside_the_command_loses_nothing(desks: dict[str, Desk]) -> None:
    """Scenario: only the analytics had read the lost end, and the storage goes on while the command asks."""
    desk = desks["beside"]
    with asked(desk) as answer:
        with desk.at_work(store):
            desk.wait_until_read("storage")
        output = answer("yes")
    assert "Stop the pipeline" in output
    assert "Nothing is cut" in output
    assert desk.rows("select count(*) from quotes") == [(KEPT + NEW,)]
    assert realign(desk.config, is_cut=True, is_sure=True) == 0
    read_all(desk)
    rebuilt = beside(desk)
    read_all(rebuilt)
    assert differences(tables_of(rebuilt.config), tables_of(desk.config)) == []


@contextmanager
def asked(desk: Desk) -> Iterator[Callable[[str], str]]:
    """The command on a terminal, where it asks whether to cut; the answer that is given there brings what it prints."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "db.realign", "--cut"]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=desk.environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    output = ""

    def read_until(words: str) -> None:
        nonlocal output
        with suppress(OSError):  # a terminal that nobody holds any more
            while words not in output:
                output += os.read(ours, 4096).decode()

    def answer(text: str) -> str:
        os.write(ours, f"{text}\n".encode())
        read_until("no such words")
        return " ".join(output.split())

    try:
        read_until("Type yes:")
        yield answer
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_analytics_killed_during_a_rebuild_begins_it_again(
    desks: dict[str, Desk],
) -> None:
    desk = desks["rebuilt"]
    assert realign(desk.config, is_cut=True, is_sure=True) == 0
    with desk.at_work(analyse):
        wait_for(lambda: bool(desk.rows("select from partition_snapshots where partition = 0")))
    desk.rows(
        """update partition_snapshots set state = (state::jsonb || '{"remaking": true}')::text, next_offset = 0
        where partition = 0 returning true"""
    )
    read_all(desk)
    rebuilt = beside(desk)
    read_all(rebuilt)
    assert differences(tables_of(rebuilt.config), tables_of(desk.config)) == []


def test_log_and_tables_that_are_the_same_are_left_alone(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.publish(quotes(0, 10))
    read_all(desk)
    assert realign(desk.config, is_cut=True, is_sure=True) == 0
    assert "Log and tables agree" in printed(capsys)


def test_a_database_that_nothing_was_read_into_is_not_called_the_same(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Scenario: the market is simulated as Yahoo was out of reach, and the command looks at the live one, empty."""
    desk.publish(quotes(0, 10))
    assert realign(desk.config, is_cut=True, is_sure=True) == 0
    output = printed(capsys)
    assert f"topic {desk.config.topic()}, database {desk.config.database()}" in output
    assert "Nothing of this topic was read into this database" in output
    assert "agree" not in output


def test_a_log_that_does_not_hold_its_beginning_can_not_be_cut_to(desks: dict[str, Desk]) -> None:
    desk = desks["beginning"]
    delete_before(desk, 5)
    with pytest.raises(
        ConfigError, match=r"now begins at offset 5.*can't be calculated again.*Nothing is cut"
    ):
        realign(desk.config, is_cut=True, is_sure=True)
    assert desk.rows("select count(*) from quotes") == [(KEPT + LOST,)]
