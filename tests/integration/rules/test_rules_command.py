"""python -m analytics.rules over the tables of a desk."""

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from analytics.indicators.series.sessions import SESSIONS
from analytics.rules.arming import add
from analytics.store.rules.closed_bars import StoredClosedBars
from analytics.store.rules.stored_bars import stored_bars
from analytics.store.tables import BAR_COLUMNS, bar_row
from shared.market.records import Bar
from shared.postgres.database import connect, copy_rows, transaction
from shared.settings.server_types import PROJECT
from tests.inputs.random_bars import random_bars
from tests.integration.desk import Desk
from tests.oracles import naive_rules
from tests.slowness import PATIENCE

RULE = "rsi(5) crosses below 40 clear rsi(5) > 50"
SPLIT_BEFORE = 150
"""The place of the first bar in new shares."""


def minutes(count: int) -> list[Bar]:
    bars = [bar._replace(symbol="AAPL", interval="1m", session="regular") for bar in random_bars(count)]
    before, after = bars[:SPLIT_BEFORE], bars[SPLIT_BEFORE:]
    return before + naive_rules.in_shares_of([*after, after[-1]], {len(after): 4.0})[:-1]


@pytest.fixture
def filled(desk: Desk) -> Desk:
    bars = minutes(300)
    split = datetime.fromtimestamp(bars[SPLIT_BEFORE].start, UTC)
    with closing(connect(desk.database(), "test")) as connection, transaction(connection) as cursor:
        copy_rows(cursor, "bars", BAR_COLUMNS, [bar_row(bar) for bar in bars])
        cursor.execute(
            "insert into symbols (symbol, price, event_time, received_time, exchange, session, source, quotes,"
            " late, extreme) values ('AAPL', 1, now(), now(), '24/7', 'regular', 'test', 1, 0, 0)"
        )
        cursor.execute(
            'insert into corporate_actions (symbol, time, action, value, source, partition, "offset")'
            " values ('AAPL', %s, 'split', 4, 'test', 0, 1)",
            (split,),
        )
    return desk


def run(desk: Desk, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "analytics.rules", *arguments]
    environment = {**desk.environment, "COLUMNS": "200", **settings}
    return subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )


def expected_ends() -> list[str]:
    bars = minutes(300)
    places = naive_rules.fires(read_rule(RULE, DEFAULTS), bars, {SPLIT_BEFORE: 4.0})
    return [datetime.fromtimestamp(bars[place].end, UTC).strftime("%Y-%m-%d %H:%M") for place in places]


def test_dry_run_fires_at_the_bars_of_the_definition_across_a_split(filled: Desk) -> None:
    found = run(filled, "dry-run", RULE)
    assert found.returncode == 0, found.stderr
    ends = expected_ends()
    assert len(ends) > 5
    assert f"{len(ends)} alerts of 1 symbol" in found.stdout
    for end in ends[-10:]:
        assert end in found.stdout
    assert "too few to tell" in found.stdout


def test_alerts_that_were_raised_have_the_track_record_of_a_dry_run_that_fires_there(filled: Desk) -> None:
    bars = minutes(300)
    places = naive_rules.fires(read_rule(RULE, DEFAULTS), bars, {SPLIT_BEFORE: 4.0})
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        for bar in (bars[place] for place in places):
            start, end = (datetime.fromtimestamp(second, UTC) for second in (bar.start, bar.end))
            row = ("AAPL", "1m", "price_change", start, end, 0.1, 0.1, bar.close, 0, 0)
            cursor.execute(f"insert into alerts values ({', '.join(['%s'] * len(row))})", row)
    shown, tried = run(filled, "show", "price_change").stdout, run(filled, "dry-run", RULE).stdout
    assert f"{len(places)} alerts of 1 symbol on 1m so far." in shown
    lines = [line for line in shown.splitlines() if "too few to tell" in line]
    assert len(lines) == 4
    assert lines == [line for line in tried.splitlines() if "too few to tell" in line]


def test_a_threshold_is_explained_and_tried_by_its_name(filled: Desk) -> None:
    found = run(filled, "explain", "rsi_oversold", "AAPL", ALERT_INTERVALS="1m")
    assert found.returncode == 0, found.stderr
    assert "rsi(14) <= 30 = " in found.stdout.splitlines()[-1]
    assert "rsi(14) <= 30 on 1m clear" in run(filled, "dry-run", "rsi_oversold", ALERT_INTERVALS="1m").stdout


def test_a_rule_is_explained_by_its_number(filled: Desk) -> None:
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        add(cursor, read_rule("close > 3 on 1m", DEFAULTS))
    found = run(filled, "explain", "1", "AAPL")
    assert found.returncode == 0, found.stderr
    assert "close > 3 = true" in found.stdout
    assert "There is no rule 2" in run(filled, "explain", "2", "AAPL").stderr


