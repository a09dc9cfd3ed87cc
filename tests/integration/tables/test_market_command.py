"""python -m analytics.market over the tables of a desk."""

import csv
import io
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import numpy as np
import pytest

from analytics.cross_section.moves import BreadthCounts
from analytics.market import Question, market_figures
from analytics.runtime.market_figures import MarketKeeper
from analytics.store.market_tables import breadth_rows
from analytics.store.tables import BAR_COLUMNS
from shared.calendars.calendars import calendar_of
from shared.postgres.database import connect, copy_rows, transaction
from shared.settings.analysis_settings import MarketFiguresSettings
from shared.settings.server_types import PROJECT
from tests.inputs.histories import walk
from tests.integration.desk import Desk
from tests.integration.stored_bars import give_bars
from tests.slowness import PATIENCE

SYMBOLS = ("AAA", "BBBB", "CCCCC")


@pytest.fixture
def filled(desk: Desk) -> Desk:
    for symbol in SYMBOLS:
        give_bars(desk, symbol, 80)
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        for symbol in SYMBOLS:
            cursor.execute(
                "insert into symbols (symbol, price, event_time, received_time, exchange, session, source, quotes,"
                " late, extreme) values (%s, 1, now(), now(), '24/7', 'regular', 'test', 1, 0, 0)",
                (symbol,),
            )
    return desk


def printed(desk: Desk, *arguments: str, columns: int = 80) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analytics.market", *arguments]
    environment = desk.environment | {"COLUMNS": str(columns)}
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )


def returns_of(symbol: str, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    closes = [observation[0] for observation in walk(symbol, 80, seed=len(symbol)).observations]
    return np.diff(np.log(closes))[-count:]


def test_matrix_is_that_of_the_stored_closes(filled: Desk) -> None:
    run = printed(filled, "--returns", "40", "--csv")
    assert run.returncode == 0, run.stderr
    header, *rows = csv.reader(io.StringIO(run.stdout))
    assert header == ["", *SYMBOLS]
    expected = np.corrcoef([returns_of(symbol, 40) for symbol in SYMBOLS])
    np.testing.assert_allclose([[float(value) for value in row[1:]] for row in rows], expected, atol=1e-12)


def test_split_moves_no_correlation(filled: Desk) -> None:
    before = printed(filled, "--returns", "40", "--csv").stdout
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute("select start from bars where symbol = 'AAA' order by start desc offset 20 limit 1")
        ((day,),) = cursor.fetchall()
        cursor.execute("update bars set close = close * 7 where symbol = 'AAA' and start < %s", (day,))
        cursor.execute(
            'insert into corporate_actions (symbol, action, time, value, source, partition, "offset")'
            " values ('AAA', 'split', %s, 7, 'test', 0, 1)",
            (day,),
        )
    after = printed(filled, "--returns", "40", "--csv").stdout
    values = [
        [[float(value) for value in row[1:]] for row in list(csv.reader(io.StringIO(text)))[1:]]
        for text in (before, after)
    ]
    np.testing.assert_allclose(values[0], values[1], atol=1e-12)


def test_days_of_futures_are_compared_with_those_of_shares_on_which_they_end(desk: Desk) -> None:
    """Gold's trading day begins on the evening before. Both prices are the same on each trading day of New York."""
    closes = 100.0 * np.exp(np.cumsum(np.random.default_rng(1).normal(0.0, 0.01, 42)))
    noon = int(datetime(2026, 6, 1, 16, tzinfo=UTC).timestamp())
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        for symbol, exchange in (("GC=F", "CMX"), ("GLD", "PCX")):
            days = [calendar_of(exchange).at(noon + 86_400 * number) for number in range(42)]
            rows = [
                (
                    symbol,
                    "1d",
                    *_span(day.day_start, day.day_end),
                    *([close] * 4),
                    1.0,
                    None,
                    1,
                    "regular",
                    "test",
                    None,
                )
                for day, close in zip(days, closes.tolist(), strict=True)
                if day.name == "regular"
            ]
            copy_rows(cursor, "bars", BAR_COLUMNS, rows)
            cursor.execute(
                "insert into symbols (symbol, price, event_time, received_time, exchange, session, source, quotes,"
                " late, extreme) values (%s, 1, now(), now(), %s, 'regular', 'test', 1, 0, 0)",
                (symbol, exchange),
            )
    run = printed(desk, "--returns", "20", "--csv")
    _, (_, _, correlation), _ = csv.reader(io.StringIO(run.stdout))
    assert float(correlation) == pytest.approx(1.0), run.stderr


def _span(start: int, end: int) -> tuple[datetime, datetime]:
    return datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)


