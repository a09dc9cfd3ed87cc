"""Two sets of temporary tables of one connection: rows as they were stored at one moment, and the same rows calculated
again.

The stored rows of a table are copied to `stored_` and its name. What is calculated again is written by the functions of
this package that fill the tables: from `take_stored` on, the names of these tables mean the temporary ones for this
connection.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import inf
from typing import NamedTuple

from shared.market.records import INTERVALS, Bar, Interval
from shared.postgres.database import Connection, Cursor, allow_hours
from shared.progress.provenance import PROVENANCE_COLUMNS

BAR_KEY = ("symbol", "interval", "start")
END_OF_ITS_BAR = """coalesce((
    select b."end" from bars b where (b.symbol, b.interval, b.start) = (kept.symbol, kept.interval, kept.start)
), kept.start)"""
END_OF_AN_ALERT = f"case when kept.state = 'withdrawn' then {END_OF_ITS_BAR} else kept.event_time end"
SINKS = ("forecast_fits", "data_alerts", "rule_runs", "series_splits")
"""Tables that are filled with the others but not compared: what they hold is read, not calculated again, is written by
other parts too, or follows from what is compared."""


class ComparedTable(NamedTuple):
    """Rows that are compared: what they are called, their table, its key, and the SQL of the time their bar closed."""

    name: str
    table: str
    key: tuple[str, ...]
    end: str


BARS = ComparedTable("bars", "bars", BAR_KEY, 'kept."end"')
INDICATORS = ComparedTable("indicators", "indicators", BAR_KEY, END_OF_ITS_BAR)
ALERTS = ComparedTable("alerts", "alerts", (*BAR_KEY, "rule"), END_OF_AN_ALERT)
FORECASTS = ComparedTable("forecasts", "forecasts", (*BAR_KEY, "model"), "kept.made_at")
SCORES = ComparedTable("scores", "forecast_scores", (*BAR_KEY, "model"), "kept.scored_at")
OWN = ComparedTable("own values", "own_indicators", (*BAR_KEY, "name"), END_OF_ITS_BAR)
KINDS = (BARS, INDICATORS, OWN, ALERTS, FORECASTS, SCORES)


class Period(NamedTuple):
    """The bars that ended from `since` to `until`, both included; epoch seconds, infinite for no limit."""

    since: float = -inf
    until: float = inf

    def has(self, bar: Bar) -> bool:
        """Whether the bar ended in this period."""
        return self.holds(bar.end)

    def holds(self, second: int) -> bool:
        """Whether a time, epoch seconds, is in this period."""
        return self.since <= second <= self.until


class DifferentRow(NamedTuple):
    """A row that is stored differently than calculated again: the values of its key, and its other columns by name.

    `stored` or `calculated` is None if there is no such row.
    """

    kind: ComparedTable
    key: tuple[object, ...]
    stored: dict[str, object] | None
    calculated: dict[str, object] | None

    @property
    def start(self) -> datetime:
        """The start of its bar."""
        start = self.key[BAR_KEY.index("start")]
        assert isinstance(start, datetime)
        return start


def read_at_one_moment(cursor: Cursor) -> None:
    """Let everything in this transaction read the tables as they are now. Call it before anything else in it."""
    cursor.execute("set transaction isolation level repeatable read")


def take_stored(cursor: Cursor, period: Period) -> None:
    """Copy the stored rows of a period, and create the empty tables for what is calculated again."""
    allow_hours(cursor)
    for kind in KINDS:
        cursor.execute(
            f"""create temporary table stored_{kind.table} as select kept.* from {kind.table} kept
                where kept.start between to_timestamp(%s) - interval '2 days' and to_timestamp(%s)
                    and {kind.end} between to_timestamp(%s) and to_timestamp(%s)""",  # noqa: S608
            (*period, *period),
        )
    for kind in KINDS:
        cursor.execute(f"create temporary table {kind.table} (like {kind.table})")
    for table in SINKS:
        cursor.execute(f"create temporary table {table} (like {table} including indexes)")


def write_only_temporary(connection: Connection) -> None:
    """From the next transaction on, the server refuses every write but those to temporary tables."""
    connection.set_session(readonly=True)


def counts(cursor: Cursor, kind: ComparedTable) -> tuple[int, int]:
    """The number of rows of a kind, stored or calculated again, and of those that differ."""
    allow_hours(cursor)
    cursor.execute(f"select count(*), count(*) filter (where {_DIFFERS}) from {_both(kind)}")  # noqa: S608
    ((rows, different),) = cursor.fetchall()
    return rows, different


def first_difference(cursor: Cursor, kind: ComparedTable) -> DifferentRow | None:
    """The first row of a kind that differs, by the start of its bar; None if all are equal, bit by bit."""
    allow_hours(cursor)
    start, interval, *others = (
        f"coalesce(kept.{name}, made.{name})"
        for name in ("start", "interval", *(name for name in kind.key if name not in ("start", "interval")))
    )
    order = ", ".join((start, f"array_position(%s, {interval})", *others))
    cursor.execute(
        f"select kept.*, made.* from {_both(kind)} where {_DIFFERS} order by {order} limit 1",  # noqa: S608
        (list(INTERVALS),),
    )
    row = cursor.fetchone()
    if row is None:
        return None
    names = [column.name for column in cursor.description or ()]
    half = len(names) // 2
    stored, made = dict(zip(names, row[:half], strict=False)), dict(zip(names, row[half:], strict=False))
    known = stored if stored["symbol"] is not None else made
    key = tuple(known[name] for name in kind.key)
    return DifferentRow(kind, key, _present(stored), _present(made))


_DIFFERS = "(made.symbol is null or kept.symbol is null or made *<> kept)"
"""The last operator compares two rows bit by bit."""


def _both(kind: ComparedTable) -> str:
    same = " and ".join(f"made.{name} = kept.{name}" for name in kind.key)
    return f"{kind.table} made full join stored_{kind.table} kept on {same}"


def _present(row: dict[str, object]) -> dict[str, object] | None:
    return None if row["symbol"] is None else row


def leave_out_until(cursor: Cursor, kind: ComparedTable, until: Mapping[str, float]) -> int:
    """Leave out the rows whose bar ended by a time, epoch seconds by symbol; returns how many were stored."""
    condition = f"""exists (
        select from unnest(%s::text[], %s::double precision[]) as old (symbol, until)
        where old.symbol = kept.symbol and {kind.end} <= to_timestamp(old.until)
    )"""
    return _leave_out(cursor, kind, condition, (list(until), list(until.values())))


def leave_out_since(cursor: Cursor, kind: ComparedTable, interval: Interval, since: float) -> int:
    """Leave out the forecasts or scores of an interval whose bar ended at `since`, epoch seconds, or later; returns how
    many were stored."""
    condition = f"interval = %s and {kind.end} >= to_timestamp(%s)"
    return _leave_out(cursor, kind, condition, (interval, since))


def leave_out_model(cursor: Cursor, kind: ComparedTable, interval: Interval, model: str) -> int:
    """Leave out the forecasts or scores of a model on an interval; returns how many were stored."""
    return _leave_out(cursor, kind, "interval = %s and model = %s", (interval, model))


def leave_out_alerts(cursor: Cursor, rule: str) -> int:
    """Leave out the alerts of a rule; returns how many were stored."""
    return _leave_out(cursor, ALERTS, "rule = %s", (rule,))


def leave_out_own(cursor: Cursor, names: Sequence[str]) -> int:
    """Leave out the values of the user's own indicators other than these; returns how many were stored."""
    return _leave_out(cursor, OWN, "name <> all(%s)", (list(names),))


