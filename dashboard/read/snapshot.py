"""The values of the last read, and at which read each of them changed. Immutable, so readers need no lock."""

from collections.abc import Hashable, Mapping
from typing import Literal, NamedTuple, TypeVar

from dashboard.read.freshness import outdated_since
from dashboard.read.pace import Samples
from dashboard.read.rows import (
    ActionRow,
    AlertRow,
    DataAlertRow,
    DataQualityRow,
    ForecastRow,
    OfferRow,
    OpenBarRow,
    PartRow,
    SeriesAccuracy,
    SeriesKey,
    SymbolRow,
)
from shared.calendars.calendars import calendar_of

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
MAX_LAG = 1_000
"""Analytics is behind the log above this number of unread messages; normal operation stays below it."""
Condition = Literal["starting", "no_database", "no_tables", "no_quotes", "reading"]
"""What the page can show; the first condition that applies."""


class Rebuild(NamedTuple):
    """Whether the tables are being rebuilt from the log, according to the partition snapshots of these versions."""

    versions: list[str]
    is_going_on: bool


NO_REBUILD = Rebuild([], False)


class Reading(NamedTuple):
    """The result of one read, all from the same moment. Times are epoch seconds UTC.

    Analytics has processed `folded` of the `known` messages: those of the log and those of a history that the producer
    has yet to publish, as far as reported. `pace` holds the last samples of `folded`. `outdated` holds the time of the
    last quote of each symbol whose values are outdated, `trained` that of the last training of each interval.
    """

    now: float
    symbols: dict[str, SymbolRow]
    open_bars: dict[SeriesKey, OpenBarRow]
    trends: dict[str, tuple[float, ...]]
    alerts: list[AlertRow]
    parts: dict[str, PartRow]
    dead_letters: int
    first_start: float | None
    qualities: dict[str, DataQualityRow]
    data_alerts: list[DataAlertRow]
    actions: dict[str, tuple[ActionRow, ...]]
    offer: OfferRow | None
    series_accuracy: dict[SeriesKey, SeriesAccuracy]
    forecasts: dict[SeriesKey, ForecastRow]
    trained: dict[str, float]
    folded: int
    known: int
    pace: Samples
    outdated: dict[str, float]
    rebuild: Rebuild


NOTHING = Reading(0.0, {}, {}, {}, [], {}, 0, None, {}, [], {}, None, {}, {}, {}, 0, 0, (), {}, NO_REBUILD)


def messages_known(parts: Mapping[str, PartRow], folded: int, stored: int) -> int:
    """The number of messages in the log and of those that the producer has yet to publish, as far as reported; `stored`
    is how many the furthest consumer has read."""
    unread, unpublished = (parts[part].lag if part in parts else 0 for part in ("analytics", "producer"))
    # During a long step analytics reports an old lag, so the progress of the other consumers counts too.
    return max(folded + unread, stored) + unpublished


def outdated_symbols(symbols: Mapping[str, SymbolRow], now: float, behind: int) -> dict[str, float]:
    """The time of the last quote, epoch seconds, of each symbol whose values are outdated, with `behind` unread
    messages in the log."""
    since = {symbol: outdated_since(row, now, behind > MAX_LAG) for symbol, row in symbols.items()}
    return {symbol: moment for symbol, moment in since.items() if moment is not None}


def zone_of(reading: Reading, symbol: str) -> str:
    """The name of the time zone of a symbol's exchange; UTC if the symbol is not stored."""
    row = reading.symbols.get(symbol)
    return calendar_of(row.exchange).zone.key if row is not None else "UTC"


def all_alerts(reading: Reading) -> list[AlertRow | DataAlertRow]:
    """The market alerts, then the data alerts, each newest first."""
    return [*reading.alerts, *reading.data_alerts]


class Snapshot(NamedTuple):
    """The last reading. `sequence` increases with every read. `generation` is the sequence of the read that began the
    current generation: the first one of a connection, or one after a symbol was removed or a rebuild finished.

    A viewer of another generation reloads everything, because the tables may be different ones. The three mappings of
    changes hold the sequence at which each symbol, trend and alert last changed. `reason` is the database's error if
    the condition is no_database.
    """

    sequence: int
    generation: int
    condition: Condition
    reason: str
    reading: Reading
    symbol_changes: dict[str, int]
    trend_changes: dict[str, int]
    alert_changes: dict[AlertRow | DataAlertRow, int]


def first_snapshot(sequence: int) -> Snapshot:
    """The snapshot before the first read."""
    return Snapshot(sequence, sequence, "starting", "", NOTHING, {}, {}, {})


def begin_generation(snapshot: Snapshot) -> Snapshot:
    """The snapshot after a connect or reconnect: it discards everything read before."""
    return first_snapshot(snapshot.sequence + 1)


def advance(snapshot: Snapshot, reading: Reading) -> Snapshot:
    """The snapshot after one more read."""
    sequence, old = snapshot.sequence + 1, snapshot.reading
    is_other = bool(old.symbols.keys() - reading.symbols.keys()) or _has_ended(old.rebuild, reading.rebuild)
    return Snapshot(
        sequence,
        sequence if is_other else snapshot.generation,
        "reading" if reading.symbols else "no_quotes",
        "",
        reading,
        _changes(_watched(old), _watched(reading), snapshot.symbol_changes, sequence),
        _changes(old.trends, reading.trends, snapshot.trend_changes, sequence),
        {alert: snapshot.alert_changes.get(alert, sequence) for alert in all_alerts(reading)},
    )


def stall(snapshot: Snapshot, condition: Condition, reason: str) -> Snapshot:
    """The snapshot while nothing can be read; the last values stay visible."""
    return snapshot._replace(sequence=snapshot.sequence + 1, condition=condition, reason=reason)


def _has_ended(old: Rebuild, new: Rebuild) -> bool:
    return old.is_going_on and not new.is_going_on


def _watched(reading: Reading) -> dict[str, tuple[SymbolRow, str | None, float | None]]:
    """The values of each symbol that the watchlist shows."""
    states = {symbol: quality.state for symbol, quality in reading.qualities.items()}
    return {
        symbol: (row, states.get(symbol), reading.outdated.get(symbol))
        for symbol, row in reading.symbols.items()
    }


def _changes(
    old: Mapping[Key, Value], new: Mapping[Key, Value], changes: Mapping[Key, int], sequence: int
) -> dict[Key, int]:
    """The sequence at which each value last changed."""
    return {key: changes[key] if key in old and old[key] == value else sequence for key, value in new.items()}
