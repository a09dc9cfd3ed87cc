"""Whether a feed has been started before."""

from contextlib import closing

from shared.postgres.database import connect, transaction
from shared.settings.config import Config

HAS_DATABASE = "select exists (select from pg_database where datname = %s)"
HAS_TABLES = "select to_regclass('migrations') is not null"


def has_run(config: Config) -> bool:
    """Whether this feed's tables were created at an earlier start. Raises Unavailable.

    The database alone is no evidence: a user may have created an empty one for us.
    """
    found = _holds(config.postgres.dsn_for("postgres"), HAS_DATABASE, config.database())
    return found and _holds(config.postgres.dsn_for(config.database()), HAS_TABLES)


def _holds(dsn: str, query: str, *values: object) -> bool:
    with closing(connect(dsn, "pipeline")) as connection, transaction(connection) as cursor:
        cursor.execute(query, values)
        return cursor.fetchone() == (True,)
