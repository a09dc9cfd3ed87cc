"""A rule on its way from the command into every partition of the log, and from the log into the analysis."""

from contextlib import closing

import pytest
from rich.console import Console

from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.analytics_consumer import analyse
from analytics.indicators.catalog import DEFAULTS
from analytics.rules.arming import add, change, print_rule, print_rules, state_of
from analytics.store.rules.rule_requests import ListedRule, listed_rules, when_read
from producer.producer import produce
from shared.errors import ConfigError
from shared.postgres.database import connect, transaction
from tests.inputs.records import rule_change
from tests.integration.desk import Desk, give_last_quote
from tests.waiting import wait_for

RULE = "close > open on 1m"


@pytest.fixture(autouse=True)
def one_symbol(desk: Desk) -> None:
    """A market of one symbol, whose history is read soon."""
    desk.settings["TICKERS"] = "AAPL"


def ask_for(desk: Desk, text: str) -> str:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        return add(cursor, read_rule(text, DEFAULTS))


def ask(desk: Desk, rule_id: int, action: str) -> str:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        return change(cursor, rule_id, action)


def listed(desk: Desk) -> list[ListedRule]:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        return listed_rules(cursor)


def states(desk: Desk) -> list[str]:
    return [rule.state for rule in listed(desk)]


def test_a_rule_is_armed_disabled_and_armed_again_in_every_partition(desk: Desk) -> None:
    assert ask_for(desk, RULE) == "Rule 1 is armed as soon as the producer runs: close > open on 1m"
    assert states(desk) == ["waiting for the producer"]
    with desk.at_work(produce), desk.at_work(analyse):
        wait_for(lambda: states(desk) == ["armed"])
        ask(desk, 1, "disable")
        wait_for(lambda: states(desk) == ["disabled"])
        ask(desk, 1, "enable")
        ask_for(desk, "close < open on 1m")
        wait_for(lambda: states(desk) == ["armed", "armed"])
    rows = desk.rows("select rule_id, version, partition, text from rule_changes order by 1, 2, 3")
    assert rows == [
        *(
            (1, version, partition, text)
            for version, text in ((1, RULE), (2, ""), (3, RULE))
            for partition in (0, 1)
        ),
        *((2, 1, partition, "close < open on 1m") for partition in (0, 1)),
    ]
    counted = desk.rows("select group_id, sum(rule_changes)::int from progress group by group_id")
    assert counted == [(desk.config.kafka.group_id, 8)]
    assert [rule.text for rule in listed(desk)] == [RULE, "close < open on 1m"]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("NOPE: close > 3", "waits for NOPE"),
        ("aapl: close > 3", "waits for aapl"),
        ("list:tech: close > 3", "waits for lists and holdings, which nothing provides yet"),
        ("AAPL, NOPE: close > 3", "armed, waits for NOPE"),
        ("close > SPY.close", "waits for SPY"),
        ("AAPL: close > 3", "armed"),
    ],
)
def test_list_states_what_a_rule_waits_for(text: str, state: str) -> None:
    """It listed such rules as armed, although they apply to nothing."""
    rule = ListedRule(1, 1, "add", normal_form(read_rule(text, DEFAULTS)), 1, 1, 0, None)
    assert state_of(rule, {"AAPL": None}.keys()) == state


def test_a_request_is_read_at_once_while_the_producer_reports_that_it_runs(desk: Desk) -> None:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        assert when_read(cursor) == "as soon as the producer runs"
        cursor.execute("insert into parts values ('producer', 'test', 'running', '', 0, 0, now(), now())")
        assert when_read(cursor) == "within a few seconds"


def test_a_rule_that_is_removed_leaves_the_list_and_its_number(desk: Desk) -> None:
    ask_for(desk, RULE)
    ask(desk, 1, "remove")
    assert states(desk) == ["removed"]
    with pytest.raises(ConfigError, match="There is no rule 1"):
        ask(desk, 1, "enable")
    ask_for(desk, RULE)
    assert [rule.rule_id for rule in listed(desk)] == [1, 2]


def test_a_rule_can_not_be_there_twice_or_change_into_what_it_is(desk: Desk) -> None:
    ask_for(desk, RULE)
    with pytest.raises(ConfigError, match="Rule 1 is the same"):
        ask_for(desk, "close>open")
    with pytest.raises(ConfigError, match="Rule 1 is not disabled"):
        ask(desk, 1, "enable")
    ask(desk, 1, "disable")
    with pytest.raises(ConfigError, match="Rule 1 is disabled already"):
        ask(desk, 1, "disable")


