"""The table of which version of a trained model forecasts from which offset on."""

from collections.abc import Sequence

from psycopg2.extras import execute_values

from analytics.engine.deployments import Switch
from shared.postgres.database import Cursor


def write_switches(cursor: Cursor, partition: int, switches: Sequence[Switch]) -> None:
    """Write them in the transaction that moves the offset past the first record they hold for."""
    if switches:
        execute_values(
            cursor,
            "insert into model_servings (partition, from_offset, interval, model, version) values %s",
            [(partition, *switch) for switch in switches],
        )


def switches_from(cursor: Cursor, partition: int, offset: int) -> list[Switch]:
    """Those that hold from `offset` on or from a later one, in order."""
    cursor.execute(
        "select from_offset, interval, model, version from model_servings"
        " where partition = %s and from_offset >= %s order by from_offset, interval, model",
        (partition, offset),
    )
    return [Switch(*row) for row in cursor.fetchall()]
