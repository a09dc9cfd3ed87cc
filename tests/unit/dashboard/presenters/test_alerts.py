"""The text of an alert in the list."""

import pytest

from dashboard.presenters.alerts import alert_item, alert_sentence
from dashboard.read.rows import AlertRow

RULE = AlertRow(
    "AAPL", "1m", "rule 3", 60, 120.0, None, None, 168.6, "rsi(14) < 30 on 1m", '{"rsi(14)": 28.3125}'
)


@pytest.mark.parametrize(
    ("rule", "value", "threshold", "text", "tone"),
    [
        ("rsi_overbought", 74.31, 70.0, "RSI overbought at 74.3 (threshold 70)", "warn"),
        ("price_change", -0.061, 0.05, "Price down 6.1% in one bar (threshold 5.0%)", "down"),
        ("volume_change", 3.25, 2.0, "Volume at 3.2 times its average (threshold 2)", "warn"),
    ],
)
def test_threshold_is_named_with_its_value(
    rule: str, value: float, threshold: float, text: str, tone: str
) -> None:
    row = AlertRow("AAPL", "5m", rule, 60, 120.0, value, threshold, 100.0)
    assert alert_sentence(row) == (text, tone)


def test_rule_is_named_with_every_value_that_it_read() -> None:
    assert alert_sentence(RULE) == ("rsi(14) < 30: rsi(14) 28.3", "warn")


def test_value_that_was_unknown_is_left_out() -> None:
    row = RULE._replace(named_values='{"vwap": null, "close": 168.6}')
    assert alert_sentence(row)[0] == "rsi(14) < 30: close 168.6"


def test_rule_whose_text_is_not_stored_is_named_by_its_number() -> None:
    assert alert_sentence(RULE._replace(text=None, named_values=None))[0] == "rule 3"


def test_alerts_of_two_rules_at_one_bar_are_two_entries() -> None:
    assert alert_item(RULE, "UTC")["key"] != alert_item(RULE._replace(rule="rule 4"), "UTC")["key"]


def test_entry_has_the_time_at_which_it_was_known() -> None:
    assert alert_item(RULE._replace(known_at=122.345), "UTC")["known_at"] == 122.345
    assert alert_item(RULE, "UTC")["known_at"] is None


def test_member_of_a_grouped_alert_names_its_rule_and_how_many_symbols_there_are() -> None:
    row = RULE._replace(rule="price_change", text=None, value=0.06, threshold=0.05, members=12, symbols=30)
    storm = alert_item(row, "UTC")["storm"]
    assert storm["text"] == "Price change in one bar: 12 of 30 symbols"
    assert storm["key"] == alert_item(row._replace(symbol="MSFT"), "UTC")["storm"]["key"]
    assert alert_item(RULE, "UTC")["storm"] is None


def test_marker_is_below_a_bar_that_rose_or_is_oversold_and_above_any_other() -> None:
    side = {
        (rule, value): alert_item(RULE._replace(rule=rule, value=value, threshold=1.0), "UTC")["side"]
        for rule, value in (
            ("rsi_oversold", 20.0),
            ("rsi_overbought", 80.0),
            ("price_change", 0.1),
            ("price_change", -0.1),
        )
    }
    assert [*side.values()] == ["below", "above", "below", "above"]
    assert alert_item(RULE, "UTC")["side"] == "above"
