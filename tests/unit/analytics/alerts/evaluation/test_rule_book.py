"""Which rules apply to a series, in which order, while they change."""

from hypothesis import given
from hypothesis import strategies as some

from analytics.alerts.evaluation.rule_book import RuleBook
from tests.inputs.records import rule_change

TEXTS = (
    *(
        "close > 1",
        "close > 1 on 5m",
        "A: close > 1",
        "A, B: close > 2",
        "B: close > 1 on 5m",
        "C: close > 1",
    ),
    *("no data 5m", "A: no data 5m", "list:x: close > 1", "", "nonsense"),
)


@given(some.lists(some.tuples(some.integers(1, 5), some.sampled_from(TEXTS)), max_size=20))
def test_a_symbol_has_the_rules_of_all_and_its_own_in_the_order_of_their_arming(
    changes: list[tuple[int, str]],
) -> None:
    book = RuleBook()
    expected: dict[int, str] = {}
    for version, (rule_id, text) in enumerate(changes):
        assert book.apply(rule_change(0.0, version, text, rule_id=rule_id))
        if text in ("", "nonsense"):
            expected.pop(rule_id, None)
        else:
            expected[rule_id] = text
    for symbol in "AB":
        mine = [each for each, text in expected.items() if ":" not in text or symbol in text.split(":")[0]]
        bars = {
            interval: [
                each
                for each in mine
                if "no data" not in expected[each] and ("5m" in expected[each]) == is_long
            ]
            for interval, is_long in (("1m", False), ("5m", True))
        }
        assert list(book.rules_for(symbol, "1m")) == bars["1m"]
        assert list(book.rules_for(symbol, "5m")) == bars["5m"]
        assert list(book.no_data_rules_for(symbol)) == [each for each in mine if "no data" in expected[each]]
        assert [each for each in range(6) if book.is_evaluated(each, symbol, "5m")] == sorted(bars["5m"])
