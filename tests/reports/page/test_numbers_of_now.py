"""Numbers shown as current are current; others are marked, with the progress of the history."""

from dataclasses import replace
from typing import Any

from dashboard.presenters.delta import DeltaRequest, delta
from dashboard.presenters.panels import session_cells
from dashboard.presenters.sources import log_progress_text
from dashboard.read.freshness import GRACE, day_began, outdated_since
from dashboard.read.pace import PaceSample
from dashboard.read.rows import ActionRow, DataQualityRow, OpenBarRow, PartRow
from dashboard.read.snapshot import Reading, advance, first_snapshot, messages_known, outdated_symbols, stall
from tests.inputs.page_rows import CLOSED, CONTEXT, READING, SYMBOL, WARM
from tests.inputs.records import second

MONDAY_OPEN = second("2025-11-24T14:30")
FRIDAY_CLOSE = second("2025-11-21T21:00")
LONG_AGO = second("2024-03-21T20:00")
AMD = SYMBOL._replace(symbol="AMD", event_time=float(LONG_AGO), previous_close=None, last_day_close=178.0)
ASK = DeltaRequest("AMD", "1m", 0, 0, 0)
ANALYTICS = PartRow("analytics", "running", "", 1, 900, 50.0, 0.2)


def shown(
    reading: Reading, feed: str = "simulated", ask: DeltaRequest = ASK, stored: int = 0
) -> dict[str, Any]:
    """What a fresh viewer is sent of what was read, after the furthest part has read `stored` messages."""
    known = messages_known(reading.parts, reading.folded, stored)
    outdated = outdated_symbols(reading.symbols, reading.now, known - reading.folded)
    reading = reading._replace(known=known, outdated=outdated)
    return delta(replace(CONTEXT, feed=feed), advance(first_snapshot(100), reading), ask, [])


def coming_in(now: float) -> Reading:
    """A history that is being folded: AMD's newest quote is the close of a day long ago."""
    day = OpenBarRow(WARM, 12, 50)
    return READING._replace(
        now=now,
        symbols={"AMD": AMD},
        open_bars={("AMD", "1d"): day, ("AMD", "1m"): day},
        trends={"AMD": (1.0, 2.0)},
        parts={"analytics": ANALYTICS},
        folded=4_100,
    )


def test_close_of_twenty_months_ago_is_shown_with_its_day_and_without_figures_of_today() -> None:
    """Report: in the first minute AMD's close of twenty months ago was shown as "Last" under "Market open"."""
    found = shown(coming_in(MONDAY_OPEN + 3600.0))
    assert found["heading"]["past"] == LONG_AGO
    (row,) = found["rows"]
    assert (row["past"], row["change"], row["percent"], row["reference"]) == (LONG_AGO, None, None, None)
    assert {value for _, value, _ in found["session"]} == {None}


def test_loading_history_is_shown_with_its_progress_also_without_a_provider() -> None:
    """Scenario: the first minute of the simulated market, for which no provider is asked."""
    assert shown(coming_in(MONDAY_OPEN + 3600.0))["history"] == (4_100, 5_000)
    done = coming_in(MONDAY_OPEN + 3600.0)._replace(parts={"analytics": ANALYTICS._replace(lag=0)})
    assert shown(done)["history"] is None
    assert shown(done, stored=5_200)["history"] == (4_100, 5_200)
    unpublished = PartRow("producer", "running", "", 1, 3_000, 50.0, 0.2)
    whole = coming_in(MONDAY_OPEN + 3600.0)._replace(parts={"analytics": ANALYTICS, "producer": unpublished})
    assert shown(whole)["history"] == (4_100, 8_000)
    current = coming_in(float(LONG_AGO))
    assert shown(current)["history"] is None


def test_progress_of_a_long_history_says_how_long_it_takes() -> None:
    """Report: with 500 symbols the page said only "Lag 1,136,418" and "No bars of 1m yet" for many minutes."""
    late = coming_in(MONDAY_OPEN + 3600.0)._replace(known=5_000, folded=1_000)
    late = late._replace(outdated={"AMD": float(LONG_AGO)})
    assert log_progress_text(late) == "History: 20\u00a0%"
    slow = (PaceSample(late.now - 20.0, 900), PaceSample(late.now, 1_000))
    assert log_progress_text(late._replace(pace=slow)) == "History: 20\u00a0%, 14 min left"
    hours = (PaceSample(late.now - 60.0, 990), PaceSample(late.now, 1_000))
    assert log_progress_text(late._replace(pace=hours)) == "History: 20\u00a0%, 7 h left"
    quick = (PaceSample(late.now - 10.0, 0), PaceSample(late.now, 1_000))
    assert log_progress_text(late._replace(pace=quick)) == "History: 20\u00a0%, <1 min left"


