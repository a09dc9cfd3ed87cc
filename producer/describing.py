"""The output of `python -m producer.symbols list` and `describe`: turns rows into terminal tables."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rich.table import Table
from rich.text import Text

from producer.live.quality.row import QualityRow
from producer.store.symbol_queries import Action, BarSpan, LastQuote, SetAsideQuote, SymbolStatus
from producer.store.tables import CompanyRow
from shared.calendars.calendars import NEVER, AlwaysOpen, calendar_of
from shared.market.decimals import decimals_for
from shared.market.exchanges import with_zone
from shared.market.listings import Listing, Listings

SILENT_SECONDS = 30.0
"""After this time without an update by the producer, its last status may be outdated."""
SPANS = ((2 * 86_400, 86_400, "d"), (2 * 3600, 3600, "h"), (120, 60, "min"))
NOTHING = "–"


class Described(NamedTuple):
    """All stored data of a symbol; `quality` comes with its age in seconds."""

    symbol: str
    listings: tuple[Listing, ...]
    company: CompanyRow | None
    last_quote: LastQuote | None
    set_aside: SetAsideQuote | None
    quality: tuple[QualityRow, float] | None
    bars: list[BarSpan]
    actions: list[Action]


def span(seconds: float) -> str:
    """A duration in one unit, such as 45 s, 12 min, 5 h or 3 d."""
    for least, unit, name in SPANS:
        if seconds >= least:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(0.0, seconds):.0f} s"


def sources_of(listings: Sequence[Listing], symbol: str) -> str:
    """Primary source, then standby, each with its own name for the symbol if that differs."""
    names = [one.source if one.name == symbol else f"{one.source} ({one.name})" for one in listings]
    return ", standby ".join(names)


def table_of(statuses: Sequence[SymbolStatus], listings: Listings) -> Table:
    """The list of the followed symbols."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("Symbol", "Sources", "Name", "Last price", "Age", "State"):
        table.add_column(
            header, justify="right" if header in ("Last price", "Age") else "left", overflow="fold"
        )
    for line in statuses:
        price = NOTHING if line.price is None else _price(line.symbol, line.price, line.decimals)
        age = NOTHING if line.age is None else span(line.age)
        sources = sources_of(listings[line.symbol], line.symbol)
        table.add_row(*map(Text, (line.symbol, sources, line.name or NOTHING, price, age, _state(line))))
    return table


def _state(line: SymbolStatus) -> str:
    if line.state is None or line.reported_age is None:
        return NOTHING
    if line.reported_age > SILENT_SECONDS:
        return f"unknown: no update from the producer for {span(line.reported_age)}"
    return ": ".join(filter(None, (line.state, line.cause)))


def description_of(described: Described, now: datetime) -> Table:
    """The description of a symbol, with one value per line."""
    name = described.company.company.name if described.company else None
    table = Table(title=Text(" ".join(filter(None, (described.symbol, name))), "bold"), title_justify="left")
    table.box, table.show_header = None, False
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in _lines(described, now):
        table.add_row(Text(label), Text(text))
    return table


def _lines(described: Described, now: datetime) -> Iterator[tuple[str, str]]:
    yield "Sources", sources_of(described.listings, described.symbol) or "none: not followed"
    yield "Company", _company(described.company)
    yield "Last quote", _last_quote(described)
    yield "Session", _session(described, now)
    if described.quality is None:
        yield "State", "not reported yet"
    else:
        yield from _quality_lines(*described.quality, described.last_quote, now)
    if described.last_quote is not None and described.set_aside is not None:
        yield "Set aside", _set_aside(described, described.last_quote.extreme, described.set_aside)
    for bars in described.bars:
        yield f"Bars {bars.interval}", f"{_moment(bars.first)} to {_moment(bars.last)}"
    for action in described.actions:
        yield action.action.capitalize(), _action(action)


