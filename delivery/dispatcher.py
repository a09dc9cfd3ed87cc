"""Delivers what waits: routes new alerts, starts attempts, and notes what became of them.

One thread reads and writes the tables; each attempt has a thread of its own, so a route that hangs holds up no other.
An attempt is noted after it was made, and its alerts are not tried again before that: whatever is killed and whenever,
each alert is delivered at least once, and seldom twice.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue

from delivery.lane import Finished, Lane
from delivery.plan.next_message import MOST_AT_ONCE, OutgoingMessage, SendingRules, next_message
from delivery.plan.quiet_hours import is_quiet
from delivery.plan.route_names import identities, replaced
from delivery.plan.waiting import takes
from delivery.routes.results import SendingResult
from delivery.routes.route import Route
from delivery.store.outbox_tables import (
    REMOVED_AT_ONCE,
    close_handled,
    count_waiting,
    give_up_old,
    give_up_routes,
    note_attempt,
    remove_delivered,
    route_new,
    waiting_for,
)
from delivery.store.route_tables import (
    RouteState,
    move_waiting,
    note_labels,
    route_key,
    route_states,
    waiting_routes,
    write_route,
)
from shared.postgres.database import Connection, Cursor, transaction
from shared.settings.delivery_settings import DeliverySettings

GRACE_SECONDS = 5.0
"""A service has its own time limit for each step; an attempt may take so much longer than that."""
REMOVE_EVERY = timedelta(hours=1)

POLL_SECONDS = 0.2
FINISH_SECONDS = 3.0

log = logging.getLogger("tickstream.delivery")


class Dispatcher:
    """The routes and what is being sent. It outlives the connection to the database."""

    def __init__(
        self,
        routes: Sequence[Route],
        settings: DeliverySettings,
        rules: SendingRules,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings, self._rules, self._clock = settings, rules, clock
        self._finished: SimpleQueue[Finished] = SimpleQueue()
        self._lanes = {route.label: Lane(route, RouteState(), self._finished) for route in routes}
        self._remove_at = datetime.min.replace(tzinfo=UTC)
        self.delivered = 0

    def resume(self, connection: Connection) -> None:
        """Go on where an earlier process or connection stopped."""
        lanes = list(self._lanes.values())
        with transaction(connection) as cursor:
            states = route_states(cursor)
            named = identities([lane.route.address for lane in lanes], route_key(cursor))
            labels = dict(zip(named, self._lanes, strict=True))
            move_waiting(cursor, replaced(waiting_routes(cursor), labels, states))
            note_labels(cursor, labels)
            give_up_routes(cursor, named)
        for lane, identity in zip(lanes, named, strict=True):
            lane.identity, lane.state = identity, states.get(identity, lane.state)

    def step(self, connection: Connection) -> int:
        """Do what is due; returns how many deliveries wait."""
        for lane in self._lanes.values():
            lane.look(self._settings.send_seconds + GRACE_SECONDS)
            if lane.result is not None:
                self._note(connection, lane, lane.result)
        with transaction(connection) as cursor:
            route_new(cursor, self._routes_of)
            close_handled(cursor)
            self._remove_delivered(cursor)
            given_up = give_up_old(cursor, self._clock(), hours := self._settings.give_up_hours)
            due, waiting = self._due(cursor), count_waiting(cursor)
        for lane, message in due:
            lane.begin(message)
        counts = Counter(given_up)
        for lane in self._lanes.values():
            if count := counts[lane.identity]:
                log.warning("%d alerts for %s are given up after %g hours.", count, lane.route, hours)
        return waiting

    def _remove_delivered(self, cursor: Cursor) -> None:
        """Look once an hour for what may be removed, and go on at the next step where there is more."""
        now = self._clock()
        if now < self._remove_at <= now + REMOVE_EVERY:  # later after the clock was set back
            return
        removed = remove_delivered(cursor, now, self._settings.kept_days)
        if removed < REMOVED_AT_ONCE:
            self._remove_at = now + REMOVE_EVERY

    def wait(self, seconds: float) -> None:
        """Wait until an attempt ends, at most so long."""
        try:
            finished = self._finished.get(timeout=seconds)
        except Empty:
            return
        self._lanes[finished.route].receive(finished)

    @property
    def failing(self) -> list[str]:
        """Each route that fails, with the reason."""
        lanes = self._lanes.values()
        return [f"{lane.route.name}: {lane.state.reason}" for lane in lanes if lane.state.failures]

    @property
    def is_busy(self) -> bool:
        """Whether an attempt has begun, and what became of it is not written yet."""
        return any(lane.attempt is not None for lane in self._lanes.values())

    def finish(self, connection: Connection) -> None:
        """Give attempts that have begun some seconds to end, and note them."""
        until = time.monotonic() + FINISH_SECONDS
        while any(lane.is_sending for lane in self._lanes.values()) and time.monotonic() < until:
            self.wait(POLL_SECONDS)
        for lane in self._lanes.values():
            if lane.result is not None:
                self._note(connection, lane, lane.result)

    def _routes_of(self, severity: str, rule: str) -> list[str]:
        chosen = self._settings.selections
        return [
            lane.identity
            for lane in self._lanes.values()
            if takes(chosen.get(lane.route.number, ()), severity, rule)
        ]

    def _due(self, cursor: Cursor) -> list[tuple[Lane, OutgoingMessage]]:
        """The messages to send now. They are sent after this transaction: what is sent must be in the tables."""
        now, found, above = self._clock(), [], self._rules.digest_above
        quiet = is_quiet(self._settings.quiet_hours, self._settings.zone, now)
        for lane in self._lanes.values():
            if not lane.is_free(now):
                continue
            waiting = waiting_for(cursor, lane.identity, above + 1, critical=quiet)
            if len(waiting) > above and lane.most > 1:
                waiting = waiting_for(cursor, lane.identity, MOST_AT_ONCE, critical=quiet)
            message = next_message(waiting, self._rules, lane.route.limit, now, lane.most)
            if message is not None:
                found.append((lane, message))
        return found

    def _note(self, connection: Connection, lane: Lane, result: SendingResult) -> None:
        """Write what became of an attempt; the lane is free once that is stored."""
        if lane.attempt is None:
            return
        alerts = [alert.id for alert in lane.attempt.message.alerts]
        state = lane.next_state(result, self._clock())
        with transaction(connection) as cursor:
            note_attempt(cursor, lane.identity, alerts, state.reason)
            if state != lane.state:
                write_route(cursor, lane.identity, state)
        self._report(lane, state)
        self.delivered += len(alerts) if result.is_delivered else 0
        lane.settle(state)

    def _report(self, lane: Lane, state: RouteState) -> None:
        """Log the beginning and the end of an outage, not each attempt."""
        if state.reason and state.reason != lane.state.reason:
            log.warning("%s can't deliver: %s. It is tried again.", lane.route.name, state.reason)
        elif lane.state.failures and not state.failures:
            log.info("%s delivers again.", lane.route.name)
