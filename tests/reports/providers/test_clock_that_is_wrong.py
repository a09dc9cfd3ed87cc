"""A machine whose clock is wrong: the page shows that one cause, and no number is lost or invented because of it."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.presenters.notices import banner
from dashboard.presenters.sources import quote_status
from dashboard.read.rows import DataQualityRow
from dashboard.read.snapshot import NOTHING
from producer.live.clocks import Clocks
from producer.transport.provider_clock import ProviderClock
from shared.errors import BadMessage
from shared.market.messages import decode, encode
from shared.market.records import Quote, RecordedBar, TimeMark
from tests.integration.live.live import (
    BINANCE,
    COIN,
    OTHER,
    YAHOO,
    Live,
    at_work,
    has_every_trade,
    seen,
    trade,
    trades,
)
from tests.standin import StandIn
from tests.waiting import wait_for

SLOW = 8.0
"""Seconds that a quote is under way at most; the clock of every machine here is wrong by more."""
NOON = 1_720_612_800.0
MINUTE = 60.0


class Machine:
    """The clock of a machine, so many seconds fast; slow where they are negative."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)


def comes(live: Live, symbol: str = COIN.name) -> bool:
    """Whether new trades come, once the clock has been compared."""
    before = len(live.quotes(symbol))
    wait_for(lambda: bool(trade(live.standin, symbol)) and len(live.quotes(symbol)) > before)
    return True


def in_time(live: Live) -> bool:
    """Whether every quote was received when it was, and no record claims a time that has not come."""
    quotes = live.quotes()
    late = [quote for quote in quotes if abs((quote.received_time - quote.event_time).total_seconds()) > SLOW]
    marks = [record.time.timestamp() for record in live.records[:] if isinstance(record, TimeMark)]
    bars = [bar.start.timestamp() + MINUTE for bar in live.bars() if bar.interval == "1m"]
    now = time.time()
    return bool(quotes) and not late and all(moment <= now + 1.0 for moment in (*marks, *bars))


def refused_by_a_log_of(machine: Machine, live: Live) -> list[str]:
    """What would be a dead letter in the log of a broker on the same machine."""
    reasons = []
    for record in live.records[:]:
        appended = time.time() + machine.seconds
        try:
            decode(encode(record), int(appended * 1000))
        except BadMessage as reason:
            reasons.append(str(reason))
    return reasons


@pytest.mark.parametrize("source", ["yahoo", "binance"])
@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-10.0, "the clock of this machine is 10 s slow"),
        (-3600.0, "the clock of this machine is 60 min slow"),
        (75.0, "the clock of this machine is 75 s fast"),
        (7200.0, "the clock of this machine is 2 h fast"),
    ],
)
def test_wrong_clock_is_the_only_cause_reported_and_quotes_come(
    standin: StandIn, source: str, seconds: float, words: str
) -> None:
    """A clock 10 s slow after sleep: every quote was refused as from the future, and no reason was shown."""
    machine = Machine(seconds)
    listing = {"yahoo": YAHOO, "binance": BINANCE}[source]
    with at_work(standin, listing, seen(), machine) as live:
        wait_for(lambda: live.is_reported("wrong clock"))
        wait_for(lambda: bool(trades(standin, 1)) and live.is_reported("wrong clock", "live"))
        assert comes(live)
        wait_for(lambda: bool(trades(standin, 1)) and (row := live.row()) is not None and row.detail == words)
        wait_for(lambda: in_time(live))
        assert refused_by_a_log_of(machine, live) == []
        if source == "binance":
            wait_for(lambda: has_every_trade(live))


def test_clock_that_is_set_wrong_and_right_again_while_all_runs_costs_no_trade(standin: StandIn) -> None:
    """The cause comes within seconds of the step, and disappears by itself when the clock is right again."""
    machine = Machine(0.0)
    with at_work(standin, BINANCE, seen(), machine) as live:
        live.wait_until_streaming("binance")
        wait_for(live.is_streaming)
        for seconds in (-20.0, 0.0, 45.0, 0.0):
            machine.seconds = seconds
            live.wait_until_reported("wrong clock" if seconds else "")
            assert comes(live)
        wait_for(lambda: has_every_trade(live) and in_time(live))