def test_first_messages_of_a_history_say_nothing_about_the_time_it_takes() -> None:
    """Scenario: a first start showed "about 62 min left", then 27, 39 and 5, and took two minutes."""
    late = coming_in(MONDAY_OPEN + 3600.0)._replace(known=5_000, folded=249)
    slow = (PaceSample(late.now - 20.0, 240), PaceSample(late.now, 249))
    late = late._replace(outdated={"AMD": float(LONG_AGO)}, pace=slow)
    assert log_progress_text(late) == "History: 4\u00a0%"
    assert log_progress_text(late._replace(folded=250)) == "History: 5\u00a0%, 3 h left"


def test_symbols_whose_history_is_complete_are_counted() -> None:
    """Scenario: a live provider sends the histories of 500 symbols one after the other."""
    late = coming_in(MONDAY_OPEN + 3600.0)._replace(known=5_000, outdated={"AMD": float(LONG_AGO)})
    new = AMD._replace(symbol="NEW", price=None, event_time=None)
    done = late._replace(symbols={"AMD": AMD, "DONE": SYMBOL, "NEW": new})
    assert log_progress_text(done) == "History: 1 of 3"


def test_numbers_of_half_an_hour_ago_are_not_shown_as_current_while_newer_ones_are_unread() -> None:
    """Scenario: an update rebuilt everything from the log; for ten minutes a price of half an hour ago was shown beside
    current ones under "Market open", with today's change, and no reason was shown."""
    then = MONDAY_OPEN + 1800.0
    late = coming_in(then + 1800.0)
    symbol = next(iter(late.symbols))
    late = late._replace(symbols={symbol: late.symbols[symbol]._replace(event_time=then)})
    waiting = {"analytics": ANALYTICS._replace(lag=27_491)}
    found = shown(late._replace(parts=waiting))
    (row,) = found["rows"]
    assert (found["heading"]["past"], row["past"], row["percent"]) == (then, then, None)
    assert found["history"] == (late.folded, late.folded + 27_491)
    usual = late._replace(parts={"analytics": ANALYTICS._replace(lag=40)})
    found = shown(usual, stored=late.folded + 40)
    assert (found["heading"]["past"], found["history"]) == (None, None)
    recent = late._replace(parts=waiting, now=then + 100.0)
    assert shown(recent)["heading"]["past"] is None


def test_indicators_of_the_last_closed_bar_are_shown_while_no_bar_is_open() -> None:
    """Report: over the night, and after a replay, the panel of indicators was empty beside a chart that had them."""
    snapshot = advance(first_snapshot(100), READING._replace(open_bars={}))
    found = delta(CONTEXT, snapshot, replace(ASK, symbol="AAA"), [], [CLOSED] * 40)
    values = {label: value for label, value, _ in found["indicators"]}
    assert (values["RSI 14"], values["SMA 50"], values["ATR 14"]) == (55.04, 98.25, "15/15")
    assert (found["indicators_of"], found["open"]) == ("last closed bar", {})
    opened = delta(CONTEXT, advance(first_snapshot(100), READING), replace(ASK, symbol="AAA"), [], [CLOSED])
    assert {label: value for label, value, _ in opened["indicators"]}["SMA 20"] == 1.4
    assert opened["indicators_of"] == ""


def test_indicators_of_the_last_closed_bar_are_in_new_shares_after_a_split() -> None:
    """Scenario: a split takes effect over the night, before the first bar of the day opens."""
    actions = (ActionRow(CLOSED.end, "split", 2.0, None), ActionRow(CLOSED.end, "dividend", 1.0, 100.0))
    snapshot = advance(first_snapshot(100), READING._replace(open_bars={}, actions={"AAA": actions}))
    found = delta(CONTEXT, snapshot, replace(ASK, symbol="AAA"), [], [CLOSED])
    values = {label: value for label, value, _ in found["indicators"]}
    assert (values["RSI 14"], values["SMA 20"], values["ATR 14"]) == (55.04, 49.75, "1/15")


