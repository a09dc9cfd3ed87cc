"""Every statement the screen needs, but for those about forecasts. Parameters are always bound; each function asks
once. Only one of them writes.
"""

from typing import Any

from dashboard.read.rows import (
    PRODUCER_SILENT,
    ActionRow,
    AlertRow,
    ChartBar,
    DataAlertRow,
    DataQualityRow,
    OfferRow,
    OpenBarRow,
    PartRow,
    SeriesKey,
    SymbolRow,
)
from shared.market.records import INTERVALS
from shared.postgres.database import Cursor

TOLD_WITHIN = 20.0
"""The producer tells every two seconds how quotes fare; what it told longer ago says nothing of now."""
_BAR = """extract(epoch from b.start)::bigint, extract(epoch from b."end")::bigint,
    b.open, b.high, b.low, b.close, b.volume, b.vwap, b.quotes"""
_INDICATORS = ", ".join(f"{{0}}.{name}" for name in ChartBar._fields[9:])
_CLOSED = f"{_BAR}, {_INDICATORS.format('i')}"
_OPEN = f"{_BAR}, {_INDICATORS.format('b')}"

# The bars are cut to their number first, then each one's indicators are looked up: the limits say so to PostgreSQL. A
# plain join leaves it to guess, and while its statistics don't know of a history that has just come in it reads all of
# it, or compares every bar with every row of indicators: minutes for an answer of a thousand bars.
_WITH_INDICATORS = """left join lateral (
        select * from indicators where symbol = b.symbol and interval = b.interval and start = b.start limit 1
    ) i on true"""

_NEWEST = f"""
    select {_CLOSED} from (
        select * from bars where symbol = %(symbol)s and interval = %(interval)s
            and start < coalesce(to_timestamp(%(before)s), 'infinity')
        order by start desc limit %(limit)s
    ) b {_WITH_INDICATORS} order by b.start
"""  # noqa: S608

_NEWER = f"""
    select b.symbol, b.interval, {_CLOSED}
    from unnest(%(symbols)s::text[], %(intervals)s::text[], %(starts)s::float8[]) as known(symbol, interval, start)
    cross join lateral (
        select * from bars where symbol = known.symbol and interval = known.interval
            and start > to_timestamp(known.start)
        order by start limit %(limit)s
    ) b {_WITH_INDICATORS} order by b.start
"""  # noqa: S608


def read_now(cursor: Cursor) -> float:
    """The database's clock, epoch seconds: one clock for every age on the page."""
    cursor.execute("select extract(epoch from now())::float8")
    return float(_only(cursor))


def has_tables(cursor: Cursor) -> bool:
    """Whether the migrations have been applied to this database: the last table they make is there."""
    cursor.execute("select to_regclass('forecast_records') is not null")
    return bool(_only(cursor))


def read_symbols(cursor: Cursor) -> dict[str, SymbolRow]:
    """The last quote of every symbol that is watched, quoted or not, in alphabetical order."""
    cursor.execute(
        """select symbol, s.price, extract(epoch from s.event_time)::float8,
            extract(epoch from s.received_time)::float8, s.bid, s.ask, s.previous_close, s.day_open,
            s.day_high, s.day_low, s.day_volume, coalesce(s.currency, c.currency), s.exchange,
            coalesce(s.late, 0), d.close, c.name, c.sector, c.exchange, c.decimals
        from symbols s full join data_quality q using (symbol) left join companies c using (symbol)
        left join lateral (
            select close from bars where bars.symbol = s.symbol and interval = '1d' order by start desc limit 1
        ) d on true
        where not exists (select from watched_symbols w where w.symbol = coalesce(s.symbol, q.symbol) and not w.wanted)
        order by symbol"""
    )
    return {row[0]: SymbolRow._make(row) for row in cursor.fetchall()}


def read_open_bars(cursor: Cursor) -> dict[SeriesKey, OpenBarRow]:
    """The open bar of every symbol and interval."""
    cursor.execute(f"select b.symbol, b.interval, b.seen, b.warm_after, b.sized, {_OPEN} from open_bars b")  # noqa: S608
    return {
        (symbol, interval): OpenBarRow(ChartBar._make(bar), seen, warm_after, sized)
        for symbol, interval, seen, warm_after, sized, *bar in cursor.fetchall()
    }


