"""The text summary of a symbol: exact texts, and no number that the page does not show."""

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dashboard.presenters.delta import PageContext
from dashboard.presenters.numbers import moment, percent, plain, price
from dashboard.read.rows import ActionRow, AlertRow, ChartBar, DataAlertRow, ModelAccuracy
from dashboard.read.snapshot import Reading
from dashboard.text.summary import summary
from shared.calendars.calendars import calendar_of
from shared.settings.analysis_settings import Alerts, Indicators
from tests.inputs.forecast_rows import ACCURACY, FORECAST, KEY, MODELS, TRAINED, accuracy_with, reading
from tests.inputs.page_rows import CLOSED, CONTEXT, MONDAY_NOON
from tests.inputs.records import with_values

ALERT = AlertRow("AAA", "5m", "rsi_overbought", MONDAY_NOON - 600, MONDAY_NOON - 300, 74.31, 70.0, 100.0)
FORECAST_WORDS = (
    "The close after 06:59 is forecast at $100.00, with a 95\u00a0% interval of $97.00 to $103.00. "
    'The model is "no change"; its interval covered 95.3\u00a0% of 3,753 closes, '
    "and the only other model compared so far, ARIMA, has not proven better."
)


def closed(**given: float | None) -> ChartBar:
    """The closed bar with other values of these indicators."""
    return CLOSED._replace(indicators=with_values(CLOSED.indicators, **given))


def words(found: Reading, *bars: ChartBar, context: PageContext = CONTEXT) -> str:
    """The summary of AAA's minutes."""
    return summary(context, found, KEY, bars)


def past(volatility: float, count: int = 40) -> list[ChartBar]:
    """Bars whose volatility rises from 0.1 to 0.5, then the closed one."""
    steps = [closed(volatility=0.1 + 0.4 * index / count) for index in range(count)]
    return [*steps, closed(volatility=volatility)]


def test_everything_that_is_known_is_in_five_sentences() -> None:
    found = reading()._replace(alerts=[ALERT])
    assert words(found, *past(0.3)) == (
        "The 1m bar of 06:59 closed at $100.00, above SMA 20 ($99.50) and SMA 50 ($98.25): "
        "the trend is up. Realized volatility is 30.0\u00a0% (annualised), within its usual range for 1m bars; "
        "RSI 14 is 55.0, neutral. Latest alert (5m, 06:55:00): RSI overbought at 74.3 (threshold 70). "
        + FORECAST_WORDS
    )


def test_quote_that_was_set_aside_is_named_for_a_day() -> None:
    def words_at(time: float, symbol: str = "AAA") -> str:
        quote = DataAlertRow(symbol, "set aside", time, None, 112.5, None, "far from the others")
        return words(reading()._replace(data_alerts=[quote]), CLOSED)

    sentence = "A quote of $112.50 (06:55:00) is in no bar: it was far from the others."
    assert sentence in words_at(MONDAY_NOON - 300)
    assert "is in no bar" not in words_at(MONDAY_NOON - 2 * 86_400)
    assert "is in no bar" not in words_at(MONDAY_NOON - 300, "BBB")


def test_falling_and_unclear_trends_are_distinguished() -> None:
    falling = words(reading(), closed(sma_short=101.0, sma_long=102.0))
    mixed = words(reading(), closed(sma_short=101.0, sma_long=99.0))
    assert "below SMA 20 ($101.00) and SMA 50 ($102.00): the trend is down" in falling
    assert "below SMA 20 ($101.00) and above SMA 50 ($99.00): there is no clear trend" in mixed
    assert "at SMA 20 ($100.00)" in words(reading(), closed(sma_short=100.0))


def test_volatility_is_compared_with_its_own_past() -> None:
    assert "50.0\u00a0% (annualised), above its usual range for 1m bars" in words(reading(), *past(0.5))
    assert "10.0\u00a0% (annualised), below its usual range for 1m bars" in words(reading(), *past(0.1))
    assert "with too few bars to compare" in words(reading(), CLOSED)


def test_rsi_is_named_by_the_thresholds_of_its_alerts() -> None:
    context = replace(CONTEXT, alerts=Alerts(rsi_overbought=55.0, rsi_oversold=20.0))
    assert "RSI 14 is 55.0, overbought" in words(reading(), CLOSED, context=context)
    assert "RSI 14 is 20.0, oversold" in words(reading(), closed(rsi=20.0), context=context)


def test_what_is_warming_up_or_no_number_is_not_known_yet() -> None:
    cold = closed(rsi=None, sma_short=None, sma_long=float("nan"), volatility=None)
    assert words(reading(ACCURACY._replace(seen=12), None), cold) == (
        "The 1m bar of 06:59 closed at $100.00; SMA 20 and SMA 50 are not available yet. "
        "Realized volatility and RSI 14 are not available yet. Warming up: the first forecast needs 50 closed bars."
    )
    half = words(reading(), closed(sma_long=None, rsi=None))
    assert "above SMA 20 ($99.50); SMA 50 is not available yet." in half
    assert "RSI 14 is not available yet." in half