def test_symbols_of_which_nothing_is_stored_are_named(desk: Desk) -> None:
    """A rule of aapl was armed and never fired: the symbol is AAPL."""
    answer = ask_for(desk, "aapl, MSFT: close > 1")
    assert "\nNothing is stored of aapl, MSFT so far: is it spelled as" in answer


def test_a_rule_that_compares_symbols_names_those_it_waits_for(desk: Desk) -> None:
    assert "\nNothing is stored of GLD, SPY so far" in ask_for(desk, "GLD.close / SPY.close > 0.4")
    give_last_quote(desk, "GLD")
    console = Console(record=True, width=200)
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute("insert into log_origin (cluster_id, topic, partitions) values ('here', 'topic', 1)")
        cursor.execute(
            'insert into rule_changes (rule_id, version, partition, "offset", text)'
            " select rule_id, version, 0, 0, text from rule_requests"
        )
        print_rules(cursor, console)
        print_rule(cursor, 1, console)
    shown = console.export_text()
    assert shown.count("waits for SPY") == 2 and "waits for GLD" not in shown


def test_a_rule_of_the_log_that_can_not_be_read_is_not_listed_as_armed(desk: Desk) -> None:
    console = Console(record=True, width=200)
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute("insert into log_origin (cluster_id, topic, partitions) values ('here', 'topic', 1)")
        cursor.execute(
            'insert into rule_changes (rule_id, version, partition, "offset", text)'
            " values (1, 1, 0, 0, 'no data 0s on 1m')"
        )
        cursor.execute(
            "insert into rule_requests (rule_id, version, action, text) overriding system value"
            " values (1, 1, 'add', 'no data 0s on 1m')"
        )
        print_rules(cursor, console)
    shown = console.export_text()
    assert "not evaluated: can't be read" in shown and "armed" not in shown


def test_a_rule_that_can_not_be_evaluated_is_not_asked_for(desk: Desk) -> None:
    with pytest.raises(ConfigError, match="can't be armed"):
        ask_for(desk, "GLD.close > SPY.close live")
    assert listed(desk) == []


def test_rules_of_the_log_that_the_tables_lack_are_listed_and_leave_their_numbers(desk: Desk) -> None:
    """Tables older than the log, or new beside it: its rules were evaluated, but neither listed nor to be removed, and
    a new rule got the number of one of them, was listed as armed and never evaluated."""
    texts = {1: RULE, 2: "close < open on 1m", 4: "close > 5 on 1m"}
    desk.database()
    for partition in (0, 1):
        changes = [rule_change(1_767_279_600.0, 1, text, rule_id) for rule_id, text in texts.items()]
        changes.append(rule_change(1_767_279_600.0, 2, "", 2))
        desk.publish(changes, partition)
    with desk.at_work(analyse):
        wait_for(lambda: states(desk) == ["armed", "disabled", "armed"])
    assert [(rule.rule_id, rule.text) for rule in listed(desk)] == list(texts.items())
    numbers = [ask_for(desk, f"close > {price} on 1m").split()[1] for price in (7, 8)]
    assert numbers == ["3", "5"]
    ask(desk, 1, "remove")
    ask(desk, 2, "enable")
    with desk.at_work(produce), desk.at_work(analyse):
        wait_for(lambda: states(desk) == ["removed", "armed", "armed", "armed", "armed"])


def test_rule_that_the_log_has_with_another_text_is_not_armed(desk: Desk) -> None:
    ask_for(desk, "close > 7 on 1m")
    for partition in (0, 1):
        desk.publish([rule_change(1_767_279_600.0, 1, RULE, 1)], partition)
    with desk.at_work(analyse):
        wait_for(lambda: desk.rows("select count(*)::int from rule_changes") == [(2,)])
    assert states(desk) == ["waiting for the producer"]


def test_texts_of_the_log_that_no_command_wrote_are_listed_as_they_are(desk: Desk) -> None:
    desk.database()
    desk.publish([rule_change(1_767_279_600.0, 2, "", 1), rule_change(1_767_279_600.0, 1, "[/b] > [red]", 2)])
    with desk.at_work(analyse):
        wait_for(lambda: desk.rows("select count(*)::int from rule_requests") == [(2,)])
    with pytest.raises(ConfigError, match="no longer has the text of rule 1"):
        ask(desk, 1, "enable")
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        console = Console(width=200, record=True)
        print_rules(cursor, console)
        print_rule(cursor, 2, console)
    assert console.export_text().count("[/b] > [red]") == 2
