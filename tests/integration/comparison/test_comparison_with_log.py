"""python -m analytics.replay --from-log: what is stored equals what the log gives, or the first difference is named."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from analytics.analytics_consumer import analyse
from analytics.runtime.comparison.errors import CannotCompare
from analytics.runtime.comparison.verdict import DIFFERENT, IDENTICAL
from analytics.store.comparison.compared_tables import Period
from shared.settings.brokers import Brokers
from tests.chaos.outcome import first_difference, tables_of
from tests.chaos.recording import made_up_with_split
from tests.inputs.own_files import EXAMPLE, UPDATE, named, variant
from tests.integration.comparison.replayed import SETTINGS, compared, execute, fill, twin
from tests.integration.desk import Desk, printed
from tests.waiting import wait_for

COLUMNS = {
    "bars": ("volume", "volume + 1"),
    "indicators": ("rsi", "rsi + 1e-9"),
    "own_indicators": ("value", "coalesce(value, 0) + 1e-9"),
    "alerts": ("threshold", "threshold * 2"),
    "forecasts": ("lower", "array_fill(1.5::float8, array[array_length(lower, 1), 3])"),
    "forecast_scores": ("naive_loss", "array_fill(0.25::float8, array[array_length(naive_loss, 1)])"),
}
NAMES = {table: table for table in COLUMNS} | {
    "forecast_scores": "scores",
    "own_indicators": "own values",
}
SET_ASIDE = variant(
    UPDATE, "assert bar.symbol == 'CHECK' or self.seen < 20; return self._mean.update(bar.high - bar.low)"
)
"""An indicator that passes the check, and raises at the twentieth bar of every series."""


@pytest.fixture(scope="module")
def replayed(
    embedded_kafka: Brokers,
    embedded_postgres: str,
    one_search_process: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Desk:
    """Two and a half hours of five symbols, one of which is split, with forecasts of four models and two indicators of
    the user's own."""
    folder = tmp_path_factory.mktemp("compared")
    own = folder / "own"
    own.mkdir()
    (own / "average_range.py").write_text(EXAMPLE)
    (own / "set_aside.py").write_text(named(SET_ASIDE, "other"))
    files = made_up_with_split(folder, minutes=150, quotes_a_minute=12)
    desk = Desk(embedded_kafka, embedded_postgres, folder, "compared").replaying(files)
    desk.settings |= {**SETTINGS, "INDICATORS_PATH": str(own)}
    fill(desk)
    return desk


def middle_row(desk: Desk, table: str) -> tuple[str, str, datetime]:
    """The key of a row in the middle of a table: symbol, interval, start."""
    found: list[tuple[str, str, datetime]] = desk.rows(
        f"""select symbol, interval, start from {table} order by start, symbol, interval
        offset (select count(*) / 2 from {table}) limit 1"""
    )
    return found[0]


