"""Reads the headlines about a symbol."""

from dashboard.read.rows import HeadlineRow
from shared.postgres.database import Cursor


def read_headlines(cursor: Cursor, symbol: str, limit: int) -> list[HeadlineRow]:
    """The headlines published last, newest first; times in epoch seconds."""
    cursor.execute(
        """select title, publisher, link, extract(epoch from published_at)::double precision,
            extract(epoch from received_at)::double precision, score, scorer, source
        from headlines where symbol = %s order by published_at desc, "offset" desc limit %s""",
        (symbol, limit),
    )
    return [HeadlineRow(*row) for row in cursor.fetchall()]
