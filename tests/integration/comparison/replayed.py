"""A recording that the whole pipeline has processed, and copies of its database to change by hand."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from copy import copy
from itertools import count

from psycopg2.extensions import make_dsn

from analytics.analytics_consumer import analyse
from analytics.replay_from_log import compare
from analytics.store.comparison.compared_tables import Period
from consumer.consumer import store
from producer.producer import produce
from shared.postgres.database import connect, transaction
from tests.chaos.models import SERVING, put_live
from tests.copied import copy_database
from tests.integration.desk import Desk
from tests.reports.log.folded_logs import FEW_ORDERS

SETTINGS = {
    **FEW_ORDERS,
    "FORECAST_INTERVALS": "1m",
    "TRAINED_MODELS": ",".join(SERVING),
    "ARIMA_MIN_OBSERVATIONS": "10",
    "PRICE_CHANGE_THRESHOLD": "0.001",
}
numbers = count(1)


def fill(desk: Desk) -> None:
    """Let the producer, the storage and the analytics process the desk's recording to its end."""
    desk.database()
    put_live(desk.config)
    desk.run_to_its_end(produce)
    with desk.at_work(store), desk.at_work(analyse):
        desk.wait_until_read("storage", "analytics")
        desk.wait_until_rebuilt()


def twin(desk: Desk, **settings: str) -> Desk:
    """The same log, with copies of the desk's database and models, and other settings."""
    admin, name = desk.config.postgres.dsn_for("postgres"), f"twin_{next(numbers)}"
    made = copy(desk)
    made.settings = desk.settings | settings | {"POSTGRES_DSN": make_dsn(admin, dbname=name)}
    copy_database(admin, desk.database(), made.config.database())
    models = desk.config.embedded.data / "models"
    shutil.copytree(models / desk.config.database(), models / made.config.database())
    return made


def execute(desk: Desk, statement: str, values: Sequence[object] = ()) -> int:
    """Change the database by hand; returns the number of rows."""
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def compared(desk: Desk, period: Period = Period()) -> int:  # noqa: B008 (it is immutable)
    """The exit status of the comparison; it prints its result."""
    return compare(desk.config, period)
