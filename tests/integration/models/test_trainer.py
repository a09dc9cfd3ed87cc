"""The trainer: it trains from real tables as bars close, and does nothing that is not due."""

import math
import os
import random
import signal
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from ml.registry.model_folder import registry_of
from ml.trainer import Trainer, train
from ml.training.schedule import Progress
from ml.training.training_tables import closed_bars
from shared.postgres.database import connect, copy_rows, transaction
from shared.runtime.lifecycle import HeartbeatRow, Stop
from shared.settings.setting_types import TRAINED_MODELS
from tests.integration.desk import PROJECT, Desk, give_last_quote
from tests.slowness import PATIENCE
from tests.waiting import wait_for

COLUMNS = (
    *("symbol", "interval", "start", "end", "open", "high", "low", "close", "volume", "quotes"),
    *("session", "source"),
)
SEEN = """
    insert into forecast_records (symbol, interval, model, horizon, seen, needed, levels, rolling_scores,
        lifetime_scores, champion)
    values (%s, '1m', 'naive', 1, %s, 50, '{}', 0, 0, 'naive')
    on conflict (symbol, interval, model, horizon) do update set seen = excluded.seen
"""
SIGN = """
    insert into parts (part, instance, state, detail, lag, per_second, started_at, seen_at)
    values ('analytics', 'here', 'running', '', %s, 0, now(), now() + interval '9 seconds')
    on conflict (part, instance) do update set lag = excluded.lag
"""
WAITS = "select detail from parts where part = 'trainer' and state = 'running'"
MODELS = ("exponential_smoothing", "linear_regression")
FIRST, MINUTE, BARS = 1_700_000_040, 60, 150


def give_bars(desk: Desk, symbol: str, first: int, count: int) -> None:
    """Closed minutes of a random walk from the `first`-th on, and their number as the analytics store it."""
    drawn, price = random.Random(f"{symbol} {first}"), 100.0
    rows: list[tuple[object, ...]] = []
    for number in range(first, first + count):
        opened, price = price, price * math.exp(drawn.gauss(0.0, 0.001))
        span = [datetime.fromtimestamp(FIRST + (number + end) * MINUTE, UTC) for end in (0, 1)]
        prices = (opened, max(opened, price) * 1.0005, min(opened, price) * 0.9995, price)
        rows.append((symbol, "1m", *span, *prices, 500.0, 9, "regular", "simulated"))
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        copy_rows(cursor, "bars", COLUMNS, rows)
        cursor.execute(SEEN, (symbol, first + count))


def give_sign(desk: Desk, lag: int) -> None:
    """The analytics part has so many messages still to read, and will for an hour."""
    execute(desk, SIGN, lag)


def execute(desk: Desk, statement: str, *values: object) -> None:
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(statement, values)


def trainings(desk: Desk) -> list[tuple[Any, ...]]:
    """Every training: model, version, the version it was tested against, and whether it went live."""
    return desk.rows("select model, version, parent, is_live from model_trainings order by version, model")


@pytest.fixture
def trading_desk(desk: Desk) -> Desk:
    """Two symbols with closed minutes, trained on as every twenty bars close."""
    desk.settings |= {
        "FORECAST_INTERVALS": "1m",
        "TRAINED_MODELS": ",".join(MODELS),
        "MIN_TRAINING_SAMPLES": "50",
        "RETRAIN_FREQUENCY": "20",
        "RETRAIN_MINUTES": "0",
    }
    give_sign(desk, lag=0)
    for symbol in ("ACME", "OTHER"):
        give_last_quote(desk, symbol)
        give_bars(desk, symbol, 0, BARS)
    return desk


def test_models_are_trained_as_bars_close_and_go_live_where_they_may(trading_desk: Desk) -> None:
    first = [(model, 1, None, True) for model in MODELS]
    with trading_desk.at_work(train):
        wait_for(lambda: trainings(trading_desk) == first)
    assert registry_of(trading_desk.config).live("1m") == dict.fromkeys(MODELS, 1)
    rows, losses = trading_desk.rows("select min(rows), min(loss / naive_loss) from model_trainings")[0]
    assert rows > 100
    assert 0.5 < losses < 1.5


