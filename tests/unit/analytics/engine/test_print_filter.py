"""Which prints are set aside, and what confirms them."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import msgspec
import pytest

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.quotes.print_filter import EXTREME, FAR
from analytics.engine.symbol_state import OLD_SHARES
from shared.market.records import Quote, Record
from tests.inputs.records import (
    bars_of,
    folded,
    kept,
    mark,
    quote,
    recorded_bar,
    restored,
    second,
    split,
)

OPENING = second("2024-01-03T14:30")
OPEN = second("2024-01-03T15:00")
PROMPT = EngineSettings(grace=0.0)
END = mark(second("2024-01-04T02:00"))
QUOTES = 30


def trading(
    start: float = OPEN, price: float = 100.0, noise: float = 0.02, every: float = 1.0
) -> list[Quote]:
    """Dense trading around a price."""
    chance = Random(1)
    return [
        quote(start + every * place, round(price + chance.uniform(-noise, noise), 4), size=1.0)
        for place in range(QUOTES)
    ]


def set_aside(records: Iterable[Record], settings: EngineSettings = PROMPT) -> list[tuple[float, str]]:
    """The prices that are set aside, with the reasons."""
    engine = Engine(settings)
    folded(engine, records)
    found = engine.take_set_aside()
    assert engine.symbols["A"].extreme == len(found)
    return [(each.quote.price, each.reason) for each in found]


def after(records: list[Quote], *prices: float, every: float = 1.0) -> list[Record]:
    """The records, then quotes of these prices, then trading as before."""
    last = records[-1].event_time.timestamp()
    return [*records, *(quote(last + every * place, price) for place, price in enumerate(prices, start=1))]


def test_print_far_from_the_others_is_set_aside_and_enters_no_bar() -> None:
    engine = Engine(PROMPT)
    events = folded(engine, [*after(trading(), 102.0, 100.0), END])
    assert [(each.offset, each.quote.price, each.reason) for each in engine.take_set_aside()] == [
        (QUOTES, 102.0, FAR)
    ]
    assert engine.take_set_aside() == []
    assert max(bar.high for bar in bars_of(events, "1d")) < 100.1
    assert sum(bar.quotes for bar in bars_of(events, "1d")) == QUOTES + 1
    last = engine.symbols["A"].last
    assert last is not None
    assert last.price == 100.0


def test_small_moves_are_never_suspect() -> None:
    assert set_aside(after(trading(), 100.4, 100.8, 101.2, 101.6, 102.0)) == []


def test_prices_that_move_much_may_move_much() -> None:
    assert set_aside(after(trading(noise=0.4), 101.5, 100.0, 98.5)) == []


@pytest.mark.parametrize("second_price", [102.0, 101.9, 103.0])
def test_second_print_confirms_a_new_level(second_price: float) -> None:
    records = after(trading(), 102.0, second_price, 102.1, 102.0)
    assert set_aside(records) == [(102.0, FAR)]


def test_return_to_the_old_level_confirms_nothing() -> None:
    assert set_aside(after(trading(), 102.0, 100.0, 102.0, 100.0)) == [(102.0, FAR)] * 2


def test_print_on_the_other_side_confirms_nothing() -> None:
    assert set_aside(after(trading(), 102.0, 98.0, 100.0)) == [(102.0, FAR), (98.0, FAR)]


def test_after_a_confirmed_jump_prices_of_both_levels_are_accepted() -> None:
    assert set_aside(after(trading(), 102.0, 102.0, 100.0, 102.0, 104.0, 101.0)) == [(102.0, FAR)]


def test_repetition_of_a_report_confirms_nothing_but_another_source_does() -> None:
    normal = trading()
    at = normal[-1].event_time.timestamp() + 1
    bad = quote(at, 102.0, size=5.0)
    assert set_aside([*normal, bad, bad]) == [(102.0, FAR)] * 2
    assert set_aside([*normal, bad, msgspec.structs.replace(bad, source="other")]) == [(102.0, FAR)]
    assert set_aside([*normal, bad, msgspec.structs.replace(bad, size=6.0)]) == [(102.0, FAR)]


def test_first_prices_of_a_session_may_be_anywhere() -> None:
    before = trading(OPENING - QUOTES)
    assert set_aside([*before, quote(OPENING, 105.0), quote(OPENING + 1, 95.0)]) == []
    assert set_aside([*before, quote(OPENING - 0.5, 105.0)]) == [(105.0, FAR)]


def test_extended_hours_allow_twice_the_distance() -> None:
    evening = second("2024-01-03T21:30")
    assert set_aside(after(trading(evening), 100.8, 100.0)) == []
    assert set_aside(after(trading(), 100.8, 100.0)) == [(100.8, FAR)]


def test_first_price_after_a_pause_may_be_anywhere() -> None:
    assert set_aside(after(trading(), 110.0, every=61.0)) == []
    assert set_aside(after(trading(), 110.0, every=60.0)) == [(110.0, FAR)]


def test_rare_quotes_are_compared_with_the_last_price_only() -> None:
    rare = trading(every=90.0)
    assert set_aside(after(rare, 102.0, 90.0)) == []
    assert set_aside(after(rare, 1_100.0)) == [(1_100.0, EXTREME)]


def test_few_prices_have_no_median() -> None:
    assert set_aside(after(trading()[:9], 102.0)) == []
    assert set_aside(after(trading()[:10], 102.0)) == [(102.0, FAR)]


def test_small_price_may_move_by_some_of_its_steps() -> None:
    """A share of 80 cents moves by cents, which is more than one percent; a coin by much smaller steps."""
    assert set_aside(after(trading(price=0.8, noise=0.0), 0.81, 0.8, 0.83)) == []
    assert set_aside(after(trading(price=0.8, noise=0.0), 0.84)) == [(0.84, FAR)]
    assert set_aside(after(trading(price=0.8, noise=0.0002), 0.81)) == [(0.81, FAR)]


def test_finished_bar_of_a_source_is_never_set_aside_and_is_the_new_level() -> None:
    bar = recorded_bar(OPEN + 60, "1m", (120.0, 120.0, 120.0, 120.0))
    assert set_aside([*trading(), bar, quote(OPEN + 121, 120.5), quote(OPEN + 122, 121.5)]) == []


def test_reason_tells_a_price_ten_times_off_from_one_before_a_split() -> None:
    assert set_aside(after(trading(), 1_500.0)) == [(1_500.0, EXTREME)]
    night = second("2024-01-04T05:00")
    records: list[Record] = [
        quote(OPEN, 70.0),
        mark(night - 60),
        split(night, 7.0),
        quote(night + 36_000, 70.0),
    ]
    assert set_aside(records) == [(70.0, OLD_SHARES)]


def test_nothing_is_set_aside_if_the_settings_forbid_it() -> None:
    assert set_aside(after(trading(), 102.0, 1_500.0), replace(PROMPT, skip_extreme=False)) == []


def test_prices_before_a_split_count_in_new_shares() -> None:
    night = second("2024-01-04T05:00")
    quotes = trading(night - QUOTES)
    later = [quote(night + place, 50.0) for place in range(5)]
    engine = Engine(PROMPT)
    folded(engine, [*quotes, split(night, 2.0), *later])
    assert engine.take_set_aside() == []
    assert engine.symbols["A"].prints.accepted == 50.0


def test_print_out_of_sequence_is_set_aside_like_any_other_but_an_odd_lot_sets_no_price() -> None:
    normal = trading()
    at = normal[-1].event_time.timestamp() + 1
    bad = msgspec.structs.replace(quote(at, 102.0, size=5.0), conditions="Z")
    assert set_aside([*normal, bad]) == [(102.0, FAR)]
    assert set_aside([*normal, msgspec.structs.replace(bad, conditions="I")]) == []


@pytest.mark.parametrize("cut", [5, QUOTES, QUOTES + 1, QUOTES + 2, QUOTES + 4])
def test_restart_changes_nothing(cut: int) -> None:
    records = after(trading(), 102.0, 102.0, 97.0, 2_000.0, 97.0, 100.0)
    whole, before = Engine(PROMPT), Engine(PROMPT)
    folded(whole, records)
    folded(before, records[:cut])
    again = restored(kept(before), PROMPT)
    for offset, record in enumerate(records[cut:], start=cut):
        again.fold(record, offset)
    assert kept(again) == kept(whole)
    assert before.take_set_aside() + again.take_set_aside() == whole.take_set_aside()
