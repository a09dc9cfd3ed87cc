"""How far rules that compare symbols were evaluated, their states, and the alerts that they raised."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from psycopg2.extras import Json

from analytics.alerts.across.rule_spans import RunKey
from analytics.alerts.evaluation.series_rules import RuleEvaluation
from analytics.store.across.storm_tables import undo_storms
from analytics.store.alerts.alert_tables import StoredAlert, write_alerts
from analytics.store.times import utc
from shared.market.alert_texts import RULE_NAME_SQL, rule_name
from shared.market.records import Bar
from shared.postgres.database import Cursor
from shared.postgres.locks import StepLock
from shared.postgres.upsert import upsert

LOCK = 7_205_824
"""Key of the advisory lock of the process that evaluates, or that has these rules evaluated again."""
EVALUATION = StepLock(LOCK)
RUN_COLUMNS = ("rule_id", "version", "symbol", "symbols", "judged_until", "is_finished", "state")
EVALUATED_AGAIN = """
    update rule_runs set written_until = greatest(written_until, judged_until), judged_until = null,
        is_finished = false, state = null
    where symbols && %s
"""
UNDONE_ALERTS = f"""
    delete from alerts a using rule_runs r where r.symbols && %s
        and a.rule = {RULE_NAME_SQL} and a.rule_version = r.version and a.symbol = r.symbol
"""  # noqa: S608 (a name of our own)


class RunProgress(NamedTuple):
    """How far a run was evaluated, 0 for not at all, and until when its alerts are there already; epoch seconds."""

    evaluated_until: int
    written_until: int
    is_finished: bool


NOT_EVALUATED = RunProgress(0, 0, False)


class EvaluatedRun(NamedTuple):
    """What is stored of a run."""

    key: RunKey
    symbols: Sequence[str]
    evaluated_until: int
    is_finished: bool
    state: Mapping[str, Any]


class FiredRule(NamedTuple):
    """A rule that fired at a bar of a symbol in this partition."""

    partition: int
    bar: Bar
    evaluation: RuleEvaluation


def progress_of_runs(cursor: Cursor) -> dict[RunKey, RunProgress]:
    """How far each run was evaluated."""
    cursor.execute(
        """select rule_id, version, symbol, coalesce(extract(epoch from judged_until)::bigint, 0),
            coalesce(extract(epoch from written_until)::bigint, 0), is_finished
        from rule_runs"""
    )
    return {RunKey(*row[:3]): RunProgress(*row[3:]) for row in cursor.fetchall()}


def state_of_run(cursor: Cursor, key: RunKey) -> dict[str, Any] | None:
    """The state of a run; None if it has none yet."""
    cursor.execute(
        "select state::text from rule_runs where rule_id = %s and version = %s and symbol = %s", key
    )
    for (state,) in cursor.fetchall():
        return None if state is None else dict(msgspec.json.decode(state))
    return None


def save_runs(cursor: Cursor, runs: Sequence[EvaluatedRun]) -> None:
    """Store the progress of these runs."""
    rows = [
        (
            *run.key,
            list(run.symbols),
            utc(run.evaluated_until),
            run.is_finished,
            msgspec.json.encode(run.state).decode(),
        )
        for run in runs
    ]
    upsert(cursor, "rule_runs", RUN_COLUMNS, rows, keys=3)


def write_fired(cursor: Cursor, fired: Sequence[FiredRule], now: datetime | None) -> None:
    """Write the alerts of rules that compare symbols, and store them in the outbox as published `now`; None if they are
    recalculated."""
    write_alerts(cursor, [_alert(*each, now) for each in fired])


def _alert(partition: int, bar: Bar, evaluation: RuleEvaluation, now: datetime | None) -> StoredAlert:
    rule_id, version, rule = evaluation.armed
    return StoredAlert(
        *(
            bar.symbol,
            bar.interval,
            rule_name(rule_id),
            utc(bar.start),
            utc(bar.end),
            bar.close,
            partition,
            None,
        ),
        rule_version=version,
        severity=rule.severity,
        named_values=Json(dict(evaluation.values)),
        published_at=now,
    )


def evaluate_again(cursor: Cursor, partition: int) -> None:
    """Evaluate what concerns the symbols of a partition again, from the beginning, as soon as their bars are there
    again; alerts that were raised stay, and are not raised again."""
    EVALUATION.wait(cursor)
    cursor.execute(
        "select coalesce(array_agg(symbol), '{}') from symbol_times where partition = %s", (partition,)
    )
    ((symbols,),) = cursor.fetchall()
    cursor.execute(EVALUATED_AGAIN, (symbols,))
    _forget_times(cursor, symbols)


def undo_runs(cursor: Cursor, symbols: Sequence[str]) -> None:
    """Delete all that was evaluated with bars of these symbols, and its alerts; and group the newest alerts again."""
    EVALUATION.wait(cursor)
    _forget_times(cursor, symbols)
    cursor.execute(UNDONE_ALERTS, (list(symbols),))
    cursor.execute("delete from rule_runs where symbols && %s", (list(symbols),))
    undo_storms(cursor)


def _forget_times(cursor: Cursor, symbols: Sequence[str]) -> None:
    """Nothing is evaluated with bars of these symbols until their partition says how far it is."""
    cursor.execute("update symbol_times set closed_until = 'epoch' where symbol = any(%s)", (list(symbols),))
    cursor.execute("delete from series_splits where symbol = any(%s)", (list(symbols),))
