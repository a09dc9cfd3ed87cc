"""Presenters: rows in, numbers and sentences for the page out."""

from dataclasses import replace

from dashboard.presenters.alerts import alert_item
from dashboard.presenters.delta import DeltaRequest, delta
from dashboard.presenters.figures import columns
from dashboard.presenters.notices import banner, notice, stale_warning, warning
from dashboard.presenters.panels import (
    change,
    decimals,
    heading,
    indicator_cells,
    part_items,
    session_cells,
)
from dashboard.read.rows import ActionRow, AlertRow, DataQualityRow, OpenBarRow, PartRow
from dashboard.read.snapshot import NOTHING, advance, first_snapshot, stall
from shared.settings.analysis_settings import Indicators
from tests.inputs.page_rows import COLD, CONTEXT, MONDAY_NOON, READING, SYMBOL, WARM


def test_columns_are_parallel_and_oldest_first() -> None:
    found = columns([COLD, WARM._replace(start=120)])
    assert found["start"] == [60, 120]
    assert found["rsi"] == [None, 55.0]
    assert {len(values) for values in found.values()} == {2}


def test_prices_are_written_with_the_decimals_their_size_asks_for() -> None:
    def of(symbol: str, price: float | None) -> int:
        return decimals(SYMBOL._replace(symbol=symbol, price=price))

    assert of("AAA", 76.38) == 2
    assert of("EURUSD=X", 1.0845) == 5
    assert of("USDJPY=X", 155.2) == 3
    assert of("PENNY", 0.1234) == 4
    assert of("DUST", 0.00001234) == 8
    assert of("AAA", None) == 2


def test_prices_are_written_with_the_decimals_that_their_source_names() -> None:
    assert decimals(SYMBOL._replace(decimals=0)) == 0
    assert decimals(SYMBOL._replace(decimals=12)) == 8


def test_change_counts_from_the_previous_close() -> None:
    difference, percent = change(SYMBOL)
    assert difference is not None and round(difference, 2) == -0.28
    assert percent is not None and round(percent, 2) == -0.37


def test_change_counts_from_the_last_day_bar_where_no_previous_close_is_known() -> None:
    _, percent = change(SYMBOL._replace(previous_close=None))
    assert percent is not None and round(percent, 2) == 9.11


def test_change_is_unknown_where_nothing_can_be_compared() -> None:
    assert change(SYMBOL._replace(previous_close=None, last_day_close=None)) == (None, None)


def test_heading_of_a_live_market_runs_with_the_clock() -> None:
    found = heading(SYMBOL, MONDAY_NOON + 60, clock_runs=True)
    assert (found["zone"], found["session"]) == ("America/New_York", "Pre-market")
    assert (found["clock"], found["clock_runs"]) == (MONDAY_NOON + 60, True)


def test_heading_of_a_symbol_without_a_quote_does_not_guess_its_session() -> None:
    found = heading(SYMBOL._replace(price=None, event_time=None, exchange=None), MONDAY_NOON, clock_runs=True)
    assert (found["session"], found["clock"]) == ("", MONDAY_NOON)


def test_heading_of_a_replay_shows_the_time_of_the_recording() -> None:
    saturday = MONDAY_NOON - 2 * 86_400
    found = heading(SYMBOL._replace(event_time=saturday), MONDAY_NOON, clock_runs=False)
    assert (found["clock"], found["clock_runs"], found["session"]) == (saturday, False, "Market closed")


def test_session_falls_back_on_the_open_day_bar() -> None:
    cells = {
        label: value
        for label, value, _ in session_cells(SYMBOL._replace(day_open=9.0), OpenBarRow(WARM, 1, 2), None)
    }
    assert cells["Open"] == 9.0
    assert cells["High"] == 2.0
    assert cells["Bid"] is None


def test_warming_indicator_shows_its_progress() -> None:
    cells = {label: (value, kind) for label, value, kind in indicator_cells(WARM, 12, Indicators())}
    assert cells["RSI 14"] == (55.0, "number")
    assert cells["SMA 50"] == ("12/50", "text")
    assert cells["Signal"] == ("12/34", "text")


def test_indicators_without_a_bar_are_unknown() -> None:
    assert all(value is None for _, value, _ in indicator_cells(None, 0, Indicators()))


