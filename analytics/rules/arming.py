"""Arms and disarms rules by requests, which the producer publishes to the log, and lists them."""

from collections.abc import Set
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analytics.alerts.evaluation.rule_book import rule_of
from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.values_read import compared_symbols
from analytics.alerts.threshold_rules import AlertSettings, threshold_rules
from analytics.indicators.spec import Parameters
from analytics.rules.armable import require_armable
from analytics.rules.texts import minute_text, value_text, values_text
from analytics.store.rules.closed_bars import symbols_with_exchanges
from analytics.store.rules.rule_requests import (
    ListedRule,
    add_rule,
    alerts_by_rule,
    alerts_of,
    listed_rules,
    request,
    requests_of,
    when_read,
)
from shared.errors import ConfigError
from shared.postgres.database import Cursor

SHOWN_ALERTS = 10
UNREADABLE = "not evaluated: can't be read"
"""The state of a rule that another version wrote, or somebody by hand."""


def add(cursor: Cursor, rule: Rule) -> str:
    """Ask for a new rule; returns what was done as a sentence. Raises ConfigError if it can't be armed."""
    require_armable(rule)
    text = normal_form(rule)
    if same := next(
        (each for each in listed_rules(cursor) if each.text == text and each.state != "removed"), None
    ):
        raise ConfigError(f"Rule {same.rule_id} is the same: python -m analytics.rules list")
    when = when_read(cursor)
    return f"Rule {add_rule(cursor, text)} is armed {when}: {text}{_unknown(cursor, rule)}"


def _unknown(cursor: Cursor, rule: Rule) -> str:
    """A line that names the symbols of the rule that are not stored: a rule may precede its symbol, or miss it. Lists
    and holdings have none so far."""
    if rule.scope.kind in ("list", "held"):
        return "\nNothing provides lists of symbols and holdings yet: until then it applies to no symbol."
    stored = symbols_with_exchanges(cursor)
    named = dict.fromkeys((*rule.scope.names, *compared_symbols(rule)))
    unknown = [symbol for symbol in named if symbol not in stored]
    spelling = "is it spelled as python -m producer.symbols list shows it?"
    return f"\nNothing is stored of {', '.join(unknown)} so far: {spelling}" if unknown else ""


def change(cursor: Cursor, rule_id: int, action: str) -> str:
    """Ask to disable, enable or remove a rule. Raises ConfigError if there is no such rule, or it is so already."""
    rule = next((each for each in listed_rules(cursor) if each.rule_id == rule_id), None)
    if rule is None or rule.state == "removed":
        raise ConfigError(f"There is no rule {rule_id}: python -m analytics.rules list")
    is_disabled = rule.action == "disable"
    if action == "enable" and not is_disabled:
        raise ConfigError(f"Rule {rule_id} is not disabled.")
    if action == "enable" and not rule.text:
        raise ConfigError(f"The log no longer has the text of rule {rule_id}: add it as a new one.")
    if action == "disable" and is_disabled:
        raise ConfigError(f"Rule {rule_id} is disabled already.")
    request(cursor, rule, action)
    return f"Rule {rule_id} is {action}d {when_read(cursor)}."


def print_thresholds(
    cursor: Cursor, settings: AlertSettings, parameters: Parameters, console: Console
) -> None:
    """Print the thresholds of the settings as rules, with the number of their alerts."""
    title = f"The thresholds of .env, on {', '.join(settings.intervals) or 'no interval'}"
    table = Table("name", "alerts", "last alert (UTC)", "text", title=title)
    counts = alerts_by_rule(cursor)
    for each in threshold_rules(settings, parameters, "1m"):
        alerts, last = counts.get(each.name, (0, None))
        text = normal_form(each.rule).replace(" on 1m", "")
        table.add_row(each.name, f"{alerts:,}", _last(last), text)
    console.print(table)


def print_rules(cursor: Cursor, console: Console) -> None:
    """Print the rules that are not removed."""
    rules = [rule for rule in listed_rules(cursor) if rule.state != "removed"]
    if not rules:
        console.print("There is no rule: python -m analytics.rules add RULE")
        return
    stored = symbols_with_exchanges(cursor)
    table = Table("rule", "state", "alerts", "last alert (UTC)", "text")
    for rule in rules:
        table.add_row(
            *(str(rule.rule_id), state_of(rule, stored.keys()), f"{rule.alerts:,}", _last(rule.last_alert)),
            escape(rule.text),
        )
    console.print(table)


def print_rule(cursor: Cursor, rule_id: int, console: Console) -> None:
    """Print what was asked of a rule, and its latest alerts. Raises ConfigError if there never was one."""
    requests = requests_of(cursor, rule_id)
    if not requests:
        raise ConfigError(f"There is no rule {rule_id}: python -m analytics.rules list")
    listed = next(rule for rule in listed_rules(cursor) if rule.rule_id == rule_id)
    state = state_of(listed, symbols_with_exchanges(cursor).keys())
    table = Table("version", "asked at (UTC)", "action", "text", title=f"Rule {rule_id}, {state}")
    for version, action, text, asked_at in requests:
        table.add_row(str(version), minute_text(asked_at.timestamp()), action, escape(text))
    console.print(table)
    fired = alerts_of(cursor, rule_id, SHOWN_ALERTS)
    alerts = Table("symbol", "bar until (UTC)", "close", "values", title=f"The last {len(fired)} alerts")
    for symbol, end, close, values in fired:
        alerts.add_row(symbol, minute_text(end.timestamp()), value_text(close), values_text(values))
    console.print(alerts)


def state_of(rule: ListedRule, stored: Set[str]) -> str:
    """What applies to the next bars, or what an armed rule waits for: a list, or symbols of which nothing is stored."""
    if rule.state != "armed":
        return rule.state
    read = rule_of(rule.text)
    if read is None:
        return UNREADABLE
    if read.scope.kind in ("list", "held"):
        return "waits for lists and holdings, which nothing provides yet"
    compared, named = compared_symbols(read), read.scope.names
    waits = (
        f"waits for {', '.join(each for each in dict.fromkeys((*compared, *named)) if each not in stored)}"
    )
    if not stored >= set(compared) or (named and stored.isdisjoint(named)):
        return waits
    return rule.state if stored >= set(named) else f"{rule.state}, {waits}"


def _last(alert: datetime | None) -> str:
    return "" if alert is None else minute_text(alert.timestamp())
