"""Acknowledge alerts, or snooze them: stop their delivery for a while.

    python -m analytics.handling acknowledge all                 every alert so far
    python -m analytics.handling acknowledge 3 --symbol AAPL     those of rule 3 for AAPL
    python -m analytics.handling acknowledge rsi_oversold        those of a threshold of .env
    python -m analytics.handling snooze 3 4h                     deliver no alert of rule 3 for four hours
    python -m analytics.handling snooze all 30m --symbol TSLA
    python -m analytics.handling unsnooze 3                      end that snooze now; all ends every snooze
    python -m analytics.handling list

A rule is named by its number in `python -m analytics.rules list`, a threshold by the name that its alerts have. Alerts
that are snoozed are raised, stored and shown as ever, but never delivered: those of the time of the snooze, and those
that waited to be delivered when it began. Of two snoozes of the same rule and symbol the later one counts. An
acknowledged alert that was not delivered yet is not delivered any more.

Both are requests in the database, which the running producer writes to the log; from there they get into the tables
again after any recalculation.
Exit status: 0; 2 if an argument can't be read; 1 if the command failed otherwise.
"""

import argparse
import difflib
import re
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from getpass import getuser

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analytics.alerts.language.syntax import SECONDS_OF_UNITS
from analytics.alerts.rule_names import THRESHOLDS, alert_name
from analytics.store.alerts.handlings import (
    ListedHandling,
    is_known_rule,
    is_known_symbol,
    listed_handlings,
    request_handling,
    running_snoozes,
    unacknowledged,
)
from analytics.store.rules.closed_bars import symbols_with_exchanges
from analytics.store.rules.rule_requests import when_read
from shared.errors import ConfigError
from shared.market.records import Symbol
from shared.postgres.database import Cursor, connect, transaction
from shared.runtime.command_line import configured, program, run_command
from shared.runtime.lifecycle import servers

ALL = "all"
LISTED = 30
LONGEST_SNOOZE = timedelta(days=366)
LONGEST_NAME = 64
LIKENESS = 0.7
MIN_TABLE_WIDTH = 120
"""Columns of the terminal below which the times in the list would be cut."""


def _rule(text: str) -> str | None:
    """The type of an argument: a rule by the name that its alerts have; None for all."""
    if text == ALL:
        return None
    if name := alert_name(text):
        return name
    names = ", ".join(THRESHOLDS)
    raise argparse.ArgumentTypeError(f"{text!r} is neither the number of a rule nor one of {ALL}, {names}")


def _span(text: str) -> timedelta:
    """The type of an argument: a length of time such as 30m, 4h, 2d or 1w."""
    found = re.fullmatch("([0-9]{1,6})([mhdw])", text)
    span = timedelta(seconds=int(found[1]) * SECONDS_OF_UNITS[found[2]]) if found else timedelta()
    if not timedelta() < span <= LONGEST_SNOOZE:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time such as 30m, 4h, 2d or 1w")
    return span


def _symbol(text: str) -> str:
    """The type of an argument: a symbol as the log can hold it."""
    try:
        return msgspec.convert(text, Symbol)
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is no symbol") from None


def _name(text: str) -> str:
    """The type of an argument: the name of a person."""
    if not text.isprintable() or not 0 < len(text) <= LONGEST_NAME:
        raise argparse.ArgumentTypeError(f"a name has 1 to {LONGEST_NAME} characters in one line")
    return text


def _user() -> str:
    try:
        return getuser()
    except (OSError, KeyError):  # neither a variable nor the system has a name of the user
        return "unknown"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program(), description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    texts = {
        "acknowledge": "acknowledge the alerts so far",
        "snooze": "stop the delivery of alerts for a while",
        "unsnooze": "end a snooze now",
    }
    for name, text in texts.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("rule", type=_rule, metavar="RULE", help=f"number of a rule, name, or {ALL}")
        if name == "snooze":
            command.add_argument("span", type=_span, metavar="TIME", help="30m, 4h, 2d or 1w")
        command.add_argument("--symbol", type=_symbol, metavar="SYMBOL", help="its alerts only")
        command.add_argument("--by", type=_name, default=_user(), metavar="NAME", help="who it is")
    commands.add_parser("list", help=f"list the latest {LISTED}")
    return parser.parse_args()