def test_alerts_are_sentences() -> None:
    row = AlertRow("AAA", "1m", "price_change", 60, 120.0, -0.061, 0.05, 76.0)
    assert alert_item(row, "UTC")["text"] == "Price down 6.1% in one bar (threshold 5.0%)"
    assert alert_item(row, "UTC")["tone"] == "down"
    assert alert_item(row._replace(rule="rsi_oversold", value=27.1, threshold=30), "UTC")["text"] == (
        "RSI oversold at 27.1 (threshold 30)"
    )
    assert alert_item(row._replace(rule="something_new", value=3), "UTC")["text"] == (
        "something new: 3 (threshold 0.05)"
    )


def test_part_without_heartbeats_is_shown_as_not_responding_with_its_age() -> None:
    beat = PartRow("storage", "running", "", 1, 0, 10.0, 0.4)
    items = part_items({"storage": beat, "analytics": beat._replace(age=12.0)}, "reading")
    producer_to_screen = [
        "no heartbeat yet",
        "running",
        "no heartbeat for 12 s",
        "no heartbeat yet",
        "off",
        "running",
    ]
    assert [item["text"] for item in items] == producer_to_screen


def test_part_that_finished_is_not_waited_for() -> None:
    beat = PartRow("producer", "finished", "", 1, 0, 0.0, 900.0)
    assert part_items({"producer": beat}, "reading")[0]["text"] == "finished"


def test_standby_producer_is_shown_beside_the_one_that_publishes() -> None:
    beat = PartRow("producer", "running", "live", 2, 0, 10.0, 0.4, standing_by=1)
    assert part_items({"producer": beat}, "reading")[0]["text"] == "running, 1 standing by"
    alone = beat._replace(state="standing by", instances=1, detail="live: vm-1 publishes")
    item = part_items({"producer": alone}, "reading")[0]
    assert (item["text"], item["tone"], item["title"]) == ("standing by", "idle", "live: vm-1 publishes")


def test_parts_are_unknown_while_the_database_is_away() -> None:
    beat = PartRow("storage", "running", "", 1, 0, 10.0, 0.4)
    items = part_items({"storage": beat}, "no_database")
    assert [item["text"] for item in items] == ["unknown"] * 5 + ["waiting"]


def test_banner_is_there_unless_the_feed_is_live() -> None:
    assert banner("live", READING) is None
    assert str(banner("simulated", NOTHING)).startswith("Simulated data")
    text = banner("replay", READING._replace(first_start=MONDAY_NOON - 18 * 86_400.0))
    assert text == "Recorded data of 6 Nov 2025 to 24 Nov 2025: a replay, not live quotes."


def test_notice_names_what_to_do_in_each_empty_state() -> None:
    for condition in ("no_database", "no_tables", "no_quotes"):
        found = notice(condition, "The database", "refused")
        assert found is not None and found.command == "python start_pipeline.py"
    assert notice("reading", "The database", "") is None


def test_part_that_waits_for_a_server_names_it_on_the_page() -> None:
    """Report: Kafka was down for half a minute, and nothing on the page told so."""
    cause = "Kafka at 127.0.0.1:9092: no broker answers"
    rows = {part: PartRow(part, "waiting", cause, 1, 5, 0.0, 20.0) for part in ("storage", "analytics")}
    items = {item["label"]: item for item in part_items(rows, "reading")}
    assert (items["Storage"]["text"], items["Storage"]["tone"]) == ("waiting", "bad")
    assert warning("reading", READING._replace(parts=rows)) == (
        f"Waiting for a server, and trying again: {cause}."
    )
    gone = {part: row._replace(age=200.0) for part, row in rows.items()}
    assert warning("reading", READING._replace(parts=gone)) is None
    assert part_items(gone, "reading")[1]["text"] == "no heartbeat for 3 min"


def test_old_numbers_carry_a_warning() -> None:
    assert stale_warning("reading", READING) is None
    assert stale_warning("no_database", NOTHING) is None
    assert "last values read" in str(stale_warning("no_database", READING))


def test_delta_carries_only_what_changed_since_the_viewers_sequence() -> None:
    first = advance(first_snapshot(100), READING)
    second = advance(first, READING._replace(now=MONDAY_NOON + 4.0))
    fresh = delta(CONTEXT, second, DeltaRequest("AAA", "1m", 0, 0, 0), [])
    known = delta(CONTEXT, second, DeltaRequest("AAA", "1m", first.sequence, first.generation, 0), [])
    assert [row["symbol"] for row in fresh["rows"]] == ["AAA"]
    assert fresh["rows"][0]["trend"] == (1.0, 2.0)
    assert known["rows"] == []
    third = advance(second, READING._replace(symbols={"AAA": SYMBOL._replace(price=77.0)}))
    moved = delta(CONTEXT, third, DeltaRequest("AAA", "1m", second.sequence, second.generation, 0), [])
    assert moved["rows"][0]["last"] == 77.0
    assert "trend" not in moved["rows"][0]


