"""Which provider gives which symbol: what SOURCES says, and how a symbol and its source are written.

    yahoo:AAPL,MSFT;binance:BTCUSDT,BTC-USD@BTCUSDT;finnhub:AAPL

Groups by `;`, each a provider and its symbols. `ours@theirs` where the provider's name for a symbol differs; a provider
without symbols takes TICKERS. The first source of a symbol is its primary one, the second its standby.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

PROVIDERS = ("yahoo", "binance", "coingecko", "alphavantage", "finnhub")
"""Every provider there is, by its name in SOURCES."""
ALONE = ("simulated", "replay")
"""What SOURCES may say instead of naming providers."""
MOST_SOURCES = 2

SYMBOL = re.compile(r"[A-Z0-9.^=\-_:/&]{1,32}")
SYMBOL_WORDS = "1 to 32 of letters, digits and . ^ = - _ : / &"
THEIR_NAME = re.compile(r"[\w.^=\-:/&]{1,32}")
"""A provider's name may be in any writing: Binance lists pairs of coins with Chinese names."""
KNOWN = "the known providers are " + ", ".join(PROVIDERS)


class Listing(NamedTuple):
    """A symbol at one source: the provider, and the name that it has there."""

    source: str
    name: str


Listings = dict[str, tuple[Listing, ...]]
"""Our symbol to its listings, the primary source first, then the standby."""


def listings_of(sources: str, tickers: Sequence[str]) -> Listings:
    """What SOURCES says; nothing for "simulated" and "replay", TICKERS at Yahoo where it is empty.

    Raises ValueError with what is allowed.
    """
    if sources in ALONE:
        return {}
    return _gathered(_pairs(sources, tickers))


def listings_named(words: Sequence[str], source: str) -> Listings:
    """Symbols as a command names them, such as AAPL, yahoo:BP.L and binance:BTC-USD@BTCUSDT.

    One that names no provider is at `source`. Raises ValueError with what is allowed.
    """
    return _gathered(_pair(word, source) for word in words)


def providers_in(sources: str) -> tuple[str, ...]:
    """The providers that SOURCES names, in its order; Yahoo where it names none."""
    return tuple(dict.fromkeys(source for source, _ in _groups(sources))) if sources not in ALONE else ()


def _pair(word: str, source: str) -> tuple[str, Listing]:
    provider, colon, symbol = word.partition(":")
    if colon and provider.strip().lower() in PROVIDERS:
        return _listed(symbol, provider.strip().lower())
    return _listed(word, source)


def _pairs(sources: str, tickers: Sequence[str]) -> Iterator[tuple[str, Listing]]:
    """Each symbol of each group with its listing there."""
    for source, symbols in _groups(sources):
        for symbol in symbols or tickers:
            yield _listed(symbol, source)


def _groups(sources: str) -> list[tuple[str, list[str]]]:
    """Each provider with the symbols behind it, none where it takes TICKERS."""
    groups = []
    for group in filter(None, map(str.strip, (sources or PROVIDERS[0]).split(";"))):
        provider, _, symbols = group.partition(":")
        groups.append(
            (_known(provider.strip().lower()), [word for word in symbols.split(",") if word.strip()])
        )
    if not groups:
        raise ValueError(f"must name at least one provider: {KNOWN}")
    return groups


def _known(provider: str) -> str:
    if provider in ALONE:
        raise ValueError(f"must be {provider} alone, or groups of providers and symbols without it")
    if provider not in PROVIDERS:
        raise ValueError(
            f"must be empty, simulated, replay, or groups such as yahoo:AAPL,MSFT;binance:BTC-USD@BTCUSDT; "
            f"{provider[:40]!r} is no provider, {KNOWN}"
        )
    return provider


def _listed(word: str, source: str) -> tuple[str, Listing]:
    """Our symbol, in upper case, and its listing; CoinGecko's names are in lower case."""
    ours, at, theirs = (part.strip().upper() for part in word.partition("@"))
    if not (SYMBOL.fullmatch(ours) and (THEIR_NAME.fullmatch(theirs) or not at)):
        raise ValueError(
            f"must name symbols as AAPL or, where the provider's name differs, ours@theirs, "
            f"and {word.strip()[:40]!r} is none: {SYMBOL_WORDS}; theirs may be of any writing"
        )
    name = theirs or ours
    return ours, Listing(source, name.lower() if source == "coingecko" else name)


def _gathered(pairs: Iterator[tuple[str, Listing]]) -> Listings:
    """The listings of each symbol, in their order, each once."""
    found: Listings = {}
    for symbol, listing in pairs:
        before = found.get(symbol, ())
        if listing in before:
            continue
        if any(listing.source == other.source for other in before):
            raise ValueError(f"must name {symbol} once at {listing.source}, not under two names")
        if len(before) == MOST_SOURCES:
            raise ValueError(
                f"must name at most {MOST_SOURCES} sources of a symbol, its primary one and its standby, "
                f"and {symbol} has more"
            )
        found[symbol] = (*before, listing)
    return found
