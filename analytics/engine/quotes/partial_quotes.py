"""Quotes that update a part of their bars only, by their sale conditions. Pure."""

from analytics.engine.bars import slot_of
from analytics.engine.quotes.closing_price import PlaceInBars
from analytics.engine.symbol_state import SymbolState
from analytics.indicators.series.sessions import REGULAR
from shared.calendars.calendars import AlwaysOpen
from shared.market.records import Quote
from shared.market.trade_conditions import FORM_T, Updates, updates_of


def updates_in(state: SymbolState, conditions: str, place: PlaceInBars) -> Updates:
    """What a quote with these conditions updates. Without an exchange no session is known, and only form T itself shows
    that a trade is of the extended hours: it has no effect there."""
    if isinstance(state.calendar, AlwaysOpen):
        conditions = conditions.replace(FORM_T, "")
    is_regular = _session_of(state, place) == REGULAR
    return updates_of(conditions, state.settings.trade_conditions, is_regular)


def add_part(
    state: SymbolState, quote: Quote, offset: int, updates: Updates, place: PlaceInBars
) -> str | None:
    """Add a quote that does not update everything to its minute. It is no last price.

    Where it updates high and low, it may be set aside like any other. Returns None, or the reason for that.
    """
    time = quote.event_time.timestamp()
    reason = state.reason_against(quote, time, offset) if updates.high_low else None
    if reason is None:
        bar = place.bar or state.open.open_without_price(quote, place.start)
        if not bar.whole:
            bar.add_part(quote.price, quote.size, updates)
    return reason


def _session_of(state: SymbolState, place: PlaceInBars) -> str:
    if place.bar is not None:
        return place.bar.session
    slot = slot_of("1m", place.start, state.calendar)
    assert slot is not None, "only a day may have no slot"
    return slot.session
