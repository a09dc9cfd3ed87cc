"""Symbols that rules no longer wait for, and since and until when: decisions that stay."""

from collections.abc import Mapping
from math import inf
from typing import NamedTuple

from psycopg2.extras import execute_values

from analytics.alerts.across.compared_run import Gap
from analytics.store.times import utc
from shared.postgres.database import Cursor

BACK = """
    update given_up_symbols g set until = greatest(%s, since, (
        select max(greatest(judged_until, written_until)) from rule_runs r
        where r.symbol = g.judged and g.symbol = any(r.symbols)
    ))
    where judged = %s and symbol = %s and until is null
"""


class SymbolPair(NamedTuple):
    """The symbol at whose bars a rule is evaluated, and another one whose values it reads."""

    evaluated: str
    symbol: str


Gaps = dict[SymbolPair, list[Gap]]
"""When the values of a symbol are unknown to rules that are evaluated at bars of another one."""


def stored_gaps(cursor: Cursor) -> Gaps:
    """Every decision, in order."""
    cursor.execute(
        """select judged, symbol, extract(epoch from since)::float8, extract(epoch from until)::float8
        from given_up_symbols order by judged, symbol, since"""
    )
    found: Gaps = {}
    for evaluated, symbol, since, until in cursor.fetchall():
        found.setdefault(SymbolPair(evaluated, symbol), []).append(
            Gap(since, inf if until is None else until)
        )
    return found


def give_up(cursor: Cursor, since: Mapping[SymbolPair, int]) -> None:
    """Wait no longer for these symbols, from these times on; epoch seconds."""
    rows = [(*pair, utc(second)) for pair, second in since.items()]
    if rows:
        execute_values(
            cursor,
            "insert into given_up_symbols (judged, symbol, since) values %s on conflict do nothing",
            rows,
        )


def take_back(cursor: Cursor, until: Mapping[SymbolPair, int]) -> None:
    """Wait for these symbols again, from these times on, epoch seconds; later where rules were evaluated without them
    for longer."""
    for pair, second in until.items():
        cursor.execute(BACK, (utc(second), *pair))