def test_a_threshold_is_not_disabled_but_changed_in_the_settings(filled: Desk) -> None:
    found = run(filled, "disable", "rsi_oversold")
    assert found.returncode == 2
    assert "rsi_oversold is a threshold: thresholds are changed in .env" in found.stderr


def test_explanation_names_each_part_and_fires_at_the_same_bars(filled: Desk) -> None:
    found = run(filled, "explain", RULE, "aapl")
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    assert len(lines) == 300
    assert "unknown: rsi(5) crosses below 40 = unknown; rsi(5) = unknown" in lines[0]
    assert [line[:16] for line in lines if "  fired: " in line] == expected_ends()


def test_an_explanation_of_a_part_equals_that_part_of_the_whole(filled: Desk) -> None:
    """Exponential averages depend on all bars before, and so does whether a rule rests."""
    whole = run(filled, "explain", RULE, "AAPL").stdout.splitlines()
    part = run(
        filled, "explain", RULE, "AAPL", "--since", "1970-01-01T02:00Z", "--until", "1970-01-01T03:10Z"
    )
    assert part.returncode == 0, part.stderr
    assert part.stdout.splitlines() == [
        line for line in whole if "1970-01-01 02:00" <= line[:16] <= "1970-01-01 03:10"
    ]


@pytest.mark.parametrize(
    "rule", ["change(1d) < 0", "anomaly()", "volume > typical_volume() or volatility(5) > 0.1"]
)
def test_only_the_first_explanation_that_needs_an_exchange_makes_its_calendar(
    filled: Desk, rule: str, tmp_path: Path
) -> None:
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute("update symbols set exchange = 'NMS'")
    settings = {"TICKSTREAM_DATA": str(tmp_path / "data"), "PYTHONPROFILEIMPORTTIME": "1"}
    first, second = (run(filled, "explain", rule, "AAPL", **settings) for _ in range(2))
    assert (first.returncode, first.stdout) == (0, second.stdout)
    assert len(first.stdout.splitlines()) == 300
    assert "pandas" in first.stderr
    assert "pandas" not in second.stderr


def test_bars_for_rules_are_the_stored_ones_without_their_source(filled: Desk) -> None:
    odd = [
        bar._replace(symbol="O'Neil", session=name) for bar, name in zip(minutes(300), SESSIONS, strict=False)
    ]
    odd[1] = odd[1]._replace(vwap=1 / 3, volume=0.1 + 0.2, quotes=2**40)
    odd[2:4] = odd[2]._replace(spread=0.1 + 0.2), odd[3]._replace(spread=0.0)
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        copy_rows(cursor, "bars", BAR_COLUMNS, [bar_row(bar) for bar in odd])
        for symbol, bars, until in (
            ("O'Neil", odd, 2**40),
            ("AAPL", minutes(300)[:100], 6_000),
            ("MSFT", [], 9),
        ):
            expected = [bar._replace(source="") for bar in bars]
            assert stored_bars(cursor, symbol, "1m", until) == expected


def test_bars_of_many_series_are_read_over_one_connection_which_is_replaced_when_the_server_ends_it(
    filled: Desk,
) -> None:
    stored = StoredClosedBars(filled.database())
    mine = (
        "from pg_stat_activity where application_name = 'tickstream rules' and datname = current_database()"
    )
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        for _ in range(3):
            assert len(stored.bars_until("AAPL", "1m", 2**40)) == 300
            assert stored.headlines_before("AAPL", 2**62) == {}
            cursor.execute(f"select count(*) {mine}")
            assert cursor.fetchone() == (1,)
            cursor.execute(f"select pg_terminate_backend(pid, 10000) {mine}")


def test_a_rule_that_can_not_be_tried_is_refused_with_the_reason(filled: Desk) -> None:
    for text, reason in (
        ("MSFT: close > 1", "No stored symbol is in the scope"),
        ("held: close > 1", "name the symbols in the rule"),
        ("no data 5m", "only closed bars are stored"),
    ):
        found = run(filled, "dry-run", text)
        assert found.returncode == 1
        assert reason in found.stderr and "Traceback" not in found.stderr


def test_a_rule_is_shown_with_its_requests_and_its_alerts(filled: Desk) -> None:
    assert run(filled, "add", RULE).returncode == 0
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        cursor.execute(
            'insert into alerts (symbol, interval, rule, start, event_time, price, partition, "offset",'
            " rule_version, severity, named_values) values ('AAPL', '1m', 'rule 1', '2024-01-02T15:00Z',"
            " '2024-01-02T15:01Z', 101.5, 0, 7, 1, 'warning', '{\"rsi(5)\": 38.25}')"
        )
    shown = run(filled, "show", "1")
    assert shown.returncode == 0, shown.stderr
    for text in ("add", "rsi(5) crosses below 40 on 1m", "2024-01-02 15:01", "101.5", "rsi(5) 38.25"):
        assert text in shown.stdout
    assert run(filled, "show", "2").returncode == 1
    assert "rsi(5) crosses below 40" in run(filled, "list").stdout


