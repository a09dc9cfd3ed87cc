"""The headlines of the log, and when they count."""

from collections.abc import Sequence
from datetime import UTC, datetime

from psycopg2.extras import execute_values

from analytics.engine.armed_rules import FoundHeadline
from analytics.mood.headline_mood import ScoredHeadline
from shared.postgres.database import Cursor

WRITTEN = """
    insert into headlines (partition, "offset", symbol, title, publisher, link, source, published_at, received_at,
        counts_from, score, scorer)
    values %s on conflict (partition, "offset") do update set counts_from = excluded.counts_from
    where headlines.counts_from is distinct from excluded.counts_from
"""
COUNTED = """
    select "offset", extract(epoch from counts_from)::bigint, extract(epoch from published_at)::double precision, score
    from headlines where symbol = %s and "offset" < %s and counts_from is not null order by "offset"
"""


def write_headlines(cursor: Cursor, partition: int, headlines: Sequence[FoundHeadline]) -> None:
    """Write the headlines of a partition; of a stored one only when it counts, which other settings may change."""
    if headlines:
        execute_values(cursor, WRITTEN, [_row(partition, each) for each in headlines])


def _row(partition: int, found: FoundHeadline) -> tuple[object, ...]:
    offset, headline, scored = found
    counts_from = None if scored is None else datetime.fromtimestamp(scored.counts_from, UTC)
    times = headline.published_time, headline.received_time, counts_from
    texts = headline.title, headline.publisher, headline.link, headline.source
    return (partition, offset, headline.symbol, *texts, *times, headline.score, headline.scorer)


def counted_headlines(cursor: Cursor, symbol: str, offset: int) -> dict[int, ScoredHeadline]:
    """The headlines of a symbol that count, by their offsets, which are below `offset`."""
    cursor.execute(COUNTED, (symbol, offset))
    return {at: ScoredHeadline(*found) for at, *found in cursor.fetchall()}