def test_outdated_values_are_found_once_per_read_for_all_viewers() -> None:
    """Scenario: it was calculated again for each viewer and each symbol, twice a second."""
    found = delta(CONTEXT, advance(first_snapshot(100), READING._replace(outdated={"AAA": 7.0})), ASK, [])
    assert {row["symbol"]: row["past"] for row in found["rows"]}["AAA"] == 7.0


def test_requests_of_a_live_history_are_shown_before_the_progress_of_the_fold() -> None:
    """Scenario: the first minute of live quotes."""
    quality = DataQualityRow("AMD", "yahoo", None, "history", "", "", None, None, 3, 30)
    assert shown(coming_in(MONDAY_OPEN)._replace(qualities={"AMD": quality}), "live")["history"] == (3, 30)


def test_last_quote_of_friday_is_of_now_until_monday_has_opened_without_another() -> None:
    """Scenario: a weekend, and a share that is hardly traded."""
    friday = SYMBOL._replace(event_time=float(FRIDAY_CLOSE - 60))
    assert outdated_since(friday, MONDAY_OPEN - 60.0) is None
    assert outdated_since(friday, MONDAY_OPEN + GRACE - 1.0) is None
    assert outdated_since(friday, MONDAY_OPEN + float(GRACE)) == FRIDAY_CLOSE - 60
    assert outdated_since(friday._replace(event_time=MONDAY_OPEN - 1800.0), MONDAY_OPEN + 600.0) is None


def test_quote_of_a_market_that_never_closes_is_of_now_for_its_day() -> None:
    """Scenario: a coin around midnight."""
    coin = SYMBOL._replace(exchange="CCC", event_time=second("2025-11-22T23:59") * 1.0)
    assert outdated_since(coin, second("2025-11-23T00:05") * 1.0) is None
    assert outdated_since(coin, second("2025-11-23T00:20") * 1.0) is not None


def test_recording_is_never_of_the_past() -> None:
    """Scenario: a replay of a day years ago."""
    found = shown(coming_in(MONDAY_OPEN + 3600.0), "replay")
    assert found["heading"]["past"] is None
    assert found["history"] is None


def test_age_is_that_of_the_symbol_shown() -> None:
    """Report: the age badge was that of the newest quote of any symbol."""
    old = SYMBOL._replace(symbol="OLD", received_time=READING.now - 500.0)
    reading = READING._replace(symbols=READING.symbols | {"OLD": old}, trends=READING.trends | {"OLD": ()})
    ages = [shown(reading, ask=replace(ASK, symbol=symbol))["age"] for symbol in ("AAA", "OLD", None)]
    assert ages == [2.5, 500.0, None]


def test_numbers_that_can_not_be_read_again_are_not_current() -> None:
    """Report: a dead server left five green lamps, "Market open" and an age."""
    snapshot = stall(advance(first_snapshot(100), READING), "no_database", "refused")
    found = delta(CONTEXT, snapshot, replace(ASK, symbol="AAA"), [])
    assert (found["is_current"], found["now"]) == (False, READING.now)
    assert delta(CONTEXT, advance(first_snapshot(1), READING), ASK, [])["is_current"]


def vwap(day_volume: float | None, volume: float, sized: float | None) -> tuple[object, str]:
    """The cell of the session's average price."""
    bar = WARM._replace(volume=volume, vwap=183.67)
    cells = session_cells(SYMBOL._replace(day_volume=day_volume), OpenBarRow(bar, 1, 2, sized), None)
    return next((value, kind) for label, value, kind in cells if label == "VWAP")


def test_average_price_of_a_part_of_the_session_is_not_shown_as_that_of_the_whole() -> None:
    """Report: a VWAP of what was received since the start was shown beside the whole day's volume: 187.63, not
    183.67."""
    assert vwap(53_197_431.0, 21_000_000.0, 21_000_000.0) == ("39\u00a0% covered", "partial")
    assert vwap(None, 50_000.0, 25_000.0) == ("50\u00a0% covered", "partial")
    assert vwap(53_197_431.0, 530_000.0, 530_000.0) == ("<1\u00a0% covered", "partial")
    assert vwap(50_000.0, 50_000.0, 50_000.0) == (183.67, "price")
    assert vwap(50_000.0, 50_000.0, None) == (None, "price")


def test_trend_of_the_watchlist_begins_with_the_day_of_its_exchange() -> None:
    """Report: the colour followed the day, the line the last hour."""
    assert day_began("NMS", second("2025-11-24T14:30") // 3600) == second("2025-11-24T05:00")
    assert day_began("CCC", second("2025-11-24T14:30") // 3600) == second("2025-11-24T00:00")
