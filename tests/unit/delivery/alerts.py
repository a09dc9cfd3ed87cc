"""Alerts that wait, for tests."""

from datetime import UTC, datetime

from delivery.plan.waiting import WaitingAlert

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
ALERT = WaitingAlert(
    id="0a1b",
    symbol="AAPL",
    interval="5m",
    rule="rule 3",
    text="rsi(14) < 30 on 5m",
    event_time=NOON,
    published_at=NOON,
    severity="warning",
    price=168.6,
    named_values={"rsi(14)": 28.3125, "vwap": None},
)


def alerts(count: int) -> list[WaitingAlert]:
    return [ALERT._replace(id=f"{number:04}", symbol=f"S{number % 3}") for number in range(count)]
