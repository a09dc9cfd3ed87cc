"""The headlines that are stored, and how far the analysis that stores them has read the log."""

from datetime import datetime

from shared.postgres.database import Cursor


def stored_headlines(cursor: Cursor, since: datetime) -> list[tuple[str, str, str | None, datetime]]:
    """Symbol, title, publisher and publication of the headlines published since then."""
    cursor.execute(
        "select symbol, title, publisher, published_at from headlines where published_at >= %s", (since,)
    )
    return cursor.fetchall()


def analysed_until(cursor: Cursor, group: str, topic: str) -> dict[int, int]:
    """The offset that the analysis reads next, by partition."""
    cursor.execute(
        "select partition, next_offset from progress where group_id = %s and topic = %s", (group, topic)
    )
    return dict(cursor.fetchall())
