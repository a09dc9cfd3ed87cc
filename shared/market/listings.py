"""Which provider supplies which symbol, and the format of SOURCES:

    yahoo:AAPL,MSFT;binance:BTCUSDT,BTC-USD@BTCUSDT;finnhub:AAPL

Groups are separated by `;`, each with a provider and its symbols. `ours@theirs` is used if the provider's name for a
symbol differs; a provider without symbols gets TICKERS. The first source of a symbol is its primary, the second its
standby.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

PROVIDERS = ("yahoo", "binance", "coingecko", "alphavantage", "finnhub")
"""All providers, by their names in SOURCES."""
ALONE = ("simulated", "replay")
"""Values of SOURCES other than providers."""
MAX_SOURCES = 2

SYMBOL = re.compile(r"[A-Z0-9.^=\-_:/&]{1,32}")
SYMBOL_WORDS = "1 to 32 of letters, digits and . ^ = - _ : / &"
THEIR_NAME = re.compile(r"[\w.^=\-:/&]{1,32}")
"""A provider's name may use any script: Binance lists coins with Chinese names."""
KNOWN = "the known providers are " + ", ".join(PROVIDERS)


class Listing(NamedTuple):
    """A symbol at one source: the provider, and the symbol's name there."""

    source: str
    name: str


Listings = dict[str, tuple[Listing, ...]]
"""Listings by our symbol, the primary source first, then the standby."""


def listings_of(sources: str, tickers: Sequence[str]) -> Listings:
    """Parse SOURCES; empty for "simulated" and "replay", TICKERS at Yahoo if it is empty.

    Raises ValueError with what is allowed.
    """
    if sources in ALONE:
        return {}
    return _gathered(_pairs(sources, tickers))


def listings_named(texts: Sequence[str], source: str) -> Listings:
    """Parse symbols of a command line, such as AAPL, yahoo:BP.L and binance:BTC-USD@BTCUSDT.

    One without a provider is at `source`. Raises ValueError with what is allowed.
    """
    return _gathered(_pair(text, source) for text in texts)


def providers_in(sources: str) -> tuple[str, ...]:
    """The providers in SOURCES, in order; Yahoo if it names none."""
    return tuple(dict.fromkeys(source for source, _ in _groups(sources))) if sources not in ALONE else ()


def _pair(text: str, source: str) -> tuple[str, Listing]:
    provider, colon, symbol = text.partition(":")
    if colon and provider.strip().lower() in PROVIDERS:
        return _listed(symbol, provider.strip().lower())
    return _listed(text, source)


def _pairs(sources: str, tickers: Sequence[str]) -> Iterator[tuple[str, Listing]]:
    """Each symbol of each group with its listing."""
    for source, symbols in _groups(sources):
        for symbol in symbols or tickers:
            yield _listed(symbol, source)


def _groups(sources: str) -> list[tuple[str, list[str]]]:
    """Each provider with its symbols; no symbols if it gets TICKERS."""
    groups = []
    for group in filter(None, map(str.strip, (sources or PROVIDERS[0]).split(";"))):
        provider, _, symbols = group.partition(":")
        groups.append(
            (_known(provider.strip().lower()), [text for text in symbols.split(",") if text.strip()])
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
            f"{provider[:40]!r} is not a provider, {KNOWN}"
        )
    return provider


def _listed(text: str, source: str) -> tuple[str, Listing]:
    """Our symbol, in upper case, and its listing; CoinGecko's names are in lower case."""
    ours, at, theirs = (part.strip().upper() for part in text.partition("@"))
    if not (SYMBOL.fullmatch(ours) and (THEIR_NAME.fullmatch(theirs) or not at)):
        raise ValueError(
            f"must name symbols as AAPL or, where the provider's name differs, ours@theirs, "
            f"and {text.strip()[:40]!r} is not a symbol: {SYMBOL_WORDS}; theirs may use any script"
        )
    name = theirs or ours
    return ours, Listing(source, name.lower() if source == "coingecko" else name)


def _gathered(pairs: Iterator[tuple[str, Listing]]) -> Listings:
    """The listings of each symbol, in order, without duplicates."""
    found: Listings = {}
    for symbol, listing in pairs:
        before = found.get(symbol, ())
        if listing in before:
            continue
        if any(listing.source == other.source for other in before):
            raise ValueError(f"must name {symbol} once at {listing.source}, not under two names")
        if len(before) == MAX_SOURCES:
            raise ValueError(
                f"must name at most {MAX_SOURCES} sources of a symbol, its primary and its standby, "
                f"and {symbol} has more"
            )
        found[symbol] = (*before, listing)
    return found