def test_breadth_and_betas_are_printed(filled: Desk) -> None:
    run = printed(filled, "--benchmark", "AAA", "--symbols", "BBBB")
    assert run.returncode == 0, run.stderr
    assert "Breadth of 1d bars:" in run.stdout
    assert "Beta to AAA" in run.stdout


@pytest.mark.parametrize("columns", [80, 28, 12])
def test_matrix_is_printed_where_no_number_is_cut_off(filled: Desk, columns: int) -> None:
    """With ten symbols, 80 columns showed -0.07 as -0.\u2026"""
    run = printed(filled, columns=columns)
    assert run.returncode == 0, run.stderr
    is_matrix = "Correlation of the last 60 returns" in " ".join(run.stdout.split())
    assert is_matrix == (columns >= 28)
    assert not (is_matrix and "\u2026" in run.stdout)


def test_symbol_without_closes_is_named(filled: Desk) -> None:
    run = printed(filled, "--benchmark", "SPY")
    assert (run.returncode, run.stderr) == (1, "market: There are no closes of SPY in bars of 1d.\n")


def test_before_the_first_start_the_command_states_what_to_do(desk: Desk) -> None:
    run = printed(desk)
    assert run.returncode == 1
    assert run.stderr.startswith("market: The first start of the pipeline creates the database. PostgreSQL: ")


def test_without_bars_the_command_states_what_to_do(desk: Desk) -> None:
    desk.database()  # creates it
    run = printed(desk)
    assert run.returncode == 1
    assert "no closed bar of 1d yet: start the pipeline first" in run.stderr


def test_average_is_in_the_shares_of_the_close(filled: Desk) -> None:
    """Found by reading: after a split behind the last bar the close was divided, and the average was not."""
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            "insert into indicators (symbol, interval, start, sma_long)"
            " select symbol, interval, max(start), min(close) / 2 from bars group by symbol, interval"
        )
        cursor.execute(
            'insert into corporate_actions (symbol, action, time, value, source, partition, "offset")'
            " select symbol, 'split', max(\"end\") + interval '1 hour', 4, 'test', 0, 1 from bars group by symbol"
        )
    assert "3 of 3 above their long SMA" in " ".join(printed(filled).stdout.split())


def test_history_prints_the_breadth_that_was_kept(filled: Desk) -> None:
    run = printed(filled, "--history", "3")
    assert (run.returncode, run.stderr) == (
        1,
        "market: No breadth of 1d bars is stored: MARKET_INTERVALS has the kept intervals.\n",
    )
    with closing(connect(filled.database(), "test")) as connection:
        MarketKeeper(MarketFiguresSettings()).update_all(connection)
    run = printed(filled, "--history", "3")
    lines = [line for line in run.stdout.splitlines() if "1970-" in line]
    assert len(lines) == 3
    assert all(len(line.split("│")) == len(BreadthCounts._fields) + 3 for line in lines)


def test_stored_betas_are_those_that_the_command_calculates(filled: Desk) -> None:
    """The command divides closes by split ratios, the tables have sums of logarithms: two ways to one number."""
    with closing(connect(filled.database(), "test")) as connection:
        MarketKeeper(MarketFiguresSettings(benchmark="BBBB", returns=40)).update_all(connection)
        question = Question("1d", 40, "BBBB", frozenset())
        with transaction(connection) as cursor:
            figures = market_figures(cursor, question)
            cursor.execute(
                "select distinct on (symbol) symbol, beta, correlation, returns from market_betas"
                " order by symbol, time desc"
            )
            stored = cursor.fetchall()
            (_, counts), *_ = breadth_rows(cursor, "1d", 1)
    assert [tuple(row) for row in stored] == [pytest.approx(tuple(beta), abs=1e-12) for beta in figures.betas]
    assert (figures.breadth, figures.outdated) == (counts, 0)


def test_symbol_without_a_current_bar_is_counted_apart(filled: Desk) -> None:
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            "delete from bars where symbol = 'AAA'"
            " and start > (select max(start) - interval '6 days' from bars where interval = '1d')"
        )
        figures = market_figures(cursor, Question("1d", 40, None, frozenset()))
    assert (figures.breadth.symbols, figures.outdated) == (2, 1)