def read_newest_bars(
    cursor: Cursor, symbol: str, interval: str, limit: int, before: int | None
) -> list[ChartBar]:
    """The newest `limit` closed bars, oldest first; of those that start before `before`, epoch seconds, if that is
    given."""
    cursor.execute(_NEWEST, {"symbol": symbol, "interval": interval, "limit": limit, "before": before})
    return [ChartBar._make(row) for row in cursor.fetchall()]


def read_bars_since(
    cursor: Cursor, last_starts: dict[SeriesKey, int], limit: int
) -> dict[SeriesKey, list[ChartBar]]:
    """The first `limit` bars of each series that start after its last known one, oldest first.

    A series without is left out. Each is looked up by itself: a join would read the whole table.
    """
    cursor.execute(
        _NEWER,
        {
            "symbols": [symbol for symbol, _ in last_starts],
            "intervals": [interval for _, interval in last_starts],
            "starts": list(last_starts.values()),
            "limit": limit,
        },
    )
    found: dict[SeriesKey, list[ChartBar]] = {}
    for symbol, interval, *bar in cursor.fetchall():
        found.setdefault((symbol, interval), []).append(ChartBar._make(bar))
    return found


def read_trends(cursor: Cursor, since: dict[str, int], limit: int) -> dict[str, tuple[float, ...]]:
    """The closes of each symbol's 5m bars that begin at its `since` or later, oldest first, at most `limit`."""
    cursor.execute(
        """select wanted.symbol, t.close
        from unnest(%(symbols)s::text[], %(since)s::float8[]) as wanted(symbol, since) cross join lateral (
            select start, close from bars where symbol = wanted.symbol and interval = '5m'
                and start >= to_timestamp(wanted.since) order by start desc limit %(limit)s
        ) t order by t.start""",
        {"symbols": list(since), "since": list(since.values()), "limit": limit},
    )
    closes: dict[str, list[float]] = {symbol: [] for symbol in since}
    for symbol, close in cursor.fetchall():
        closes[symbol].append(close)
    return {symbol: tuple(values) for symbol, values in closes.items()}


def read_alerts(cursor: Cursor, limit: int) -> list[AlertRow]:
    """The latest alerts, newest first."""
    cursor.execute(
        """select symbol, interval, rule, extract(epoch from start)::bigint,
            extract(epoch from event_time)::float8, value, threshold, price
        from alerts order by event_time desc, symbol, interval, rule limit %(limit)s""",
        {"limit": limit},
    )
    return [AlertRow._make(row) for row in cursor.fetchall()]


def read_parts(cursor: Cursor) -> dict[str, PartRow]:
    """The heartbeat of each part; the newest of its instances speaks for their state, one that stands by the last.

    A heartbeat from the future is of a clock that was fast, and was set since.
    """
    cursor.execute(
        """select part, (array_agg(state order by stands_by, seen_at desc))[1],
            (array_agg(detail order by stands_by, seen_at desc))[1],
            count(*), sum(lag)::bigint, sum(per_second), extract(epoch from now() - max(seen_at))::float8,
            count(*) filter (where stands_by)
        from (select *, state = 'standing by' as stands_by, max(seen_at) over (partition by part) as newest
            from parts where seen_at <= now() + interval '10 seconds') p
        where seen_at > newest - interval '10 seconds' group by part"""
    )
    return {row[0]: PartRow._make(row) for row in cursor.fetchall()}


def read_qualities(cursor: Cursor) -> dict[str, DataQualityRow]:
    """How the quotes of each symbol fare; where that was not told for so long, all that is known is that."""
    cursor.execute(
        """select symbol, source, standby, case when is_told then state else 'waiting' end,
            case when is_told then cause else %(silent)s end, detail, extract(epoch from next_try_at)::float8,
            extract(epoch from opens_at)::float8, history_done, history_total
        from (select *, updated_at > now() - make_interval(secs => %(seconds)s) as is_told from data_quality) q""",
        {"silent": PRODUCER_SILENT, "seconds": TOLD_WITHIN},
    )
    return {row[0]: DataQualityRow._make(row) for row in cursor.fetchall()}