def test_a_replayed_recording_is_identical_and_the_comparison_changes_nothing(
    replayed: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    before = list(tables_of(replayed.config))
    assert compared(replayed) == IDENTICAL
    output = capsys.readouterr().out
    assert output.endswith("identical\n")
    rows = dict(re.findall(r"^  (\w+(?: \w+)?) +([\d,]+) rows$", output, re.MULTILINE))
    assert list(rows) == list(NAMES.values())
    stored = {NAMES[table]: replayed.rows(f"select count(*) from {table}")[0][0] for table in NAMES}
    assert {name: int(number.replace(",", "")) for name, number in rows.items()} == stored
    assert all(stored.values())
    assert replayed.rows("select count(*) from data_alerts where kind = 'indicator'") > [(0,)]
    models = replayed.rows("select distinct model from forecasts")
    assert len(models) == 4
    assert not any(map(first_difference, before, tables_of(replayed.config)))


@pytest.mark.parametrize("table", COLUMNS)
def test_a_number_changed_by_hand_is_named(
    replayed: Desk, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = twin(replayed)
    column, value = COLUMNS[table]
    symbol, interval, start = key = middle_row(changed, table)
    assert execute(
        changed,
        f"""update {table} set {column} = {value} where ctid = (
            select min(ctid) from {table} where (symbol, interval, start) = (%s, %s, %s))""",
        key,
    )
    assert compared(changed) == DIFFERENT
    named = f"first difference: {NAMES[table]} of {symbol} {interval} from {start.isoformat()}"
    output = printed(capsys)
    assert named in output
    assert re.search(
        rf"{column}[\[\]0-9]* is stored as [-+.0-9e]+, calculated again it is [-+.0-9e]+$", output
    )
    assert output.count("1 differ") == 1


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("known_at = known_at + interval '1 millisecond'", "known_at is stored as"),
        ('"offset" = "offset" + 1', "offset is stored as"),
    ],
)
@pytest.mark.parametrize("table", ["bars", "alerts", "forecasts"])
def test_another_record_that_made_a_row_is_named(
    replayed: Desk, table: str, change: str, named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = twin(replayed)
    symbol, interval, start = key = middle_row(changed, table)
    execute(changed, f"update {table} set {change} where (symbol, interval, start) = (%s, %s, %s)", key)
    assert compared(changed) == DIFFERENT
    output = printed(capsys)
    assert f"first difference: {table} of {symbol} {interval} from {start.isoformat()}" in output
    assert named in output


def test_rows_of_an_earlier_version_are_compared_without_the_record_that_made_them(
    replayed: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    older = twin(replayed)
    offsets = 'partition = null, "offset" = null'
    for table, values in (("bars", offsets), ("forecasts", offsets), ("alerts", "state = state")):
        until = "(select percentile_disc(0.5) within group (order by start) from bars)"
        changed = execute(older, f"update {table} set known_at = null, {values} where start < {until}")
        assert changed > 10, table
    assert compared(older) == IDENTICAL
    output = printed(capsys)
    for table in ("bars", "forecasts", "alerts"):
        ((rows,),) = older.rows(f"select count(*) from {table} where known_at is null")
        what = f"not compared: {rows:,} rows, the records that made {table}: an earlier version did not"
        assert what in output
    execute(older, "update bars set close = close + 1 where known_at is null and interval = '5m'")
    assert compared(older) == DIFFERENT


@pytest.mark.parametrize("table", ["bars", "forecast_scores"])
def test_a_missing_row_is_named(replayed: Desk, table: str, capsys: pytest.CaptureFixture[str]) -> None:
    changed = twin(replayed)
    key = middle_row(changed, table)
    assert execute(changed, f"delete from {table} where (symbol, interval, start) = (%s, %s, %s)", key)
    assert compared(changed) == DIFFERENT
    output = printed(capsys)
    assert f"first difference: {NAMES[table]} of {key[0]} {key[1]}" in output
    assert output.endswith("the row is missing")


@pytest.mark.parametrize("table", ["alerts", "forecasts"])
def test_an_additional_row_is_named(replayed: Desk, table: str, capsys: pytest.CaptureFixture[str]) -> None:
    changed = twin(replayed)
    columns = [name for (name,) in changed.rows(COLUMNS_OF, table)]
    values = ", ".join("'NONE'" if name == "symbol" else f'"{name}"' for name in columns)
    assert execute(changed, f"insert into {table} select {values} from {table} limit 1")
    assert compared(changed) == DIFFERENT
    output = printed(capsys)
    assert f"first difference: {NAMES[table]} of NONE" in output
    assert output.endswith("the row is stored, but calculated again there is none")


COLUMNS_OF = """select attname from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped
    order by attnum"""


def test_bars_that_ended_outside_the_period_are_not_compared(
    replayed: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = twin(replayed)
    symbol, interval, start = middle_row(changed, "bars")
    (end,) = changed.rows(
        'select extract(epoch from "end")::float8 from bars where (symbol, interval, start) = (%s, %s, %s)',
        symbol,
        interval,
        start,
    )[0]
    execute(changed, "update bars set volume = 0 where (symbol, start) = (%s, %s)", (symbol, start))
    assert compared(changed, Period(until=end - 1)) == IDENTICAL
    assert compared(changed, Period(since=end, until=end)) == DIFFERENT
    assert compared(changed, Period(since=end + 1)) == IDENTICAL
    assert "bars that ended from 2013-10-08T04:" in printed(capsys)


def test_a_period_without_bars_cannot_be_compared(replayed: Desk) -> None:
    with pytest.raises(CannotCompare, match="No bar ended in this period"):
        compared(replayed, Period(until=1.0))


def test_a_database_that_has_read_nothing_cannot_be_compared(replayed: Desk) -> None:
    empty = twin(replayed)
    execute(empty, "delete from progress")
    with pytest.raises(CannotCompare, match="Nothing of topic"):
        compared(empty)


def test_rows_that_are_calculated_again_cannot_be_compared(replayed: Desk) -> None:
    begun = twin(replayed)
    execute(
        begun, "update partition_snapshots set state = jsonb_set(state::jsonb, '{rewriting}', 'true')::text"
    )
    with pytest.raises(CannotCompare, match="being calculated again"):
        compared(begun)


def test_rows_of_another_version_cannot_be_compared(replayed: Desk) -> None:
    older = twin(replayed)
    execute(older, "update partition_snapshots set state = jsonb_set(state::jsonb, '{version}', '1')::text")
    with pytest.raises(CannotCompare, match="another version"):
        compared(older)


def test_a_changed_period_is_compared_once_the_pipeline_has_rebuilt_the_indicators(
    replayed: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = twin(replayed, RSI_PERIOD="9")
    with pytest.raises(CannotCompare, match="start the pipeline"):
        compared(changed)
    values = "select rsi from indicators order by symbol, interval, start"
    with changed.at_work(analyse):
        wait_for(lambda: changed.rows(values) != replayed.rows(values))
        changed.wait_until_rebuilt()
    assert compared(changed) == IDENTICAL


def test_values_of_a_file_that_was_removed_are_left_out_with_the_reason(
    replayed: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    ((rows,),) = replayed.rows("select count(*) from own_indicators")
    assert compared(twin(replayed, INDICATORS_PATH="")) == IDENTICAL
    left_out = f"not compared: {rows:,} rows, values of indicators of your own: INDICATORS_PATH no longer has"
    assert left_out in printed(capsys)


def test_forecasts_are_left_out_where_the_outcome_of_a_search_is_not_stored(
    replayed: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = twin(replayed)
    assert execute(changed, "delete from search_outcomes")
    assert compared(changed) == IDENTICAL
    output = printed(capsys)
    assert "the outcome of a model search is not stored" in output
    assert changed.rows("select count(*) from search_outcomes") == [(0,)]


def test_forecasts_of_a_model_without_its_file_are_left_out(
    replayed: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = twin(replayed, TICKSTREAM_DATA=str(tmp_path))
    assert compared(changed) == IDENTICAL
    output = printed(capsys)
    assert "forecasts of random_forest on 1m bars: the file of version 1 can't be used any more" in output
    assert "forecasts of linear_regression" in output
