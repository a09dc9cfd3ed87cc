"""What an alert of a rule states: its condition once, and values that can be compared with its limits."""

import pytest

from analytics.alerts.anomalies.anomaly import FROZEN, SPIKE, SURGE, WIDE
from shared.market.alert_texts import ANOMALIES, condition_text, threshold_sentence, values_text


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        ("AAPL, MSFT: close > sma(20) on 1m live severity info", "close > sma(20)"),
        ("list:tech: rsi(14) < 30 on 1h clear rsi(14) > 40 once", "rsi(14) < 30"),
        ("binance:BTCUSDT: close > 3 on 5m for 3 bars while open", "close > 3 for 3 bars"),
        ("'binance:BTCUSDT'.close > 3 on 5m", "'binance:BTCUSDT'.close > 3"),
        ("no data 5m on 1m while open", "no data 5m"),
        ("rule 3", "rule 3"),
    ],
)
def test_condition_stands_without_what_is_written_beside_it(rule: str, condition: str) -> None:
    assert condition_text(rule) == condition


@pytest.mark.parametrize(
    ("rule", "values", "text"),
    [
        ("change(1) > 0.02% on 1m", {"change(1)": 0.000231}, "change(1) 0.023 %"),
        ("change(1d) < -5% on 1m", {"change(1d)": -0.0523}, "change(1d) -5.2 %"),
        ("rsi(14) < 30 on 1h", {"rsi(14)": 28.3125}, "rsi(14) 28.3"),
        ("close crosses above 200 on 1m", {"close": 200.004}, "close 200.004"),
        ("close > sma(20) on 1m", {"close": 169.87, "sma(20)": 169.857}, "close 169.87, sma(20) 169.857"),
        ("close > 2 * sma(20) on 1m", {"close": 3.14159, "sma(20)": 1.5}, "close 3.14159, sma(20) 1.5"),
        (
            "SPY.close > 4.5 and close > 7 on 1m",
            {"SPY.close": 4.618, "close": 7.777},
            "SPY.close 4.62, close 7.8",
        ),
        ("vwap > 1 on 1m", {"vwap": None}, ""),
    ],
)
def test_value_has_a_digit_more_than_its_limit_and_the_same_unit(
    rule: str, values: dict[str, float | None], text: str
) -> None:
    assert values_text(rule, values) == text


def test_anomaly_names_what_made_it_one() -> None:
    values = {
        f"anomaly().{part}": value
        for part, value in zip(ANOMALIES, (1.2, None, 7.49681, 0.0, 2.0), strict=True)
    }
    assert values_text("anomaly() on 1m", values) == "volume surge 7.5"
    assert values_text("anomaly().spike > 1 on 1m", {"anomaly().spike": 1.25}) == "price spike 1.25"


def test_limits_of_an_anomaly_are_those_of_its_evaluation() -> None:
    assert [limit for _, limit in ANOMALIES.values()] == [SPIKE, SPIKE, SURGE, FROZEN, WIDE]


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("price_spike", "Price spike: 7.5 times the usual move (threshold 6)"),
        ("gap", "Gap: 7.5 times the usual one (threshold 6)"),
        ("volume_surge", "Volume surge: 7.5 usual distances above this time of day (threshold 6)"),
        ("spread_blow_out", "Spread blow-out: 7.5 usual distances above its level (threshold 6)"),
    ],
)
def test_alert_of_an_anomaly_names_its_kind(rule: str, text: str) -> None:
    assert threshold_sentence(rule, 7.49681, 6.0) == text
