"""Delivery within a test: alerts in the outbox, a clock that can be set, and the dispatcher with its routes."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from delivery.delivery import sending_rules
from delivery.dispatcher import Dispatcher
from delivery.routes.route import open_routes
from shared.postgres.database import Connection, transaction
from shared.settings.delivery_settings import DeliverySettings
from tests.slowness import PATIENCE, slowness

NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
BAR = timedelta(minutes=1)
SECONDS = 2.0
"""The time limit of an attempt."""
TO_OUTBOX = """
    insert into alert_outbox (id, symbol, interval, rule, start, event_time, published_at, severity, price, value,
        threshold) values (%s, %s, '1m', %s, %s, %s, %s, %s, 100.5, 71.25, 70)
"""


class Clock:
    """A clock that goes on only when a test sets it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


def to_outbox(
    connection: Connection,
    first: int,
    count: int = 1,
    *,
    at: datetime = NOON,
    severity: str | None = None,
    rule: str = "rsi_overbought",
) -> list[str]:
    """Put alerts of bars that ended at `at` into the outbox; returns their ids."""
    ids = [f"id-{number:05}" for number in range(first, first + count)]
    with transaction(connection) as cursor:
        for number, name in enumerate(ids, first):
            symbol = f"S{number % 7}"
            cursor.execute(TO_OUTBOX, (name, symbol, rule, at - BAR, at, at, severity))
    return ids


def settings_of(*urls: str, **given: Any) -> DeliverySettings:
    return DeliverySettings.model_validate(
        {"ALERT_URLS": " ".join(urls), "ALERT_SEND_SECONDS": SECONDS, **given}
    )


class Delivering:
    """A dispatcher with a clock of its own."""

    def __init__(self, connection: Connection, settings: DeliverySettings) -> None:
        self.connection, self.clock = connection, Clock()
        routes = open_routes(settings.addresses, settings.zone, settings.send_seconds)
        rules = sending_rules(settings, is_simulated=False)
        self.dispatcher = Dispatcher(routes, settings, rules, self.clock)
        self.dispatcher.resume(connection)

    def until(self, condition: Callable[[], bool], limit: float = PATIENCE) -> None:
        """Deliver until `condition` holds."""
        began = time.monotonic()
        while not condition():
            assert time.monotonic() - began < limit * slowness(), f"not within {limit} s"
            self.step()

    def step(self) -> None:
        self.dispatcher.step(self.connection)
        self.dispatcher.wait(0.05)

    def settle(self) -> None:
        """Until no attempt is on its way, and what became of it is written."""
        self.step()
        self.until(lambda: not self.dispatcher.is_busy)

    def states(self) -> dict[str, int]:
        """How many deliveries are in each state."""
        with transaction(self.connection) as cursor:
            cursor.execute("select state, count(*) from delivery_attempts group by 1")
            return dict(cursor.fetchall())

    def reasons(self) -> list[str]:
        with transaction(self.connection) as cursor:
            cursor.execute("select reason from delivery_attempts order by alert_id, route")
            return [reason for (reason,) in cursor.fetchall()]
