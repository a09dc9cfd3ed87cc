"""The dashboard's SQL queries except those for forecasts. Parameters are always bound; each function runs one query.

Only `accept_offer` writes.
"""

from typing import Any

from analytics.indicators.catalog import COLUMNS
from dashboard.read.rows import (
    PRODUCER_SILENT,
    ActionRow,
    ChartBar,
    DataQualityRow,
    OfferRow,
    OpenBarRow,
    PartRow,
    SeriesKey,
    SymbolRow,
    chart_bar,
)
from shared.market.records import INTERVALS
from shared.postgres.database import Cursor

MAX_STATUS_AGE = 20.0
"""Seconds after which a quote status is outdated; the producer updates it every two seconds."""
_BAR = """extract(epoch from b.start)::bigint, extract(epoch from b."end")::bigint,
    b.open, b.high, b.low, b.close, b.volume, b.vwap, b.quotes"""
_INDICATORS = ", ".join(f"{{0}}.{name}" for name in COLUMNS)
_CLOSED = f"{_BAR}, {_INDICATORS.format('i')}"
_OPEN = f"{_BAR}, {_INDICATORS.format('b')}"

# The limits make PostgreSQL select the bars first and then look up the indicators of each one. With a plain join it
# chooses a plan from its statistics. Right after a backfill these are outdated, and it reads the whole history or
# compares every bar with every row of indicators, which takes minutes for a thousand bars.
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
    """The database's time in epoch seconds, used for every age on the page."""
    cursor.execute("select extract(epoch from now())::float8")
    return float(_only(cursor))


def has_tables(cursor: Cursor) -> bool:
    """Whether the migrations have been applied to this database: the last table that they create exists, and
    a column for every indicator."""
    cursor.execute(
        """select to_regclass('own_indicators') is not null and (select count(*) = cardinality(%(names)s::text[])
            from pg_attribute where attrelid = to_regclass('open_bars') and attname = any(%(names)s))""",
        {"names": list(COLUMNS)},
    )
    return bool(_only(cursor))


def read_symbols(cursor: Cursor) -> dict[str, SymbolRow]:
    """The last quote of every watched symbol, also of those without a quote, in alphabetical order."""
    cursor.execute(
        """select symbol, s.price, extract(epoch from s.event_time)::float8,
            extract(epoch from s.received_time)::float8, s.bid, s.ask, s.previous_close, s.day_open,
            s.day_high, s.day_low, s.day_volume, coalesce(s.currency, c.currency), s.exchange,
            coalesce(s.late, 0), d.close, c.name, c.sector, c.exchange, c.decimals, coalesce(s.extreme, 0)
        from symbols s full join data_quality q using (symbol) left join companies c using (symbol)
        left join lateral (
            select close from bars where bars.symbol = s.symbol and interval = '1d' and "end" <= s.event_time
            order by start desc limit 1
        ) d on true
        where not exists (select from watched_symbols w where w.symbol = coalesce(s.symbol, q.symbol) and not w.wanted)
        order by symbol"""
    )
    return {row[0]: SymbolRow._make(row) for row in cursor.fetchall()}


def is_symbol_known(cursor: Cursor, symbol: str) -> bool:
    """Whether a quote, a state of quotes or a bar of this symbol was ever stored."""
    cursor.execute(
        """select exists (select from symbols where symbol = %(symbol)s)
            or exists (select from data_quality where symbol = %(symbol)s)
            or exists (select from bars where symbol = %(symbol)s)""",
        {"symbol": symbol},
    )
    return bool(_only(cursor))


def read_open_bars(cursor: Cursor) -> dict[SeriesKey, OpenBarRow]:
    """The open bar of every symbol and interval."""
    cursor.execute(f"select b.symbol, b.interval, b.seen, b.warm_after, b.sized, {_OPEN} from open_bars b")  # noqa: S608
    return {
        (symbol, interval): OpenBarRow(chart_bar(bar), seen, warm_after, sized)
        for symbol, interval, seen, warm_after, sized, *bar in cursor.fetchall()
    }


