"""Yahoo's company data of a symbol: from its summary, or from its quote."""

import logging
from typing import Any
from urllib.parse import quote as url_quoted

import msgspec

from producer.sources.answers import Company, Skipped
from producer.sources.piecewise import log_skipped, parsed_fields
from producer.sources.yahoo.quotes import MINUTE, NO_TYPE, QuoteRow, row_of, rows
from producer.sources.yahoo.session import Delay, PriceHint, YahooSession, parsed, reason_of
from producer.transport.http import Rejected
from shared.errors import SourceDown, Unanswered, UnknownSymbol

MODULES = "assetProfile,price,quoteType"

log = logging.getLogger("tickstream.producer")


class CompanyProfile(msgspec.Struct):
    """The module assetProfile; only companies have one."""

    sector: str | None = None
    industry: str | None = None


class CompanyPrice(msgspec.Struct, rename="camel"):
    """The module price. The delay is in minutes."""

    short_name: str | None = None
    long_name: str | None = None
    exchange: str | None = None
    currency: str | None = None
    quote_type: str | None = None
    price_hint: PriceHint = 2
    exchange_data_delayed_by: Delay = 0.0


class QuoteType(msgspec.Struct, rename="camel"):
    """The module quoteType."""

    time_zone_full_name: str | None = None


class CompanySummary(msgspec.Struct, rename="camel"):
    """The modules, not yet decoded, so that an invalid one does not affect others."""

    price: dict[str, Any]
    quote_type: Any = None
    asset_profile: Any = None


class CompanyResult(msgspec.Struct):
    """A list of one summary."""

    result: list[CompanySummary]


class CompanyBody(msgspec.Struct, rename="camel"):
    """The whole response."""

    quote_summary: CompanyResult


def company(session: YahooSession, name: str) -> Company:
    """See Provider.company."""
    path = f"/v10/finance/quoteSummary/{url_quoted(name, safe='')}"
    try:
        body = session.get_with_crumb(path, {"modules": MODULES, "formatted": "false"})
    except Rejected as rejected:
        return _from_quote(session, name, reason_of(rejected))
    summaries = parsed(body, CompanyBody).quote_summary.result
    if not summaries:
        raise SourceDown(f"Yahoo's response contains no summary of {name}.")
    return company_of(name, summaries[0])


def company_of(name: str, summary: CompanySummary) -> Company:
    """The company data of a summary, without invalid fields."""
    skipped = Skipped()
    price = parsed_fields(summary.price, CompanyPrice, skipped)
    profile = parsed_fields(summary.asset_profile, CompanyProfile, skipped)
    kind = parsed_fields(summary.quote_type, QuoteType, skipped)
    log_skipped(skipped, log, f"Yahoo's description of {name}")
    return Company(
        symbol=name,
        name=price.long_name or price.short_name,
        sector=profile.sector,
        industry=profile.industry,
        exchange=price.exchange,
        time_zone=kind.time_zone_full_name,
        currency=price.currency,
        quote_type=price.quote_type,
        decimals=price.price_hint,
        delay=price.exchange_data_delayed_by * MINUTE,
    )


def _parsed_rows(session: YahooSession, name: str) -> list[QuoteRow]:
    try:
        return [row_of(raw) for raw in rows(session, [name])]
    except msgspec.ValidationError as error:
        raise Unanswered(f"Yahoo's response for {name} has an unexpected format: {error}.") from error


def _from_quote(session: YahooSession, name: str, reason: str) -> Company:
    """Raises UnknownSymbol if there is no quote either."""
    found = _parsed_rows(session, name)
    if not found or found[0].quote_type in (None, NO_TYPE):
        raise UnknownSymbol(f"Yahoo does not know {name}: {reason}")
    row = found[0]
    return Company(
        symbol=name,
        name=row.long_name or row.short_name,
        sector=None,
        industry=None,
        exchange=row.exchange,
        time_zone=row.exchange_timezone_name,
        currency=row.currency,
        quote_type=row.quote_type,
        decimals=row.price_hint,
        delay=row.exchange_data_delayed_by * MINUTE,
    )