def test_viewer_of_another_generation_gets_everything() -> None:
    snapshot = advance(first_snapshot(100), READING)
    found = delta(
        CONTEXT, snapshot, DeltaRequest("AAA", "1m", snapshot.sequence, snapshot.generation - 1, 0), []
    )
    assert [row["symbol"] for row in found["rows"]] == ["AAA"]


def test_delta_distinguishes_a_gap_from_nothing_new() -> None:
    snapshot = advance(first_snapshot(100), READING)
    ask = DeltaRequest("AAA", "1m", 0, 0, 60)
    assert delta(CONTEXT, snapshot, ask, None)["bars"] is None
    assert delta(CONTEXT, snapshot, ask, [])["bars"] == {}
    assert delta(CONTEXT, snapshot, ask, [WARM])["bars"]["start"] == [60]
    assert delta(CONTEXT, snapshot, ask, [WARM] * 201)["bars"] is None


def test_delta_adjusts_bars_for_those_who_asked() -> None:
    split = ActionRow(180, "split", 2.0, None)
    snapshot = advance(first_snapshot(100), READING._replace(actions={"AAA": (split,)}))
    ask = DeltaRequest("AAA", "1m", 0, 0, 0)
    raw = delta(CONTEXT, snapshot, ask, [WARM])
    halved = delta(CONTEXT, snapshot, replace(ask, adjusted=True), [WARM])
    assert (raw["bars"]["close"], halved["bars"]["close"]) == ([1.5], [0.75])
    assert (raw["actions"], raw["adjusted"], halved["adjusted"]) == (1, False, True)


def test_symbol_without_a_quote_has_its_cause() -> None:
    quality = DataQualityRow("FOO", "yahoo", None, "waiting", "unknown symbol", "", None, None, 0, 3)
    row = SYMBOL._replace(symbol="FOO", price=None, event_time=None, received_time=None, previous_close=None)
    reading = NOTHING._replace(symbols={"FOO": row}, trends={"FOO": ()}, qualities={"FOO": quality})
    found = delta(CONTEXT, advance(first_snapshot(100), reading), DeltaRequest("FOO", "1m", 0, 0, 0), [])
    assert (found["rows"][0]["last"], found["rows"][0]["state"], found["age"]) == (None, "waiting", None)
    assert found["standing"]["text"] == "Yahoo has no symbol FOO"
    assert found["history"] == found["standing"]["history"] == (0, 3)


def test_no_number_is_shown_before_one_was_read() -> None:
    found = delta(
        CONTEXT, stall(first_snapshot(100), "no_database", "refused"), DeltaRequest(None, "1m", 0, 0, 0), None
    )
    assert [found[name] for name in ("age", "lag", "per_second", "late", "set_aside", "dead_letters")] == [
        None
    ] * 6
    assert found["notice"]["title"] == "Waiting for the database"


def test_age_is_since_the_last_quote_of_the_symbol_was_received() -> None:
    snapshot = advance(first_snapshot(100), READING)
    assert delta(CONTEXT, snapshot, DeltaRequest("AAA", "1m", 0, 0, 0), None)["age"] == 2.5


def test_recording_has_no_age() -> None:
    snapshot = advance(first_snapshot(100), READING)
    found = delta(replace(CONTEXT, feed="replay"), snapshot, DeltaRequest(None, "1m", 0, 0, 0), None)
    assert (found["age"], found["is_recorded"]) == (None, True)


def test_lag_and_rate_of_ended_parts_are_not_shown_as_current() -> None:
    beat = PartRow("storage", "running", "", 1, 5, 10.0, 0.4)
    ask = DeltaRequest(None, "1m", 0, 0, 0)
    for row, expected in ((beat, (5, 10.0)), (beat._replace(state="stopped"), (None, None))):
        snapshot = advance(first_snapshot(100), READING._replace(parts={"storage": row}))
        found = delta(CONTEXT, snapshot, ask, None)
        assert (found["lag"], found["per_second"]) == expected


def test_messages_that_the_producer_has_just_sent_are_no_lag() -> None:
    rows = {"producer": PartRow("producer", "running", "", 1, 20, 10.0, 0.4)}
    rows["storage"] = PartRow("storage", "running", "", 1, 5, 10.0, 0.4)
    snapshot = advance(first_snapshot(100), READING._replace(parts=rows))
    assert delta(CONTEXT, snapshot, DeltaRequest(None, "1m", 0, 0, 0), None)["lag"] == 5