def read_newest_bars(
    cursor: Cursor, symbol: str, interval: str, limit: int, before: int | None
) -> list[ChartBar]:
    """The newest `limit` closed bars, oldest first; with `before` only those that start before it, epoch seconds."""
    cursor.execute(_NEWEST, {"symbol": symbol, "interval": interval, "limit": limit, "before": before})
    return [chart_bar(row) for row in cursor.fetchall()]


def read_bars_since(
    cursor: Cursor, last_starts: dict[SeriesKey, int], limit: int
) -> dict[SeriesKey, list[ChartBar]]:
    """The first `limit` bars of each series that start after its last known one, oldest first.

    A series without new bars is omitted. Each series is looked up separately: a join would read the whole table.
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
        found.setdefault((symbol, interval), []).append(chart_bar(bar))
    return found


def read_trends(cursor: Cursor, since: dict[str, int], limit: int) -> dict[str, tuple[float, ...]]:
    """The newest `limit` closes of each symbol's 5m bars that start at its `since` or later, oldest first."""
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


def read_parts(cursor: Cursor) -> dict[str, PartRow]:
    """The heartbeat of each part over its instances. The state is that of the active instance with the newest
    heartbeat, or of one on standby if none is active.

    Heartbeats from the future are ignored: they come from a clock that was fast and has been corrected since.
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
    """The status of each symbol's quotes; the cause of an outdated status is PRODUCER_SILENT."""
    cursor.execute(
        """select symbol, source, standby, case when is_recent then state else 'waiting' end,
            case when is_recent then cause else %(silent)s end, detail, extract(epoch from next_try_at)::float8,
            extract(epoch from opens_at)::float8, history_done, history_total
        from (select *, updated_at > now() - make_interval(secs => %(seconds)s) as is_recent from data_quality) q""",
        {"silent": PRODUCER_SILENT, "seconds": MAX_STATUS_AGE},
    )
    return {row[0]: DataQualityRow._make(row) for row in cursor.fetchall()}


def read_actions(cursor: Cursor) -> dict[str, tuple[ActionRow, ...]]:
    """The splits and dividends that have taken effect by symbol, oldest first; a symbol without any is omitted."""
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
    """The live source that the simulated market replaces; None if no live source was configured."""
    cursor.execute(
        "select source, reason, reachable_since is not null, accepted_at is not null from live_offers"
    )
    row = cursor.fetchone()
    return None if row is None else OfferRow._make(row)


def accept_offer(cursor: Cursor) -> bool:
    """Request the switch to the live quotes on offer; False if there is no offer."""
    cursor.execute(
        """update live_offers set accepted_at = coalesce(accepted_at, now())
        where reachable_since is not null returning source"""
    )
    return cursor.fetchone() is not None


def read_progress(cursor: Cursor, group: str) -> tuple[int, int, int]:
    """The number of dead letters, and the next offsets of `group` and of the furthest group, summed over the
    partitions.

    Every group counts the same dead letters, so the largest count is used.
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
    """The row versions of the partition snapshots: they change when a snapshot is written."""
    cursor.execute(
        """select coalesce(array_agg(xmin::text order by group_id, topic, partition), '{}')
        from partition_snapshots"""
    )
    return list(_only(cursor))


def is_rebuilding(cursor: Cursor) -> bool:
    """Whether analytics is rebuilding bars or indicators: see `analytics.runtime.partition`."""
    cursor.execute(
        "select coalesce(bool_or(state::jsonb ?| array['rewriting', 'remaking']), false) from partition_snapshots"
    )
    return bool(_only(cursor))


def read_first_start(cursor: Cursor) -> float | None:
    """The start of the oldest bar, epoch seconds; None without bars."""
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
    """The single value of a result that always has one row."""
    row = cursor.fetchone()
    assert row is not None
    return row[0]
