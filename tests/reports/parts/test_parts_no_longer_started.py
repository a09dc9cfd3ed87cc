"""Scenario: an address for alerts is removed after the pipeline was killed, and the page shows the delivery part as
silent for days."""

from shared.observability.status_board import shown
from shared.postgres.database import Connection, transaction
from shared.runtime.supervision import Child
from shared.settings.sections import Embedded
from tests.waiting import wait_for

ROW = """
    insert into parts (part, instance, state, detail, lag, per_second, started_at, seen_at)
    values (%s, %s, 'running', '', 0, 0, now(), now() - make_interval(secs => %s))
"""


def test_a_part_that_is_no_longer_started_is_forgotten(connection: Connection, dsn: str) -> None:
    with transaction(connection) as cursor:
        for part, age in (("delivery", 3600), ("storage", 3600), ("elsewhere", 5)):
            cursor.execute(ROW, (part, "here", age))

    def parts() -> list[str]:
        with transaction(connection) as cursor:
            cursor.execute("select part from parts order by part")
            return [part for (part,) in cursor.fetchall()]

    with shown(dsn, [Child("storage", ("-c", "pass"))], Embedded(free_space_warning=0)):
        wait_for(lambda: parts() == ["elsewhere", "storage"])