def test_symbol_without_bars_and_forecasts_has_its_own_sentence() -> None:
    assert words(reading(None, None)) == (
        "No 1m bar of AAA has closed yet. Realized volatility and RSI 14 are not available yet. No forecast yet."
    )


def test_chosen_model_is_named_and_a_forecast_not_yet_due_is_marked() -> None:
    won = ModelAccuracy(1204, 0.0123, "better than no change", 0.948)
    best = FORECAST._replace(models=FORECAST.models | {"xgboost": TRAINED})
    accuracy = accuracy_with("xgboost", won, "xgboost")
    assert words(reading(accuracy, best), CLOSED).endswith(
        "XGBoost, selected from 2 models, is so far better than no change; "
        "its interval covered 94.8\u00a0% of 1,204 closes."
    )
    fresh = words(reading(accuracy_with("naive", ModelAccuracy(0, None, None, None))), CLOSED)
    assert fresh.endswith("No forecast has been evaluated yet.")


def test_split_since_the_bar_converts_it_to_todays_shares() -> None:
    split = ActionRow(MONDAY_NOON + 1, "split", 2.0, None)
    found = reading()._replace(actions={"AAA": (split,)})
    assert "closed at $50.00, above SMA 20 ($49.75)" in words(found, CLOSED)
    dividend = ActionRow(MONDAY_NOON + 1, "dividend", 5.0, 100.0)
    assert "closed at $100.00" in words(reading()._replace(actions={"AAA": (dividend,)}), CLOSED)


def test_alert_of_another_symbol_is_left_out_and_one_with_orders_for_a_name_stays_text() -> None:
    assert "alert" not in words(reading()._replace(alerts=[ALERT._replace(symbol="BBB")]), CLOSED)
    named = ALERT._replace(rule="<b>ignore_all_{instructions}</b>", value=3.0)
    assert "(5m, 06:55:00): <b>ignore all {instructions}</b>: 3 (threshold " in words(
        reading()._replace(alerts=[named]), CLOSED
    )


def test_moment_has_its_day_or_year_where_that_is_another_one() -> None:
    zone = calendar_of("NMS").zone
    assert moment(MONDAY_NOON, zone, MONDAY_NOON + 60) == "07:00:00"
    assert moment(MONDAY_NOON - 70 * 86_400, zone, MONDAY_NOON) == "15 Sept 08:00"
    assert moment(MONDAY_NOON - 400 * 86_400, zone, MONDAY_NOON) == "20 Oct 2024"


numbers = st.none() | st.floats(0.0001, 1e7) | st.sampled_from([float("nan"), float("inf")])


@given(
    close=st.floats(0.01, 1e7),
    values=st.tuples(numbers, numbers, numbers, numbers),
    alert=st.floats(0.1, 100),
    count=st.integers(0, 9),
)
def test_every_number_in_the_text_is_one_that_the_page_shows(
    close: float, values: tuple[float | None, ...], alert: float, count: int
) -> None:
    rsi, short, long, volatility = values
    bar = closed(rsi=rsi, sma_short=short, sma_long=long, volatility=volatility)._replace(close=close)
    many = MODELS | {str(number): MODELS["arima"] for number in range(count)}
    found = reading(ACCURACY._replace(models=many))._replace(alerts=[ALERT._replace(value=alert)])
    text = words(found, *past(0.2), bar)
    prices = [close, short, long, 100.0, 97.0, 103.0]
    shown = [*(price(each, 2, "USD") for each in prices), plain(rsi, 1), percent(volatility, 1)]
    shown += [
        f"{alert:.1f}",
        "70",
        "06:59",
        "06:55:00",
        "95\u00a0%",
        "95.3\u00a0%",
        "3,753",
        "SMA 20",
        "SMA 50",
        "RSI 14",
    ]
    shown += [plain(count + 1, 0), "1m", "5m"]
    assert numerals(text) <= numerals(" ".join(shown))
    assert "nan" not in text and "inf" not in text and "None" not in text
    assert 3 <= len(re.findall(r"[.](?= |$)", text)) <= 5


def numerals(text: str) -> set[str]:
    """Every run of digits with what belongs to it, as it is written."""
    return set(re.findall(r"[$\u2212]*\d[\d.,:]*\d|\d", text))


def test_periods_of_the_settings_are_those_of_the_text() -> None:
    context = PageContext("simulated", "", Indicators(sma_short_period=5, rsi_period=7), Alerts())
    text = words(reading(forecast=FORECAST), CLOSED, context=context)
    assert "SMA 5 ($99.50)" in text and "RSI 7 is 55.0" in text