def read_data_alerts(cursor: Cursor, limit: int) -> list[DataAlertRow]:
    """The latest alerts about the data, newest first."""
    cursor.execute(
        """select symbol, kind, extract(epoch from raised_at)::float8, extract(epoch from cleared_at)::float8,
            value, threshold, detail
        from data_alerts order by raised_at desc, symbol, kind limit %(limit)s""",
        {"limit": limit},
    )
    return [DataAlertRow._make(row) for row in cursor.fetchall()]


def read_actions(cursor: Cursor) -> dict[str, tuple[ActionRow, ...]]:
    """The splits and dividends of each symbol that have taken effect, oldest first; a symbol without is left out."""
    cursor.execute(
        """select a.symbol, extract(epoch from a.time)::bigint, a.action, a.value, b.close
        from corporate_actions a left join symbols s using (symbol) left join lateral (
            select close from bars where bars.symbol = a.symbol and interval = '1d' and start < a.time
            order by start desc limit 1
        ) b on a.action = 'dividend' and coalesce(a.currency = s.currency, true)
        where a.time <= now() order by a.time"""
    )
    found: dict[str, tuple[ActionRow, ...]] = {}
    for symbol, *action in cursor.fetchall():
        found[symbol] = (*found.get(symbol, ()), ActionRow._make(action))
    return found


def read_offer(cursor: Cursor) -> OfferRow | None:
    """The live quotes in whose place the simulated market runs; None where they were not wanted."""
    cursor.execute(
        "select source, reason, reachable_since is not null, accepted_at is not null from live_offers"
    )
    row = cursor.fetchone()
    return None if row is None else OfferRow._make(row)


def accept_offer(cursor: Cursor) -> bool:
    """Ask for the live quotes that are on offer; False where none are."""
    cursor.execute(
        """update live_offers set accepted_at = coalesce(accepted_at, now())
        where reachable_since is not null returning source"""
    )
    return cursor.fetchone() is not None


def read_progress(cursor: Cursor, group: str) -> tuple[int, int, int]:
    """How many messages of the log could not be read, and up to which one `group` and the furthest group have read, as
    sums over the partitions.

    Every group counts the same dead letters, so the largest number stands.
    """
    cursor.execute(
        """select coalesce(max(letters), 0)::bigint,
            coalesce(max(reached) filter (where group_id = %(group)s), 0)::bigint,
            coalesce(max(reached), 0)::bigint from (
            select group_id, sum(dead_letters) as letters, sum(next_offset) as reached
            from progress group by group_id) g""",
        {"group": group},
    )
    row = cursor.fetchone()
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


def read_state_versions(cursor: Cursor) -> list[str]:
    """Tells whether a partition's state was written since, without reading what it says."""
    cursor.execute(
        """select coalesce(array_agg(xmin::text order by group_id, topic, partition), '{}')
        from partition_snapshots"""
    )
    return list(_only(cursor))


def is_being_remade(cursor: Cursor) -> bool:
    """Whether the analytics part makes bars or indicators anew: see `analytics.runtime.partition`."""
    cursor.execute(
        "select coalesce(bool_or(state::jsonb ?| array['rewriting', 'remaking']), false) from partition_snapshots"
    )
    return bool(_only(cursor))


def read_first_start(cursor: Cursor) -> float | None:
    """When the oldest bar starts, epoch seconds; None while there is none."""
    cursor.execute(
        """select extract(epoch from min(f.start))::float8
        from symbols s cross join unnest(%(intervals)s::text[]) as i(interval) cross join lateral (
            select start from bars where symbol = s.symbol and interval = i.interval order by start limit 1
        ) f""",
        {"intervals": list(INTERVALS)},
    )
    first = _only(cursor)
    return None if first is None else float(first)


def _only(cursor: Cursor) -> Any:
    """The one value of a result that always has one row."""
    row = cursor.fetchone()
    assert row is not None
    return row[0]
