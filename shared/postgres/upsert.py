"""Rows that are inserted, or take the place of those of the same key."""

from collections.abc import Sequence

from psycopg2.extras import execute_values

from shared.postgres.database import Cursor

ROWS_A_STATEMENT = 1_000


def upsert(
    cursor: Cursor,
    table: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    keys: int = 1,
    template: str | None = None,
    also: str = "",
) -> None:
    """Insert or replace rows of `columns`, of which the first `keys` are the key.

    Table and columns are names of our own, values are bound. `template` is that of `execute_values`; `also` is a
    further assignment in rows that are replaced, such as `updated_at = now()`.
    """
    if not rows:
        return
    names = [f'"{column}"' for column in columns]
    news = [f"{name} = excluded.{name}" for name in names[keys:]] + ([also] if also else [])
    statement = (
        f"insert into {table} ({', '.join(names)}) values %s"  # noqa: S608 (names of our own)
        f" on conflict ({', '.join(names[:keys])}) do update set {', '.join(news)}"
    )
    execute_values(cursor, statement, rows, template=template, page_size=ROWS_A_STATEMENT)