def _company(row: CompanyRow | None) -> str:
    if row is None:
        return "no data yet"
    company = row.company
    details = (
        company.quote_type,
        company.sector,
        company.industry,
        company.exchange and f"exchange {company.exchange}",
        company.time_zone,
        company.currency and f"in {company.currency}",
        f"{company.decimals} decimals",
        f"quotes {span(company.delay)} delayed" if company.delay else None,
    )
    return ", ".join(filter(None, details)) + f" (from {row.source}, {_moment(row.fetched_at)})"


def _last_quote(described: Described) -> str:
    quote = described.last_quote
    if quote is None:
        return "none yet"
    decimals = described.company.company.decimals if described.company else None
    price = " ".join(filter(None, (_price(described.symbol, quote.price, decimals), quote.currency)))
    return (
        f"{price}, {span(quote.event_age)} ago, received {span(quote.received_age)} ago from {quote.source}, "
        f"session {quote.session}"
    )


def _set_aside(described: Described, count: int, newest: SetAsideQuote) -> str:
    decimals = described.company.company.decimals if described.company else None
    price = _price(described.symbol, newest.price, decimals)
    return f"{count}, the latest {price} at {_moment(newest.event_time)}: {newest.reason}"


def _price(symbol: str, price: float, decimals: int | None) -> str:
    return f"{price:,.{decimals_for(symbol, price, decimals)}f}"


def _session(described: Described, now: datetime) -> str:
    """The current session by the exchange's calendar, and when it changes."""
    company = described.company.company if described.company else None
    exchange = with_zone(company.exchange, company.time_zone) if company else None
    if exchange is None and described.last_quote is not None:
        exchange = described.last_quote.exchange
    calendar = calendar_of(exchange)
    if isinstance(calendar, AlwaysOpen):
        return _reported_session(described, now)
    second = int(now.timestamp())
    session, change = calendar.at(second), calendar.next_change(second)
    if session.day_start == NEVER:
        return session.name
    if session.name == "post":
        return f"post; the regular session closed {_second(session.day_end)}"
    verb = "closes" if session.name == "regular" else "opens"
    return (
        f"{session.name}; the regular session {verb} {_second(change)}, in {span(change - now.timestamp())}"
    )


def _reported_session(described: Described, now: datetime) -> str:
    """The session reported by the producer, if the exchange has no calendar; most of these are open 24/7."""
    if described.quality is None:
        return "not reported yet"
    reported, _ = described.quality
    if reported.opens_at is None or reported.opens_at <= now:
        return reported.session
    seconds = (reported.opens_at - now).total_seconds()
    return f"{reported.session}; opens {_moment(reported.opens_at)}, in {span(seconds)}"


def _quality_lines(
    reported: QualityRow, age: float, last_quote: LastQuote | None, now: datetime
) -> Iterator[tuple[str, str]]:
    late = last_quote.late if last_quote else 0
    yield (
        "Reported",
        f"{span(age)} ago" + (", no update from the producer since" if age > SILENT_SECONDS else ""),
    )
    yield "State", ": ".join(filter(None, (reported.state, reported.cause, reported.detail)))
    if reported.next_try_at is not None:
        yield "Next attempt", f"in {span((reported.next_try_at - now).total_seconds())}"
    yield (
        "Quotes",
        f"{reported.quotes_per_minute:.1f} per minute, {reported.quotes} since the producer's start",
    )
    yield (
        "Faults",
        f"{reported.gaps} gaps, {reported.duplicates} duplicates, {reported.out_of_order} out of order, {late} late, "
        f"{reported.refused} rejected, {reported.reconnects} reconnects",
    )
    if reported.history_done < reported.history_total:
        yield "History", f"{reported.history_done} of {reported.history_total} requests completed"


def _action(action: Action) -> str:
    value = f"{action.value:g}"
    day = action.time.astimezone(UTC)
    if action.action == "split":
        return f"{value} for 1, from {_moment(day)}"
    return " ".join(filter(None, (value, action.currency))) + f" per share, ex-date {_moment(day)}"


def _second(second: int) -> str:
    return _moment(datetime.fromtimestamp(second, UTC))


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
