"""Adds symbols: checks them with their providers, then follows them and prints what changed."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache

from producer.describing import sources_of
from producer.sources.answers import Company
from producer.sources.provider import Provider
from producer.sources.registry import provider
from producer.store.tables import CompanyRow, add_symbol, read_listings, write_company
from producer.transport.provider_clock import ProviderClock
from shared.errors import ConfigError, SourceError, TickstreamError
from shared.market.listings import (
    KNOWN,
    PROVIDERS,
    Listing,
    Listings,
    listings_named,
    listings_of,
    providers_in,
)
from shared.postgres.database import Connection, transaction
from shared.runtime.lifecycle import Stop
from shared.settings.config import Config

REJECTED = 1
"""Exit status if at least one symbol was rejected."""


def configured_in(config: Config) -> Listings:
    """The symbols in the settings; a simulated market has the same symbols as the live one."""
    return config.producer.listings or listings_of("", config.producer.tickers)


def add(
    connection: Connection, config: Config, texts: Sequence[str], stop: Stop, *, is_unchecked: bool
) -> int:
    """Check the symbols unless `is_unchecked`, then follow the valid ones; returns the exit status.

    Raises ConfigError or Unavailable.
    """
    try:
        wanted = listings_named(texts, (*providers_in(config.producer.sources), PROVIDERS[0])[0])
    except ValueError as error:
        raise ConfigError(f"add {' '.join(texts)}: {error}.") from None

    @cache
    def provider_of(name: str) -> Provider:
        return provider(name, config.providers, ProviderClock(_now), stop)

    found: dict[str, Company | None] = {}
    for symbol, listings in wanted.items():
        try:
            providers = [provider_of(listing.source) for listing in listings]
            skip_check = is_unchecked or config.feed == "simulated"
            found[symbol] = None if skip_check else _asked(symbol, listings, providers)
        except (SourceError, ConfigError) as error:
            print(f"{symbol} was not added: {_reason(error)}{_hint(symbol)}", file=sys.stderr)
    _write(connection, config, wanted, found)
    return 0 if found.keys() == wanted.keys() else REJECTED


def _asked(symbol: str, listings: Sequence[Listing], providers: Sequence[Provider]) -> Company:
    """The company data of the primary source, after checking all sources. Raises SourceError."""
    companies = [one.company(listing.name) for one, listing in zip(providers, listings, strict=True)]
    return companies[0]._replace(symbol=symbol)


def _reason(error: TickstreamError) -> str:
    if isinstance(error, SourceError) and error.cause != "unknown symbol":
        return f"{error.cause}: {error} Try again later, or add it with --unchecked."
    return str(error)


def _hint(symbol: str) -> str:
    """A hint for a rejected symbol with a colon: the text before it is not a provider."""
    provider, colon, _ = symbol.partition(":")
    return f" ({provider.lower()} is not a provider; {KNOWN}.)" if colon else ""


def _write(
    connection: Connection, config: Config, wanted: Listings, found: dict[str, Company | None]
) -> None:
    """Add the symbols found. Raises Unavailable."""
    with transaction(connection) as cursor:
        before = read_listings(cursor, configured_in(config))
        for symbol, company in found.items():
            if before.get(symbol) != wanted[symbol]:
                add_symbol(cursor, symbol, wanted[symbol], is_watched=symbol in before)
            if company is not None:
                write_company(cursor, CompanyRow(company, wanted[symbol][0].source, _now()))
    for symbol, company in found.items():
        _print_added(symbol, company, wanted[symbol], before.get(symbol), config.feed)


def _print_added(
    symbol: str,
    company: Company | None,
    listings: Sequence[Listing],
    before: Sequence[Listing] | None,
    feed: str,
) -> None:
    named = symbol if company is None or company.name is None else f"{symbol} ({company.name})"
    sources = sources_of(listings, symbol)
    if before is None and feed == "simulated":
        print(
            f"{named} joins the simulated market within two minutes, without history. After the switch to live quotes "
            f"it comes from {sources}, which is checked only then."
        )
    elif before is None:
        print(
            f"{named} was added, from {sources}: within seconds the producer loads its history and follows it."
        )
    elif before == listings:
        print(f"{named} is already followed, from {sources}.")
    else:
        print(f"{named} comes from {sources} from now on, and no longer from {sources_of(before, symbol)}.")


def _now() -> datetime:
    return datetime.now(UTC)