def handle(cursor: Cursor, arguments: argparse.Namespace, now: datetime) -> str:
    """Request what the arguments state; returns what was done as a sentence. Raises ConfigError for a rule or symbol
    that does not exist."""
    concerned = arguments.rule, arguments.symbol
    _require_known(cursor, *concerned)
    if arguments.command == "unsnooze":
        return _end_snoozes(cursor, arguments, now)
    if arguments.command == "snooze":
        until = now + arguments.span
        request_handling(cursor, "snooze", *concerned, until, arguments.by)
        begins = f"The snooze begins {when_read(cursor)}."
        return f"{_subject(*concerned)} before {_minute(until)} UTC will not be delivered. {begins}"
    count, newest = unacknowledged(cursor, *concerned, now)
    if newest is None:
        return f"{_subject(*concerned)}: none is left to acknowledge."
    # Not until now: a bar that has ended by now may raise an alert that nobody has seen yet.
    request_handling(cursor, "acknowledge", *concerned, newest, arguments.by)
    when = when_read(cursor)
    return f"{_subject(*concerned)}: {count:,} will be acknowledged {when}."


def _require_known(cursor: Cursor, rule: str | None, symbol: str | None) -> None:
    if rule is not None and rule not in THRESHOLDS and not is_known_rule(cursor, rule):
        raise ConfigError(f"There is no {rule}: `python -m analytics.rules list` lists the rules.")
    if symbol is not None and not is_known_symbol(cursor, symbol):
        stored = symbols_with_exchanges(cursor)
        near = difflib.get_close_matches(symbol.upper(), stored, n=1, cutoff=LIKENESS)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ConfigError(f"No quote of {symbol} is stored.{hint}")


def _end_snoozes(cursor: Cursor, arguments: argparse.Namespace, now: datetime) -> str:
    running = running_snoozes(cursor, arguments.rule, arguments.symbol, now)
    for rule, symbol in running:
        request_handling(cursor, "snooze", rule, symbol, now, arguments.by)
    if not running:
        return f"{_subject(arguments.rule, arguments.symbol)}: no snooze is running."
    ended = "; ".join(_subject(*each) for each in running)
    return f"{ended}: delivered again {when_read(cursor)}."


def _subject(rule: str | None, symbol: str | None) -> str:
    of_rule = "All alerts" if rule is None else f"Alerts of {rule}"
    return of_rule if symbol is None else f"{of_rule} for {symbol}"


def _minute(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"


def _action(handling: ListedHandling) -> str:
    is_end = handling.action == "snooze" and handling.until <= handling.requested_at
    return "unsnooze" if is_end else handling.action


def print_list(found: list[ListedHandling]) -> None:
    """Print the latest requests."""
    console = Console()
    console = Console(width=max(console.width, MIN_TABLE_WIDTH))
    table = Table("asked at (UTC)", "by", "action", "rule", "symbol", "until (UTC)", "state")
    for each in found:
        concerned = each.handled_by, _action(each), each.rule or ALL, each.symbol or ALL
        state = "in the log" if each.is_in_log else "waiting for the producer"
        table.add_row(_minute(each.requested_at), *map(escape, concerned), _minute(each.until), state)
    console.print(table)


def _run(arguments: argparse.Namespace) -> None:
    config = configured("handling", {})
    with ExitStack() as opened:
        ready = opened.enter_context(servers(config, kafka=False))
        connection = connect(ready.postgres.dsn_for(config.database()), "handling")
        opened.enter_context(closing(connection))
        cursor = opened.enter_context(transaction(connection))
        if arguments.command == "list":
            print_list(listed_handlings(cursor, LISTED))
        else:
            print(handle(cursor, arguments, datetime.now(UTC)))


def main() -> int:
    """Run the command. Returns its exit status."""
    arguments = _arguments()
    return run_command("handling", lambda: _run(arguments))


if __name__ == "__main__":
    sys.exit(main())
