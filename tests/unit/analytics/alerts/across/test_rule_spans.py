"""Between which changes a rule that compares symbols is evaluated, and at the bars of which symbols."""

from math import inf

from analytics.alerts.across.rule_spans import (
    RuleInterval,
    RunKey,
    StoredChange,
    concerned_symbols,
    is_over,
    planned_runs,
    spans_of,
)

RATIO = "GLD.close / SPY.close > 0.4 on 1d"
MIXED = "rsi(14) < 30 and SPY.close > SPY.close[1] on 1d"
DISARMED = [
    StoredChange(1, 1, 0, RATIO),
    StoredChange(1, 1, 0, RATIO),
    StoredChange(1, 2, 0, ""),
    StoredChange(1, 3, 0, RATIO),
    StoredChange(1, 2, 0, ""),
]
PLACES: dict[RuleInterval, float] = {
    (1, 1, "GLD", "1d"): 100.0,
    (1, 2, "GLD", "1d"): 300.0,
    (1, 3, "GLD", "1d"): 400.0,
}


def test_versions_follow_one_another_and_repeated_ones_change_nothing() -> None:
    spans = spans_of(DISARMED)
    assert [(span.armed.version, span.next_version) for span in spans] == [(1, 2), (3, None)]
    runs = list(planned_runs(spans, PLACES, {"GLD": 0, "SPY": 1}))
    assert [(run.key, run.named, run.start, run.stop) for run in runs] == [
        (RunKey(1, 1, "GLD"), ("SPY",), 100.0, 300.0),
        (RunKey(1, 3, "GLD"), ("SPY",), 400.0, inf),
    ]


def test_a_rule_is_evaluated_where_the_partition_of_its_symbol_has_it() -> None:
    spans = spans_of([StoredChange(2, 1, 0, MIXED)])
    runs = list(planned_runs(spans, {}, {"AAA": 0, "BBB": 1, "SPY": 1}))
    assert [(run.symbol, run.named) for run in runs] == [("AAA", ("SPY",))]
    assert list(planned_runs(spans_of([StoredChange(1, 1, 0, RATIO)]), {}, {"SPY": 1})) == []


def test_rules_that_compare_nothing_have_no_part_in_it() -> None:
    assert spans_of([StoredChange(1, 1, 0, "close > 1 on 1d"), StoredChange(2, 1, 0, "not a rule")]) == []


def test_symbols_concerned_are_all_where_a_rule_names_none_to_be_evaluated_at() -> None:
    assert concerned_symbols(spans_of([StoredChange(1, 1, 0, RATIO)])) == {"GLD", "SPY"}
    assert concerned_symbols(spans_of([StoredChange(1, 1, 0, MIXED)])) is None
    assert concerned_symbols(spans_of([StoredChange(1, 1, 0, f"AAA: {MIXED}")])) == {"AAA", "SPY"}


def test_a_version_is_over_when_it_was_replaced_and_evaluated_up_to_there() -> None:
    first, second = spans_of(DISARMED)
    assert not is_over(first, PLACES, set())
    assert is_over(first, PLACES, {RunKey(1, 1, "GLD")})
    assert not is_over(second, PLACES, {RunKey(1, 3, "GLD")})
