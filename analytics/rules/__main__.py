"""Alert rules: check one, try it on stored history, and arm it.

    python -m analytics.rules check "rsi(14) crosses below 30 on 1h"
    python -m analytics.rules import "[SMA(50,close) x SMA(200,close)]"
    python -m analytics.rules dry-run "rsi(14) crosses below 30 on 1h" --since 2024-01-02
    python -m analytics.rules explain "rsi(14) crosses below 30 on 1h" AAPL --since 2024-01-02 --until 2024-01-03
    python -m analytics.rules add "rsi(14) crosses below 30 on 1h"
    python -m analytics.rules list
    python -m analytics.rules show 3                                    its latest alerts, and what came of all
    python -m analytics.rules disable 3                                 or enable, or remove

Ten rules:

    AAPL: close crosses above 200 once
    AAPL, MSFT: low <= 180 or high >= 220 on 1m
    change(1d) < -5% every 1d
    rsi(14) crosses below 30 on 1h clear rsi(14) > 40
    sma(50) crosses above sma(200) on 1d
    close < bollinger(20, 2).lower on 15m for 3 bars
    volume > 3 * sma(volume, 20)[1] on 5m while open
    close > highest(high, 252)[1] on 1d
    macd().histogram crosses above 0 and rsi(14) < 60
    drawdown(20d) > 10% severity critical

A rule is evaluated at closed bars. It fires where its condition becomes true, rests until the condition is false again
(or until `clear` is true), and never fires on an unknown value: one that is warming up, missing or divided by zero.

check reads a rule and prints its normal form; it needs no server. check, dry-run and add warn of comparisons that can
never be true, such as change(1d) < -5, which means -500 %, or that always are. import prints the equivalent rule of a
scan of StockCharts or a script in Pine, and each difference in meaning on standard error; - reads the text from
standard input. Where a part has no counterpart, it prints no rule, but every such part with the reason. dry-run shows
where a rule would have fired, and what came 1, 5, 15 and 60 bars later, beside all bars of the same symbol and hour of
day. explain shows each bar with the value of each part of the condition, and what held the rule back. Both also take
the number of a rule, or the name of a threshold, which is then tried on the first interval of ALERT_INTERVALS.

add, disable, enable and remove store requests. The running producer writes them to the log, and they apply to the bars
that close from then on. list shows the thresholds of .env and all rules, with the number of their alerts; show one of
them with its latest alerts, and what came of all so far, as in a dry run.
Exit status: 0; 2 if the rule or another argument can't be read; 1 if the command failed otherwise.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from math import inf

from rich.console import Console
from rich.progress import track

from analytics.alerts.certain_comparisons import certain_comparisons
from analytics.alerts.doubtful_symbols import doubtful_symbols
from analytics.alerts.impossible_combinations import impossible_combinations
from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import read_rule
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.rule_error import RuleError
from analytics.alerts.language.values_read import home_of, named_series, reads
from analytics.alerts.rule_names import THRESHOLDS
from analytics.rules.alerts_so_far import print_track_record
from analytics.rules.armable import require_triable
from analytics.rules.arming import add, change, print_rule, print_rules, print_thresholds
from analytics.rules.dry_run import dry_run
from analytics.rules.dry_run_report import print_dry_run
from analytics.rules.explanation import explained
from analytics.rules.given_rules import (
    listed_rule,
    name_argument,
    number_argument,
    rule_defaults,
    written_rule,
)
from analytics.rules.importing import add_arguments, print_imported
from analytics.rules.series_context import CalendarOf
from analytics.runtime.settings import alert_settings
from analytics.store.rules.closed_bars import (
    SymbolHistory,
    history_of,
    next_intervals,
    symbols_with_exchanges,
)
from shared.errors import ConfigError
from shared.files.kept_calendars import KeptCalendars
from shared.postgres.database import Cursor, connect, transaction
from shared.runtime.command_line import configured, program, run_command, second_of
from shared.runtime.lifecycle import servers
from shared.settings.config import Config

COMMANDS = {
    "check": "read a rule and print its normal form",
    "import": "print a scan of StockCharts or a script in Pine as a rule",
    "dry-run": "show where a rule would have fired, and what came of it",
    "explain": "show at each bar why a rule fired or did not",
    "add": "arm a rule",
    "list": "list the rules, with their state and alerts",
    "show": "show what was asked of a rule, its latest alerts, and what came of all of them",
    "disable": "disarm a rule and keep it",
    "enable": "arm a disabled rule again",
    "remove": "disarm a rule for good",
}
TRIALS = ("dry-run", "explain")
WARNED = ("check", "dry-run", "add")
CHANGES = ("disable", "enable", "remove")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program(),
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        _add_arguments(commands.add_parser(name, help=text), name)
    arguments = parser.parse_args()
    if arguments.command in TRIALS and arguments.since > arguments.until:
        parser.error("--since is later than --until")
    return arguments


def _add_arguments(command: argparse.ArgumentParser, name: str) -> None:
    if name in CHANGES:
        command.add_argument("rule_id", type=number_argument, metavar="NUMBER", help="its number in the list")
    elif name == "show":
        command.add_argument(
            "name", type=name_argument, metavar="RULE", help="its number or name in the list"
        )
    elif name == "import":
        add_arguments(command)
    elif name != "list":
        or_name = ", or its number or name in the list" if name in TRIALS else ""
        command.add_argument("rule", metavar="RULE", help=f"text of the rule, in quotation marks{or_name}")
    if name == "explain":
        command.add_argument("symbol", metavar="SYMBOL")
    if name in TRIALS:
        _add_period(command)


def _add_period(command: argparse.ArgumentParser) -> None:
    told = "bars that ended then or later; UTC without a zone"
    command.add_argument("--since", type=second_of, default=-inf, metavar="TIME", help=told)
    command.add_argument(
        "--until", type=second_of, default=inf, metavar="TIME", help="bars that ended by then"
    )


@contextmanager
def _database(config: Config) -> Iterator[Cursor]:
    with ExitStack() as opened:
        ready = opened.enter_context(servers(config, kafka=False))
        connection = opened.enter_context(
            closing(connect(ready.postgres.dsn_for(config.database()), "rules"))
        )
        yield opened.enter_context(transaction(connection))


def _calendars(config: Config) -> CalendarOf:
    return KeptCalendars(config.embedded.data, datetime.now(UTC).date()).of


def _dry_run(rule: Rule, config: Config, arguments: argparse.Namespace) -> None:
    require_triable(rule)
    calendars = _calendars(config)
    with _database(config) as cursor:
        stored = symbols_with_exchanges(cursor)
        symbols, named = _symbols(rule, stored), _named(rule, stored, cursor)
        histories = (_history(rule, cursor, symbol, exchange) for symbol, exchange in symbols.items())
        shown = track(histories, "dry run", len(symbols), console=Console(stderr=True), transient=True)
        runs = [
            dry_run(rule, history, named, arguments.since, arguments.until, calendars)
            for history in shown
            if history.bars
        ]
    print_dry_run(rule, runs, arguments.since, arguments.until, Console())


def _symbols(rule: Rule, stored: dict[str, str | None]) -> dict[str, str | None]:
    """The stored symbols that the rule applies to. Raises ConfigError if there are none, or if they are not known."""
    if home := home_of(rule):
        wanted: Iterable[str] = (home,)
    elif rule.scope.kind in ("list", "held"):
        raise ConfigError("Nothing provides lists of symbols and holdings yet: name the symbols in the rule.")
    else:
        wanted = stored if rule.scope.kind == "all" else rule.scope.names
    found = {symbol: stored[symbol] for symbol in wanted if symbol in stored}
    if not found:
        raise ConfigError("No stored symbol is in the scope of the rule: start the pipeline with them first.")
    return found


def _history(
    rule: Rule, cursor: Cursor, symbol: str, exchange: str | None, until: float = inf
) -> SymbolHistory:
    history = history_of(cursor, symbol, exchange, rule.interval, until)
    if not reads(rule, "forecast"):
        return history
    return history._replace(forecasts=next_intervals(cursor, symbol, rule.interval))


def _named(rule: Rule, stored: dict[str, str | None], cursor: Cursor) -> dict[str, SymbolHistory]:
    """The histories of the symbols that a rule names."""
    symbols = {series.symbol for series in named_series(rule)} & stored.keys()
    return {symbol: _history(rule, cursor, symbol, stored[symbol]) for symbol in sorted(symbols)}


def _explain(rule: Rule, config: Config, arguments: argparse.Namespace) -> None:
    require_triable(rule)
    symbol = arguments.symbol.upper()
    with _database(config) as cursor:
        stored = symbols_with_exchanges(cursor)
        if symbol not in stored:
            raise ConfigError(f"{symbol} is not stored: start the pipeline with it first.")
        if symbol not in (evaluated := _symbols(rule, stored)):
            raise ConfigError(
                f"The rule is not evaluated at bars of {symbol}, but of {', '.join(evaluated)}."
            )
        history = _history(rule, cursor, symbol, stored[symbol], arguments.until)
        named = _named(rule, stored, cursor)
    if not history.bars and arguments.until == inf:
        raise ConfigError(f"{symbol} has no closed bar of {rule.interval} yet.")
    is_any = False
    for line in explained(rule, history, named, arguments.since, arguments.until, _calendars(config)):
        print(line)
        is_any = True
    if not is_any:
        raise ConfigError(f"No closed bar of {symbol} on {rule.interval} ended in this period.")


def _run(arguments: argparse.Namespace) -> int:
    config = configured("rules", {})
    if arguments.command == "list":
        with _database(config) as cursor:
            print_thresholds(cursor, alert_settings(config), rule_defaults(config), Console())
            print_rules(cursor, Console())
    elif arguments.command == "show":
        with _database(config) as cursor:
            if arguments.name not in THRESHOLDS:
                print_rule(cursor, int(arguments.name.removeprefix("rule ")), Console())
            print_track_record(cursor, arguments.name, Console())
    elif arguments.command in CHANGES:
        with _database(config) as cursor:
            print(change(cursor, arguments.rule_id, arguments.command))
    elif arguments.command == "import":
        return print_imported(arguments, rule_defaults(config))
    else:
        return _run_with_text(arguments.rule, config, arguments)
    return 0


def _run_with_text(text: str, config: Config, arguments: argparse.Namespace) -> int:
    """Run a command that takes a rule's text. Returns 2 if it can't be read; the message has its own form."""
    try:
        rule = _rule_given(text, config, arguments.command)
    except RuleError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.command in WARNED:
        for sentence in (*certain_comparisons(rule), *impossible_combinations(rule), *doubtful_symbols(rule)):
            print(f"Warning: {sentence}", file=sys.stderr)
    _run_with_rule(rule, config, arguments)
    return 0


def _rule_given(text: str, config: Config, command: str) -> Rule:
    """The rule of this text; of a number or a name too where a rule is tried. Raises RuleError or ConfigError."""
    if command not in TRIALS:
        return read_rule(text, rule_defaults(config))
    if (written := written_rule(text, config)) is not None:
        return written
    with _database(config) as cursor:
        return listed_rule(cursor, int(text))


def _run_with_rule(rule: Rule, config: Config, arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "check":
            print(normal_form(rule))
        case "add":
            with _database(config) as cursor:
                print(add(cursor, rule))
        case "dry-run":
            _dry_run(rule, config, arguments)
        case _:
            _explain(rule, config, arguments)


def main() -> int:
    """Run the command. Returns its exit status."""
    arguments = _arguments()
    return run_command("rules", lambda: _run(arguments))


if __name__ == "__main__":
    sys.exit(main())