@pytest.mark.variant
def test_restart_trains_only_once_enough_bars_have_closed_since(trading_desk: Desk) -> None:
    with trading_desk.at_work(train):
        wait_for(lambda: len(trainings(trading_desk)) == len(MODELS))
    execute(trading_desk, "update model_trainings set trained_at = trained_at - interval '1 hour'")
    with trading_desk.at_work(train):
        wait_for(lambda: trading_desk.rows(WAITS) == [("waits for bars",)])
        give_bars(trading_desk, "ACME", BARS, 30)
        wait_for(lambda: len(trainings(trading_desk)) == 2 * len(MODELS))
    second = trainings(trading_desk)[len(MODELS) :]
    assert [(model, version, parent) for model, version, parent, _ in second] == [
        (model, 2, 1) for model in MODELS
    ]


def test_first_training_waits_until_there_is_enough_to_learn_from(trading_desk: Desk) -> None:
    trading_desk.settings["MIN_TRAINING_SAMPLES"] = "200"
    with trading_desk.at_work(train):
        wait_for(lambda: trading_desk.rows(WAITS) == [("waits for bars",)])
        assert trainings(trading_desk) == []
        give_bars(trading_desk, "ACME", BARS, 150)
        wait_for(lambda: len(trainings(trading_desk)) == len(MODELS))


def test_constant_prices_are_waited_out_and_reported_once(
    trading_desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "tickstream.trainer")
    execute(trading_desk, "update bars set open = 5, high = 5, low = 5, close = 5")
    with trading_desk.at_work(train):
        wait_for(lambda: "too few 1m bars to train on yet: MIN_TRAINING_SAMPLES=50" in caplog.text)
    assert trainings(trading_desk) == []
    assert [record.levelname for record in caplog.records] == ["INFO", "INFO"], "at the start, and once then"


@pytest.mark.parametrize(
    "sign",
    [
        "update parts set lag = 2001",
        pytest.param("delete from parts where part = 'analytics'", marks=pytest.mark.variant),
        pytest.param(SIGN.replace("'analytics'", "'producer'") % 2001, marks=pytest.mark.variant),
    ],
)
@pytest.mark.variant
def test_nothing_is_trained_while_history_is_loading(trading_desk: Desk, sign: str) -> None:
    execute(trading_desk, sign)
    with trading_desk.at_work(train):
        wait_for(lambda: trading_desk.rows(WAITS) == [("waits for the analytics part",)])
        assert trainings(trading_desk) == []
        execute(trading_desk, "update parts set lag = 0 where part = 'producer'")
        give_sign(trading_desk, lag=2000)
        wait_for(lambda: len(trainings(trading_desk)) == len(MODELS))


def test_model_that_is_not_in_use_any_more_adds_nothing_to_the_bars(trading_desk: Desk) -> None:
    stale = SEEN.replace("'1m', 'naive', 1", "'1m', 'xgboost', 1")
    execute(trading_desk, stale, "ACME", 7)
    with closing(connect(trading_desk.database(), "test")) as connection, transaction(connection) as cursor:
        closed = closed_bars(cursor, horizon=3)
    assert closed == {"1m": Progress(2 * BARS, 2 * (BARS - 64 - 6))}


@pytest.mark.parametrize(("status", "words"), [(-9, "failed with exit status -9"), (None, ""), (0, "")])
def test_killed_round_is_reported(
    trading_desk: Desk, caplog: pytest.LogCaptureFixture, status: int | None, words: str
) -> None:
    with closing(connect(trading_desk.database(), "test")) as connection:
        trainer = Trainer(trading_desk.config, connection, HeartbeatRow("trainer", "here"), Stop())
        trainer.log_status("1m", status)
    assert words in caplog.text
    assert bool(words) == bool(caplog.records)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 0), (signal.SIGKILL, -signal.SIGKILL)])
def test_trainer_that_is_stopped_during_a_round_leaves_no_process_and_no_traceback(
    trading_desk: Desk, number: int, status: int
) -> None:
    trading_desk.settings |= {"LOG_LEVEL": "INFO", "TRAINED_MODELS": ",".join(TRAINED_MODELS)}
    give_bars(trading_desk, "ACME", BARS, 5_000)  # a round that is still going on at the next look
    trainer = subprocess.Popen(
        [sys.executable, "-m", "ml.trainer"],
        cwd=PROJECT,
        env=os.environ | trading_desk.settings,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert trainer.stderr is not None
    assert "trainer started on" in trainer.stderr.readline()
    wait_for(lambda: trading_desk.rows(WAITS) == [("trains on 1m bars",)])
    # Ctrl-C reaches all processes of a terminal; a kill reaches one.
    (os.killpg if number == signal.SIGINT else os.kill)(trainer.pid, number)
    assert "Traceback" not in trainer.communicate(timeout=PATIENCE)[1]
    assert trainer.returncode == status
    wait_for(lambda: has_ended(trainer.pid))


def has_ended(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False
