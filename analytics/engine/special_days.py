"""Daily bars of days for which the calendar has no session, such as a Saturday on which the exchange was open. Pure."""

from analytics.engine.bars import OpenBar, Slot
from analytics.engine.symbol_state import SymbolState
from shared.calendars.special_days import shows_trading, special_day
from shared.market.records import RecordedBar


def open_special_day(state: SymbolState, record: RecordedBar, closed: int, offset: int) -> bool:
    """Open the bar of such a day, which covers the whole local day. Returns whether there is one.

    The source may report it after the symbol's time has passed, because quotes of that day make no daily bar. It is
    late only if a later day has closed or a split has taken effect. A day without trading is ignored. The caller must
    then close all bars that end by `closed`.
    """
    day = special_day(int(record.start.timestamp()), state.calendar)
    series = state.open.series["1d"]
    if day is None or day.start in series.open_bars or not _is_real(record):
        state.ignored += 1
        return False
    if series.closed_until > day.start or state.splits.latest_time > day.start:
        state.late += 1
        return False
    piece = OpenBar.from_record(record, Slot(*day, "regular"))
    if day.end > closed:
        state.settle((record.open, record.close), day.start, True, offset)
        state.accept_close(record, piece.end)
    state.open.add_day(Slot(*day, "regular"), piece)
    return True


def _is_real(record: RecordedBar) -> bool:
    return shows_trading(record.high, record.low, record.volume)
