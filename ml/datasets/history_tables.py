"""Training histories from the tables of the analytics part: closed bars and splits."""

from ml.datasets.samples import TrainingHistory
from ml.models.features import Observation
from shared.market.records import Interval
from shared.postgres.database import Cursor

# Skips from symbol to symbol along the primary key: a few reads each, for any number of bars.
SYMBOLS = """
    with recursive known (symbol) as (
        (select symbol from bars order by symbol limit 1)
        union all
        select (select symbol from bars where symbol > known.symbol order by symbol limit 1)
        from known where known.symbol is not null
    )
    select symbol from known where symbol is not null order by symbol
"""
NEWEST_BARS = """
    select extract(epoch from "end")::bigint, close, high, low, volume
    from bars where symbol = %s and interval = %s order by start desc limit %s
"""
SPLITS = """
    select extract(epoch from time)::bigint, value
    from corporate_actions where symbol = %s and action = 'split' and time >= to_timestamp(%s) order by time
"""


def histories_from_tables(cursor: Cursor, interval: Interval, newest: int) -> list[TrainingHistory]:
    """The newest bars of each symbol in an interval, at most `newest` each, and the splits since the first of them.

    Sorted by symbol; symbols without bars in this interval are left out.
    """
    cursor.execute(SYMBOLS)
    symbols = [symbol for (symbol,) in cursor.fetchall()]
    found = (_history(cursor, symbol, interval, newest) for symbol in symbols)
    return [history for history in found if history.made_at]


def _history(cursor: Cursor, symbol: str, interval: Interval, newest: int) -> TrainingHistory:
    cursor.execute(NEWEST_BARS, (symbol, interval, newest))
    bars = cursor.fetchall()[::-1]
    if not bars:
        return TrainingHistory(symbol, [], [], [])
    cursor.execute(SPLITS, (symbol, bars[0][0]))
    made_at = [end for end, *_ in bars]
    return TrainingHistory(symbol, made_at, [Observation(*bar) for _, *bar in bars], cursor.fetchall())
