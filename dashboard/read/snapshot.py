"""What the tables said at the last read, and at which read each thing changed. Immutable: readers need no lock."""

from collections.abc import Hashable, Mapping
from typing import Literal, NamedTuple, TypeVar

from dashboard.presenters.freshness import past_since
from dashboard.read.rows import (
    ActionRow,
    AlertRow,
    DataAlertRow,
    DataQualityRow,
    ForecastRow,
    OfferRow,
    OpenBarRow,
    PartRow,
    RecordRow,
    SeriesKey,
    SymbolRow,
)

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
BEHIND = 1_000
"""Messages that wait while quotes come in as usual are fewer."""
Condition = Literal["starting", "no_database", "no_tables", "no_quotes", "reading"]
"""What the screen can show; the first that holds."""


class Remake(NamedTuple):
    """Whether what was made of the log is being made anew, as the states of these versions say."""

    versions: list[str]
    is_going_on: bool


NO_REMAKE = Remake([], False)


class Reading(NamedTuple):
    """Everything one read found, all of one moment. Times are epoch seconds UTC.

    The analytics part has read `folded` messages of the log; there are `known` ones, as far as any part knows. `past`
    is when the last quote of each symbol was whose numbers are not of now.
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
    records: dict[SeriesKey, RecordRow]
    forecasts: dict[SeriesKey, ForecastRow]
    folded: int
    known: int
    past: dict[str, float]
    remake: Remake


NOTHING = Reading(0.0, {}, {}, {}, [], {}, 0, None, {}, [], {}, None, {}, {}, 0, 0, {}, NO_REMAKE)


def messages_known(parts: Mapping[str, PartRow], folded: int, stored: int) -> int:
    """How many messages of the log there are, as far as any part knows: `stored` is how far the furthest has read."""
    part = parts.get("analytics")
    # A part amid a long step tells an old lag: what another part has read by now counts too.
    return max(folded + (0 if part is None else part.lag), stored)


def past_of(symbols: Mapping[str, SymbolRow], now: float, behind: int) -> dict[str, float]:
    """When the last quote was, epoch seconds, of each symbol whose numbers are not of now while `behind` messages wait
    to be read."""
    since = {symbol: past_since(row, now, behind > BEHIND) for symbol, row in symbols.items()}
    return {symbol: moment for symbol, moment in since.items() if moment is not None}


def all_alerts(reading: Reading) -> list[AlertRow | DataAlertRow]:
    """The alerts of the market, then those of the data, each newest first."""
    return [*reading.alerts, *reading.data_alerts]


class Snapshot(NamedTuple):
    """The last reading. `sequence` rises with every read; `generation` is that of the first over this connection, or
    of the last that missed a symbol there had been, or found that all had been made anew.

    A viewer that holds another generation starts anew: the tables may be other ones. The three changes say
    at which sequence each symbol, trend and alert came to be as it is. `reason` is what the database said
    where the condition is no_database.
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
    """Before the first read."""
    return Snapshot(sequence, sequence, "starting", "", NOTHING, {}, {}, {})


def begin_generation(snapshot: Snapshot) -> Snapshot:
    """After a (re)connection: nothing that was read before counts any more."""
    return first_snapshot(snapshot.sequence + 1)


def advance(snapshot: Snapshot, reading: Reading) -> Snapshot:
    """The snapshot after one more read."""
    sequence, old = snapshot.sequence + 1, snapshot.reading
    is_other = bool(old.symbols.keys() - reading.symbols.keys()) or _has_ended(old.remake, reading.remake)
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
    """The snapshot while nothing can be read; what was read last stays visible."""
    return snapshot._replace(sequence=snapshot.sequence + 1, condition=condition, reason=reason)


def _has_ended(old: Remake, new: Remake) -> bool:
    return old.is_going_on and not new.is_going_on


def _watched(reading: Reading) -> dict[str, tuple[SymbolRow, str | None, float | None]]:
    """What the watchlist shows of each symbol."""
    states = {symbol: quality.state for symbol, quality in reading.qualities.items()}
    return {
        symbol: (row, states.get(symbol), reading.past.get(symbol)) for symbol, row in reading.symbols.items()
    }


def _changes(
    old: Mapping[Key, Value], new: Mapping[Key, Value], changes: Mapping[Key, int], sequence: int
) -> dict[Key, int]:
    """At which sequence each value came to be as it is."""
    return {key: changes[key] if key in old and old[key] == value else sequence for key, value in new.items()}
