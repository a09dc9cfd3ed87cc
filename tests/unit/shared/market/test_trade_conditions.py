"""What a trade updates by its sale conditions."""

import pytest

from shared.market.trade_conditions import (
    EVERYTHING,
    NOTHING,
    RANGE,
    TAPE,
    VOLUME,
    Updates,
    rules_of,
    updates_of,
)


@pytest.mark.parametrize(
    ("conditions", "updates"),
    [
        ("I", VOLUME),
        ("Z", RANGE),
        ("W", VOLUME),
        ("P", RANGE),
        ("4", RANGE),
        ("F", EVERYTHING),
        ("6", EVERYTHING),
        ("M", NOTHING),
        ("T", VOLUME),
    ],
)
def test_tape_counts_a_trade_by_its_condition(conditions: str, updates: Updates) -> None:
    assert updates_of(conditions, "tape", True) == updates


def test_trade_with_several_conditions_updates_what_all_of_them_allow() -> None:
    assert updates_of("FI", "tape", True) == VOLUME
    assert updates_of("4W", "tape", True) == VOLUME
    assert updates_of("MZ", "tape", True) == NOTHING
    assert updates_of("F6", "tape", True) == EVERYTHING


def test_no_rule_lets_a_trade_update_the_last_price_but_not_high_low_and_volume() -> None:
    for condition in TAPE.values():
        assert condition.updates in (EVERYTHING, RANGE, VOLUME, NOTHING)
        assert condition.source in ("CTA", "UTP", "CTA, UTP")


def test_form_t_is_the_regular_sale_of_the_extended_hours() -> None:
    assert updates_of("T", "tape", False) == EVERYTHING
    assert updates_of("TI", "tape", False) == VOLUME
    assert updates_of("U", "tape", False) == VOLUME


def test_sweeps_may_be_left_out_of_the_prices_of_the_regular_session() -> None:
    assert updates_of("F", "without-sweeps", True) == VOLUME
    assert updates_of("FT", "without-sweeps", False) == EVERYTHING
    assert updates_of("I", "without-sweeps", True) == VOLUME


def test_conditions_may_have_no_effect() -> None:
    assert {updates_of(code, "all", True) for code in TAPE} == {EVERYTHING}


def test_single_conditions_may_have_another_rule() -> None:
    assert updates_of("I", "tape,I:all,P:volume", True) == EVERYTHING
    assert updates_of("P", "tape,I:all,P:volume", True) == VOLUME
    assert updates_of("W", "all,W:none", True) == NOTHING


def test_unknown_condition_updates_everything() -> None:
    assert updates_of("?", "tape", True) == EVERYTHING
    assert updates_of("?I", "tape", True) == VOLUME


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("nyse", "must begin with one of tape, without-sweeps, all, not with 'nyse'"),
        ("tape,?:all", "is no change of a condition"),
        ("tape,I:half", "one of all, range, volume, none"),
        ("tape,", "is no change of a condition"),
    ],
)
def test_setting_that_is_no_rule_is_refused_with_the_reason(setting: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rules_of(setting)
