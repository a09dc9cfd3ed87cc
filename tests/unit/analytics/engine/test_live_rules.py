"""Rules that are evaluated at the open bar too: provisional while it is open, confirmed or withdrawn at its close."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as some

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from shared.market.records import Record, RuleChange
from tests.inputs.records import kept, mark, quote, rule_change, second

PROMPT = EngineSettings(grace=0.0)
OPEN = second("2024-01-03T14:30")
RULE = "close > 10 on 1m live"


class Found(NamedTuple):
    """Provisional alerts by the start of their bar and the time of the quote; bars at which the rule fired, and those
    at which it had fired while they were open."""

    provisional: list[tuple[int, int]]
    fired: list[int]
    taken_back: list[int]


def found(records: Sequence[Record], cuts: Sequence[int] = ()) -> Found:
    """What the records leave; the state goes through a snapshot after those at `cuts`."""
    engine, result = Engine(PROMPT), Found([], [], [])
    for offset, record in enumerate(records):
        engine.fold(record, offset)
        for each in engine.rules.take().provisional:
            result.provisional.append((each.alert.bar.start - int(OPEN), int(each.alert.time - OPEN)))
        for event in engine.take_events():
            closed = event.closed
            if closed.bar.interval == "1m":
                result.fired.extend(closed.bar.start - int(OPEN) for _ in closed.fired)
                gone = closed.provisional.keys() - {each.armed.rule_id for each in closed.fired}
                result.taken_back.extend(closed.bar.start - int(OPEN) for _ in gone)
        if offset in cuts:
            partition, symbols = msgspec.json.decode(kept(engine))
            engine = Engine(PROMPT)
            engine.restore(partition, symbols)
    return result


def prices(*placed: tuple[float, float]) -> list[Record]:
    """The rule is armed in a first minute at 9; then come prices at seconds after the opening."""
    first: list[Record] = [quote(OPEN, 9.0), rule_change(OPEN, 1, RULE), mark(OPEN + 60)]
    return [*first, *(quote(OPEN + at, price) for at, price in placed)]


def test_what_still_holds_at_the_close_is_confirmed() -> None:
    records = [*prices((70, 9.0), (80, 11.0), (90, 12.0)), mark(OPEN + 120)]
    assert found(records) == Found([(60, 80)], [60], [])


def test_what_no_longer_holds_at_the_close_is_withdrawn_and_may_fire_again() -> None:
    records = [*prices((70, 11.0), (80, 9.0), (130, 11.0), (140, 11.0)), mark(OPEN + 180)]
    assert found(records) == Found([(60, 70), (120, 130)], [120], [60])


def test_what_rests_after_a_confirmed_bar_is_not_provisional_again() -> None:
    records = [*prices((70, 11.0), (80, 11.0), (130, 12.0), (140, 12.0)), mark(OPEN + 180)]
    assert found(records) == Found([(60, 70)], [60], [])


def test_a_rule_without_live_waits_for_the_close() -> None:
    records: list[Record] = [quote(OPEN, 9.0), rule_change(OPEN, 1, "close > 10 on 1m"), mark(OPEN + 60)]
    records += [quote(OPEN + 70, 11.0), quote(OPEN + 80, 11.0), mark(OPEN + 120)]
    assert found(records) == Found([], [60], [])


def test_a_time_mark_is_enough_to_evaluate_the_last_quote() -> None:
    assert found([*prices((70, 11.0)), mark(OPEN + 71)]).provisional == [(60, 70)]


@settings(max_examples=100, deadline=None)
@given(
    some.lists(some.tuples(some.integers(1, 50), some.sampled_from((9.0, 11.0))), max_size=25), some.data()
)
def test_bars_fire_as_without_live_and_snapshots_change_nothing(
    steps: list[tuple[int, float]], data: some.DataObject
) -> None:
    at, records = OPEN + 60.0, prices()
    for step, price in steps:
        at += step
        records.append(quote(at, price))
    records.append(mark(at + 60))
    whole = found(records)
    assert found(records, data.draw(some.lists(some.integers(0, len(records) - 1)))) == whole
    plain = [
        rule_change(OPEN, 1, RULE.removesuffix(" live")) if isinstance(each, RuleChange) else each
        for each in records
    ]
    assert found(plain).fired == whole.fired
    provisional = [start for start, _ in whole.provisional]
    assert len(set(provisional)) == len(provisional)
    assert set(whole.taken_back) <= set(provisional) <= {*whole.taken_back, *whole.fired}
