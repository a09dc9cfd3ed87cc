"""What Yahoo knows of a symbol: its summary, or the facts that come with a quote."""

from urllib.parse import quote as url_quoted

import msgspec

from producer.http import Rejected
from producer.sources.provider import Company
from producer.sources.yahoo.quotes import MINUTE, NO_TYPE, Row, rows
from producer.sources.yahoo.session import Delay, PriceHint, YahooSession, reason_of, understood
from shared.errors import SourceDown, UnknownSymbol

MODULES = "assetProfile,price,quoteType"


class Profile(msgspec.Struct):
    """The module assetProfile; only companies have one."""

    sector: str | None = None
    industry: str | None = None


class Price(msgspec.Struct, rename="camel"):
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


class Summary(msgspec.Struct, rename="camel"):
    """The modules there are."""

    price: Price
    quote_type: QuoteType = msgspec.field(default_factory=QuoteType)
    asset_profile: Profile = msgspec.field(default_factory=Profile)


class Result(msgspec.Struct):
    """A list of one summary."""

    result: list[Summary]


class Body(msgspec.Struct, rename="camel"):
    """The whole answer."""

    quote_summary: Result


def company(session: YahooSession, name: str) -> Company:
    """See Provider.company."""
    path = f"/v10/finance/quoteSummary/{url_quoted(name, safe='')}"
    try:
        body = session.get_with_crumb(path, {"modules": MODULES, "formatted": "false"})
    except Rejected as rejected:
        return _from_quote(session, name, reason_of(rejected))
    summaries = understood(body, Body).quote_summary.result
    if not summaries:
        raise SourceDown(f"Yahoo answered without a summary of {name}.")
    return _from_summary(name, summaries[0])


def _from_summary(name: str, summary: Summary) -> Company:
    price = summary.price
    return Company(
        symbol=name,
        name=price.long_name or price.short_name,
        sector=summary.asset_profile.sector,
        industry=summary.asset_profile.industry,
        exchange=price.exchange,
        time_zone=summary.quote_type.time_zone_full_name,
        currency=price.currency,
        quote_type=price.quote_type,
        decimals=price.price_hint,
        delay=price.exchange_data_delayed_by * MINUTE,
    )


def _from_quote(session: YahooSession, name: str, reason: str) -> Company:
    """Raises UnknownSymbol where there is no quote either."""
    found = [understood(row, Row) for row in rows(session, [name])]
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
