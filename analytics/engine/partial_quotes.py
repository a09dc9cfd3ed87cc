"""Quotes that update a part of their bars only, by their sale conditions. Pure."""

from analytics.engine.bars import slot_of
from analytics.engine.closing_price import REGULAR, PlaceInBars
from analytics.engine.symbol_state import SymbolState
from shared.market.records import Quote
from shared.market.trade_conditions import EVERYTHING, updates_of


def added_in_part(state: SymbolState, quote: Quote, place: PlaceInBars) -> bool:
    """Add a quote that does not update everything to its minute. Returns False, and does nothing, if it does.

    Such a quote is no last price and confirms none. Where it updates high and low, it can be set aside like any other.
    """
    is_regular = _session_of(state, place) == REGULAR
    updates = updates_of(quote.conditions or "", state.settings.trade_conditions, is_regular)
    if updates == EVERYTHING:
        return False
    if updates.high_low and state.sets_aside(quote.price, quote.event_time.timestamp()):
        return True
    bar = place.bar or state.open.open_without_price(quote, place.start)
    if not bar.whole:
        bar.add_part(quote.price, quote.size, updates)
    return True


def _session_of(state: SymbolState, place: PlaceInBars) -> str:
    if place.bar is not None:
        return place.bar.session
    slot = slot_of("1m", place.start, state.calendar)
    assert slot is not None, "only a day may have no slot"
    return slot.session
