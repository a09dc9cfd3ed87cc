"""What came of the alerts that a rule or a threshold has raised, as in a dry run."""

from typing import cast

import numpy as np
from rich.console import Console

from analytics.alerts.track_record.track_record import Fired, track_record
from analytics.rules.dry_run import symbol_bars
from analytics.rules.dry_run_report import record_table
from analytics.rules.texts import count_text
from analytics.store.rules.closed_bars import history_of, symbols_with_exchanges
from analytics.store.rules.rule_requests import alert_starts
from shared.calendars.calendars import calendar_of
from shared.market.records import Interval
from shared.postgres.database import Cursor


def print_track_record(cursor: Cursor, name: str, console: Console) -> None:
    """Print the track record of a rule or threshold by the name of its alerts, a table for each interval."""
    exchanges = symbols_with_exchanges(cursor)
    found = alert_starts(cursor, name)
    if not found:
        console.print("There is no alert yet.")
    for interval, by_symbol in found.items():
        fired = [
            _fired(cursor, symbol, exchanges.get(symbol), cast(Interval, interval), starts)
            for symbol, starts in by_symbol.items()
        ]
        alerts, at_bars = sum(map(len, by_symbol.values())), sum(len(each.places) for each in fired)
        of_symbols = f"{count_text(alerts, 'alert')} of {count_text(len(fired), 'symbol')}"
        console.print(f"{of_symbols} on {interval} so far.")
        if at_bars < alerts:
            console.print(
                f"{alerts - at_bars:,} of them are at no stored bar: nothing can be measured from there."
            )
        if at_bars:
            console.print(record_table(track_record(fired, cast(Interval, interval))))


def _fired(cursor: Cursor, symbol: str, exchange: str | None, interval: Interval, starts: list[int]) -> Fired:
    history = history_of(cursor, symbol, exchange, interval)
    known = {bar.start: place for place, bar in enumerate(history.bars)}
    places = [known[start] for start in starts if start in known]
    return Fired(symbol_bars(history, calendar_of(exchange)), np.array(places, dtype=np.int64))
