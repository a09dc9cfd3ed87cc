"""A quote as it is in the log."""

from datetime import UTC, datetime
from typing import Any

NOON = datetime(2024, 1, 3, 12, tzinfo=UTC)
NOON_MS = int(NOON.timestamp() * 1000)
QUOTE: dict[str, Any] = {
    "kind": "quote.v1",
    "symbol": "AAPL",
    "event_time": "2024-01-03T12:00:00Z",
    "price": 185.25,
    "source": "test",
    "position": 7,
    "received_time": "2024-01-03T12:00:00Z",
}
