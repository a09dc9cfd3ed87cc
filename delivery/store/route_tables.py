"""The routes: how they are shown, failures in a row, and when the next attempt may be made."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from shared.postgres.database import Cursor
from shared.postgres.upsert import upsert

COLUMNS = ("route", "failures", "not_before", "reason", "noted_at")
WAITING = """
    select distinct d.route, coalesce(r.label, d.route)
    from delivery_attempts d left join delivery_routes r on r.route = d.route where d.state = 'waiting'
"""
MOVE = """
    update delivery_attempts d set route = %(new)s
    where d.route = %(old)s and d.state = 'waiting' and not exists (
        select from delivery_attempts other where (other.route, other.alert_id) = (%(new)s, d.alert_id)
    )
"""


class RouteState(NamedTuple):
    """`not_before` is None if the next attempt may be made at once; `reason` is why the last one failed, `noted_at`
    when."""

    failures: int = 0
    not_before: datetime | None = None
    reason: str = ""
    noted_at: datetime | None = None

    def is_paused(self, now: datetime) -> bool:
        """Whether no attempt may be made now. A clock that was set back ends the pause: when it ends by that clock is
        not known."""
        if self.not_before is None or (self.noted_at is not None and now < self.noted_at):
            return False
        return now < self.not_before


def route_key(cursor: Cursor) -> bytes:
    """The key with which the addresses of routes are hashed. It is made when delivery is first switched on."""
    cursor.execute("insert into delivery_start default values on conflict do nothing")
    cursor.execute("select route_key from delivery_start")
    ((key,),) = cursor.fetchall()
    return bytes(key)


def waiting_routes(cursor: Cursor) -> dict[str, str]:
    """The labels of the routes for which alerts wait. One of an earlier version is named by its label."""
    cursor.execute(WAITING)
    return dict(cursor.fetchall())


def move_waiting(cursor: Cursor, moves: Mapping[str, str]) -> None:
    """Let what waits for each of these routes wait for the other."""
    for old, new in moves.items():
        cursor.execute(MOVE, {"old": old, "new": new})


def note_labels(cursor: Cursor, labels: Mapping[str, str]) -> None:
    """Note how routes are shown."""
    upsert(cursor, "delivery_routes", ("route", "label"), list(labels.items()))


def route_states(cursor: Cursor) -> dict[str, RouteState]:
    """The states by route."""
    cursor.execute("select route, failures, not_before, reason, noted_at from delivery_routes")
    return {route: RouteState(*state) for route, *state in cursor.fetchall()}


def write_route(cursor: Cursor, route: str, state: RouteState) -> None:
    """Write the state of a route."""
    upsert(cursor, "delivery_routes", COLUMNS, [(route, *state)])
