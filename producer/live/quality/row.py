"""The data quality of a followed symbol as one row. Pure."""

from datetime import datetime
from typing import Literal, NamedTuple

State = Literal["live", "waiting", "stale", "closed", "history"]
Cause = Literal[
    "",
    "market closed",
    "throttled",
    "unknown symbol",
    "provider down",
    "stream silent",
    "no network",
    "refused",
    "no history",
    "wrong clock",
]


class QualityRow(NamedTuple):
    """The data quality of a symbol. `detail` is a text for the user; counts are since the producer's start.

    `history_done` of `history_total` requests for its history are completed.
    """

    symbol: str
    source: str
    standby: str | None
    state: State
    cause: Cause
    detail: str
    next_try_at: datetime | None
    session: str
    opens_at: datetime | None
    last_event_time: datetime | None
    last_received_time: datetime | None
    quotes_per_minute: float
    quotes: int
    gaps: int
    duplicates: int
    out_of_order: int
    refused: int
    reconnects: int
    history_done: int
    history_total: int