def leave_out_unknown_records(cursor: Cursor, kind: ComparedTable) -> int:
    """Leave out which record made a row, in rows of a kind that lack it on one side; returns how many those are that
    were stored without it."""
    allow_hours(cursor)
    names = [name for name in PROVENANCE_COLUMNS if kind is not ALERTS or name == "known_at"]
    forgotten = ", ".join(f'"{name}" = null' for name in names)
    same = " and ".join(f"kept.{name} = made.{name}" for name in kind.key)
    found = []
    for table, other in ((kind.table, f"stored_{kind.table}"), (f"stored_{kind.table}", kind.table)):
        cursor.execute(
            f"""update {table} kept set {forgotten} from {other} made
                where {same} and made.known_at is null and kept.known_at is not null"""  # noqa: S608
        )
        found.append(cursor.rowcount)
    return found[0]


def leave_out_bars_not_of_quotes(cursor: Cursor) -> int:
    """Leave out bars that quotes alone can't show; returns how many were stored.

    What stays are bars of two or more quotes that are calculated again from as many. The others contain recorded bars,
    quotes that were late or extreme, or prices of a symbol that was split at that time, or are of an earlier version,
    which stored no spread.
    """
    condition = """not exists (
        select from bars m join stored_bars s using (symbol, interval, start)
        where (m.symbol, m.interval, m.start) = (kept.symbol, kept.interval, kept.start)
            and m.quotes = s.quotes and m.quotes > 1 and (m.vwap is null) = (s.vwap is null)
            and (m.spread is null) = (s.spread is null)
    ) or exists (
        select from corporate_actions a where a.symbol = kept.symbol and a.action = 'split'
            and a.time between kept.start - interval '2 days' and kept."end" + interval '2 days'
    )"""
    return _leave_out(cursor, BARS, condition, ())


def _leave_out(cursor: Cursor, kind: ComparedTable, condition: str, values: Sequence[object]) -> int:
    allow_hours(cursor)
    cursor.execute(f"delete from {kind.table} kept where {condition}", values)  # noqa: S608
    cursor.execute(f"delete from stored_{kind.table} kept where {condition}", values)  # noqa: S608
    return cursor.rowcount
