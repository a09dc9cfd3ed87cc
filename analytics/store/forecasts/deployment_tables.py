"""The table of deployments: which version of a trained model forecasts from which offset."""

from collections.abc import Sequence

from psycopg2.extras import execute_values

from analytics.engine.deployments import Deployment
from shared.postgres.database import Cursor


def write_deployments(cursor: Cursor, partition: int, deployments: Sequence[Deployment]) -> None:
    """Write deployments in the transaction that moves the offset past the first record they apply to."""
    if deployments:
        execute_values(
            cursor,
            "insert into model_servings (partition, from_offset, interval, model, version) values %s",
            [(partition, *deployment) for deployment in deployments],
        )


def deployments_from(cursor: Cursor, partition: int, offset: int) -> list[Deployment]:
    """The deployments at `offset` or later, in order."""
    cursor.execute(
        "select from_offset, interval, model, version from model_servings"
        " where partition = %s and from_offset >= %s order by from_offset, interval, model",
        (partition, offset),
    )
    return [Deployment(*row) for row in cursor.fetchall()]