def test_cause_is_reported_for_every_symbol(standin: StandIn) -> None:
    """One clock is one cause, whatever the source."""
    with at_work(
        standin, f"{YAHOO};binance:{OTHER.name}@COIN2USDT", seen(COIN.name, OTHER.name), Machine(-30.0)
    ) as live:
        for name in (COIN.name, OTHER.name):
            assert comes(live, name)
            live.wait_until_reported("wrong clock", symbol=name)
        assert {row.detail for row in live.market.quality} == {"the clock of this machine is 30 s slow"}


def test_one_quote_from_the_future_is_no_evidence_of_a_wrong_clock() -> None:
    """A provider's mistake is no reason to correct a clock that is right."""
    clock = ProviderClock(lambda: datetime.fromtimestamp(NOON, UTC), lambda: 0.0)
    for ahead in (0.1, 3600.0, -0.4, 3600.0, 0.0):
        clock.traded(NOON + ahead)
    assert clock.offset == 0.0


class Times:
    """A machine's clock and one that only runs, moved by a test."""

    def __init__(self) -> None:
        self.running = 1000.0
        self.set_by = 0.0

    def machine(self) -> datetime:
        return datetime.fromtimestamp(NOON + self.running + self.set_by, UTC)

    def clock(self) -> ProviderClock:
        return ProviderClock(self.machine, lambda: self.running)


def answer(times: Times, clock: ProviderClock, ahead: float, seconds: float = 0.2, age: str = "") -> None:
    """An answer that took so long, of a provider whose clock is so much ahead of the running one."""
    asked_at = clock.uncorrected()
    times.running += seconds
    dated = datetime.fromtimestamp(NOON + times.running + ahead - (float(age) if age else 0.0), UTC)
    clock.answered(asked_at, f"{dated:%a, %d %b %Y %H:%M:%S} GMT", age)


def test_answers_that_agree_give_the_difference_of_clocks_to_less_than_a_second() -> None:
    """The header Date is in whole seconds; several of them narrow it down."""
    times = Times()
    clock = times.clock()
    for _ in range(5):
        answer(times, clock, 10.0, seconds=0.37)
    assert clock.offset == pytest.approx(10.0, abs=0.6)
    assert clock.now() == pytest.approx(clock.uncorrected() + clock.offset, abs=0.01)


@pytest.mark.parametrize("ahead", [-1.2, 0.0, 1.2])
def test_difference_that_may_be_the_networks_is_none(ahead: float) -> None:
    """Answers are up to seconds under way: their times leave room for that."""
    times = Times()
    clock = times.clock()
    for _ in range(6):
        answer(times, clock, ahead, seconds=2.5)
    assert clock.offset == 0.0


def test_age_of_a_cached_answer_is_subtracted_and_a_cached_answer_without_age_is_outvoted() -> None:
    """A cached answer carries the time of its making."""
    times = Times()
    clock = times.clock()
    for age in ("30", "45", "60"):
        answer(times, clock, 0.0, age=age)
    answer(times, clock, -3600.0)
    assert clock.offset == 0.0


def test_step_of_the_clock_changes_the_difference_at_once() -> None:
    """No new answer is needed for a step back: what was known of the provider's clock still holds."""
    times = Times()
    clock = times.clock()
    for _ in range(3):
        answer(times, clock, 0.0)
    times.set_by = -25.0
    assert clock.offset == pytest.approx(25.0, abs=0.6)
    assert clock.correction == pytest.approx(25.0, abs=0.6)
    times.set_by = 0.0
    assert clock.offset == 0.0
    assert clock.correction == pytest.approx(25.0, abs=0.6), (
        "records that were received by it are on their way"
    )
    times.running += 61
    assert clock.correction == 0.0