def test_an_explanation_without_bars_says_so(filled: Desk) -> None:
    found = run(filled, "explain", "close > 1 on 1h", "AAPL")
    assert (found.returncode, found.stdout) == (1, "")
    assert "AAPL has no closed bar of 1h yet" in found.stderr


def test_an_explanation_of_a_period_without_bars_states_that(filled: Desk) -> None:
    period = ["--since", "2019-01-02", "--until", "2019-01-03"]
    found = run(filled, "explain", "close > 1 on 1m", "AAPL", *period)
    assert (found.returncode, found.stdout) == (1, "")
    assert "No closed bar of AAPL on 1m ended in this period." in found.stderr


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    period = ["--since", "2024-01-03", "--until", "2024-01-02"]
    command = [sys.executable, "-m", "analytics.rules", "dry-run", "close > 5", *period]
    found = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (2, "")
    assert "--since is later than --until" in found.stderr


def test_check_needs_no_server_and_shows_the_place_of_a_fault() -> None:
    command = [sys.executable, "-m", "analytics.rules", "check"]
    good = subprocess.run([*command, "close>5"], cwd=PROJECT, capture_output=True, text=True)
    assert (good.returncode, good.stdout) == (0, "close > 5 on 1m\n")
    bad = subprocess.run([*command, "clos > 5"], cwd=PROJECT, capture_output=True, text=True)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("clos > 5\n^\nline 1, column 1: there is no series clos")


def test_a_ratio_of_two_symbols_is_evaluated_once_at_the_bars_of_the_first(filled: Desk) -> None:
    others = [bar._replace(symbol="SPY") for bar in minutes(300) if bar.start % 120 == 0]
    with closing(connect(filled.database(), "test")) as connection, transaction(connection) as cursor:
        copy_rows(cursor, "bars", BAR_COLUMNS, [bar_row(bar) for bar in others])
        cursor.execute(
            "insert into symbols (symbol, price, event_time, received_time, exchange, session, source, quotes,"
            " late, extreme) values ('SPY', 1, now(), now(), '24/7', 'regular', 'test', 1, 0, 0)"
        )
    found = run(filled, "explain", "AAPL.close / SPY.close > 1.0001", "AAPL")
    assert found.returncode == 0, found.stderr
    lines = found.stdout.splitlines()
    last: Bar | None = None
    by_end = {bar.end: bar for bar in others}
    for line, bar in zip(lines[:SPLIT_BEFORE], minutes(300), strict=False):
        last = by_end.get(bar.end, last)
        ratio = None if last is None else bar.close / last.close
        assert ("unknown" if ratio is None else f"SPY.close = {ratio:.6g}") in line
    dry = run(filled, "dry-run", "AAPL.close / SPY.close > 1.0001")
    fired = [line for line in lines if "  fired: " in line]
    assert f"{len(fired)} alerts of 1 symbol" in dry.stdout and len(fired) > 5
    refused = run(filled, "explain", "AAPL.close / SPY.close > 1.0001", "SPY")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "not evaluated at bars of SPY, but of AAPL" in refused.stderr


def test_a_pasted_scan_is_printed_as_a_rule_and_its_differences_apart() -> None:
    command = [sys.executable, "-m", "analytics.rules", "import", "-"]
    scan = "[SMA(50,close) x SMA(200,close)]\nand [close > 10]"
    good = subprocess.run(command, cwd=PROJECT, input=scan, capture_output=True, text=True)
    assert (good.returncode, good.stdout) == (0, "sma(50) crosses above sma(200) and close > 10 on 1d\n")
    assert "becomes true" in good.stderr
    bad = subprocess.run(
        command, cwd=PROJECT, input=f"{scan}\nand [SCTR > 90]", capture_output=True, text=True
    )
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr.startswith("and [SCTR > 90]\n     ^\nline 3, column 6: SCTR has no counterpart")


@pytest.mark.parametrize("command", ["check", "dry-run", "add"])
@pytest.mark.parametrize(
    ("rule", "warning"),
    [
        ("change(1d) < -5", "change(1d) < -5 can never be true"),
        ("close crosses above 5 for 2 bars", "close crosses above 5 is true at one bar and not at the next"),
    ],
)
def test_what_can_never_be_true_is_a_warning_and_no_fault(
    filled: Desk, command: str, rule: str, warning: str
) -> None:
    found = run(filled, command, rule)
    assert found.returncode == 0, found.stderr
    assert f"Warning: {warning}" in found.stderr
    assert "Warning" not in found.stdout
