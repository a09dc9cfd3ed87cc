"""The state of the routes: failures in a row, and when the next attempt may be made."""

from datetime import datetime
from typing import NamedTuple

from shared.postgres.database import Cursor
from shared.postgres.upsert import upsert

COLUMNS = ("route", "failures", "not_before", "reason")


class RouteState(NamedTuple):
    """`not_before` is None if the next attempt may be made at once; `reason` is why the last one failed."""

    failures: int = 0
    not_before: datetime | None = None
    reason: str = ""


def route_states(cursor: Cursor) -> dict[str, RouteState]:
    """The states by route."""
    cursor.execute("select route, failures, not_before, reason from delivery_routes")
    return {route: RouteState(*state) for route, *state in cursor.fetchall()}


def write_route(cursor: Cursor, route: str, state: RouteState) -> None:
    """Write the state of a route."""
    upsert(cursor, "delivery_routes", COLUMNS, [(route, *state)])