def test_trades_alone_reveal_a_slow_clock_if_no_answer_has_a_time() -> None:
    """Five frames in a row from the future."""
    times = Times()
    clock = times.clock()
    for _ in range(5):
        clock.traded(NOON + times.running + 9.8)
    assert clock.offset == pytest.approx(9.8)


def test_clock_that_is_wrong_by_more_than_a_day_is_reported_and_corrects_no_time() -> None:
    """That is no clock that runs a little wrong: no time is made of it."""
    times = Times()
    clock = times.clock()
    for _ in range(3):
        answer(times, clock, 3 * 86_400.0)
    assert clock.offset == pytest.approx(3 * 86_400.0, abs=1.0)
    assert clock() == times.machine()
    assert Clocks({"yahoo": clock.offset}).fault("yahoo") == "the clock of this machine is 3 days slow"


def test_providers_that_differ_leave_open_whose_clock_is_wrong() -> None:
    """One provider's wrong clock is not this machine's."""
    clocks = Clocks({"yahoo": 0.0, "binance": 40.0})
    assert clocks.offset == 0.0
    assert clocks.fault("yahoo") == ""
    assert (
        clocks.fault("binance")
        == "the clock of this machine is 40 s behind that of binance, but the providers disagree"
    )


def test_page_shows_the_wrong_clock_once_on_top_and_for_each_symbol() -> None:
    """The cause and the difference, as the producer found them."""
    detail = "the clock of this machine is 10 s slow"
    rows = {
        name: DataQualityRow(name, "yahoo", None, "live", "wrong clock", detail, None, None, 1, 1)
        for name in "AB"
    }
    assert quote_status(rows["A"], is_failed_over=False).text == "The clock of this machine is 10 s slow"
    assert str(banner("live", NOTHING._replace(qualities=rows))).startswith(
        "The clock of this machine is 10 s slow. "
    )
    right = {"A": rows["A"]._replace(cause="", detail="")}
    assert banner("live", NOTHING._replace(qualities=right)) is None


def test_history_that_was_given_up_is_shown_beside_the_quotes() -> None:
    """Quotes come, and the page shows what is missing and when it is tried again."""
    row = DataQualityRow(
        "A", "yahoo", None, "live", "no history", "its history can't be loaded: 500", 60.0, None, 1, 1
    )
    assert (
        quote_status(row, is_failed_over=False).text == "Live from Yahoo without history, retrying in {left}"
    )
    fetching = row._replace(state="history", cause="provider down")
    assert quote_status(fetching, is_failed_over=False).text == "No history from Yahoo, retrying in {left}"


def test_message_contains_the_correction_of_its_received_time() -> None:
    """A broker on the same machine has the same wrong clock: what it took is no message from the future."""
    at = datetime.fromtimestamp(NOON, UTC)
    quote = Quote(
        symbol="A", event_time=at, price=1.0, source="s", position=1, received_time=at, correction=10.0
    )
    appended = int((NOON - 9.9) * 1000)
    assert decode(encode(quote), appended) == quote
    plain = Quote(symbol="A", event_time=at, price=1.0, source="s", position=1, received_time=at)
    with pytest.raises(BadMessage, match="from the future"):
        decode(encode(plain), appended)
    assert b"correction" not in encode(plain)


def test_minute_that_is_not_over_at_the_provider_is_no_bar(standin: StandIn) -> None:
    """A fast clock took the minute of the moment for a finished one."""
    with at_work(standin, YAHOO, seen(), Machine(150.0)) as live:
        wait_for(lambda: bool(trades(standin, 1)) and live.is_reported("wrong clock", "live"))
        ends = [bar.start.timestamp() + MINUTE for bar in live.bars() if isinstance(bar, RecordedBar)]
        assert all(end <= time.time() for end in ends)
