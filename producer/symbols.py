"""Add, remove and inspect the followed symbols while the pipeline runs.

    python -m producer.symbols add NVDA                      from the first provider in SOURCES, Yahoo without one
    python -m producer.symbols add yahoo:BP.L                from a given provider
    python -m producer.symbols add binance:BTC-USD@BTCUSDT   under your own name: BTC-USD is the provider's BTCUSDT
    python -m producer.symbols add yahoo:BTC-USD binance:BTC-USD@BTCUSDT
                                                             the same symbol twice: the second source is its standby
    python -m producer.symbols remove NVDA                   stop following it; its stored data are kept
    python -m producer.symbols list                          last price, age and state of all symbols
    python -m producer.symbols describe AAPL MSFT            all details of these symbols

Before a symbol is added, its provider is asked whether the symbol exists. Within seconds the producer loads its history
and then follows it. The simulated market adds any symbol within two minutes, without a check and without history; its
live quotes arrive after the switch to live quotes. Changes made here override SOURCES and TICKERS of .env and are kept
after a restart. Providers: yahoo, binance, coingecko, alphavantage, finnhub. Exit status 1: at least one symbol was
rejected. Settings: .env, see .env.example.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

from rich.console import Console

from db.migrate import migrate
from producer.adding import REJECTED, add, configured_in
from producer.describing import Described, description_of, table_of
from producer.store.earlier_runs import has_run
from producer.store.symbol_queries import (
    read_actions,
    read_bar_spans,
    read_last_quote,
    read_now,
    read_quality,
    read_replayed_listings,
    read_set_aside,
    read_statuses,
)
from producer.store.tables import (
    CompanyRow,
    read_companies,
    read_listings,
    remove_symbol,
)
from shared.errors import ConfigError, TickstreamError
from shared.market.listings import (
    PROVIDERS,
    Listing,
    Listings,
    listings_named,
)
from shared.market.records import INTERVALS
from shared.postgres.database import Connection, Cursor, connect, transaction
from shared.runtime.command_line import configured
from shared.runtime.lifecycle import Stop, servers, stop_on_signals
from shared.runtime.supervision import EXIT_STOP
from shared.settings.config import Config


def main() -> int:
    """Run the command; returns the exit status."""
    stop = stop_on_signals()
    try:
        arguments = parser().parse_args()
        config = configured("symbols", {})
        return run(config, arguments, stop)
    except TickstreamError as error:
        print(f"symbols: {error}", file=sys.stderr)
        return EXIT_STOP
    except KeyboardInterrupt:
        return EXIT_STOP


def parser() -> argparse.ArgumentParser:
    """The command line parser, with the module docstring as help."""
    parser = argparse.ArgumentParser(
        prog="python -m producer.symbols",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="add|remove|list|describe")
    add = commands.add_parser("add", help="follow symbols: AAPL, yahoo:BP.L, binance:BTC-USD@BTCUSDT")
    add.add_argument(
        "--unchecked",
        action="store_true",
        help="skip the provider's check, for example while it can't be reached",
    )
    remove = commands.add_parser("remove", help="stop following symbols; stored data are kept")
    commands.add_parser("list", help="show last price, age and state of all followed symbols")
    describe = commands.add_parser("describe", help="show all details of symbols")
    for command in (add, remove, describe):
        command.add_argument("symbols", nargs="+", metavar="SYMBOL")
    return parser


def run(config: Config, arguments: argparse.Namespace, stop: Stop) -> int:
    """Run the parsed command; returns the exit status. Raises ConfigError or Unavailable."""
    if arguments.command in ("add", "remove") and config.feed == "replay":
        raise ConfigError(
            "the replay feed has exactly the symbols of its files: none can be added or removed."
        )
    with servers(config, kafka=False) as given, closing(_tables(ready := at_work(given))) as connection:
        if arguments.command == "add":
            return add(connection, ready, arguments.symbols, stop, is_unchecked=arguments.unchecked)
        if arguments.command == "remove":
            return _remove(connection, configured_in(ready), arguments.symbols)
        if arguments.command == "list":
            return _list(connection, ready)
        return _describe(connection, ready, arguments.symbols)


def at_work(config: Config) -> Config:
    """The settings of the running feed: the simulated market if it replaces live quotes that were never received.

    Raises Unavailable.
    """
    simulated = config.model_copy(
        update={"producer": config.producer.model_copy(update={"feed": "simulated"})}
    )
    if config.feed != "live" or config.producer.is_source_chosen or has_run(config) or not has_run(simulated):
        return config
    print("The simulated market runs instead of live quotes.")
    return simulated


def _tables(config: Config) -> Connection:
    """A connection to existing tables. Raises ConfigError if there are none, or Unavailable.

    They are not created here: the pipeline recognises its first start by their absence.
    """
    if not has_run(config):
        raise ConfigError(
            f"the {config.feed} feed has not run yet: start it first, python start_pipeline.py."
        )
    dsn = config.postgres.dsn_for(config.database())
    migrate(dsn)
    return connect(dsn, "symbols")


def _remove(connection: Connection, configured: Listings, texts: Sequence[str]) -> int:
    symbols = _symbols(texts)
    with transaction(connection) as cursor:
        watched = read_listings(cursor, configured)
        for symbol in watched.keys() & set(symbols):
            remove_symbol(cursor, symbol, configured)
    for symbol in symbols:
        if symbol in watched:
            print(f"{symbol} was removed. Its stored data are kept; `add {symbol}` follows it again.")
        else:
            print(f"{symbol} is not followed: `list` shows the followed symbols.", file=sys.stderr)
    return 0 if watched.keys() >= set(symbols) else REJECTED


def _watched(cursor: Cursor, config: Config) -> Listings:
    """The followed symbols; for a recording, those with quotes so far."""
    return (
        read_replayed_listings(cursor)
        if config.feed == "replay"
        else read_listings(cursor, configured_in(config))
    )


def _list(connection: Connection, config: Config) -> int:
    with transaction(connection) as cursor:
        listings = _watched(cursor, config)
        statuses = read_statuses(cursor, list(listings))
    Console().print(table_of(statuses, listings))
    removed = [symbol for symbol in configured_in(config) if symbol not in listings]
    if removed and config.feed != "replay":
        print(f"In .env but removed with this command: {', '.join(removed)}. `add` follows them again.")
    return 0


def _describe(connection: Connection, config: Config, texts: Sequence[str]) -> int:
    symbols = _symbols(texts)
    with transaction(connection) as cursor:
        now, listings, companies = read_now(cursor), _watched(cursor, config), read_companies(cursor)
        found = [_read(cursor, symbol, listings.get(symbol, ()), companies.get(symbol)) for symbol in symbols]
    known = [described for described in found if described.listings or described.last_quote]
    for described in known:
        Console().print(description_of(described, now))
    for symbol in sorted(set(symbols) - {described.symbol for described in known}):
        print(f"{symbol} is not followed, and no data of it are stored.", file=sys.stderr)
    return 0 if len(known) == len(symbols) else REJECTED


def _read(
    cursor: Cursor, symbol: str, listings: tuple[Listing, ...], company: CompanyRow | None
) -> Described:
    return Described(
        symbol,
        listings,
        company,
        read_last_quote(cursor, symbol),
        read_set_aside(cursor, symbol),
        read_quality(cursor, symbol),
        read_bar_spans(cursor, symbol, INTERVALS),
        read_actions(cursor, symbol),
    )


def _symbols(texts: Sequence[str]) -> list[str]:
    """Parse symbols in the format of `add`, without duplicates. Raises ConfigError."""
    try:
        return list(listings_named(texts, PROVIDERS[0]))
    except ValueError as error:
        raise ConfigError(f"{' '.join(texts)}: {error}.") from None


if __name__ == "__main__":
    sys.exit(main())
