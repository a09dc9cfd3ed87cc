"""Summarizes what the page shows of a symbol and interval in a few sentences. Pure.

It describes and never advises. Every number in it is also shown on the page, in the same format; unknown values are
reported as unavailable.
"""

from collections.abc import Iterator, Sequence
from math import isfinite
from statistics import quantiles

from dashboard.presenters.adjustment import adjusted
from dashboard.presenters.alerts import alert_sentence
from dashboard.presenters.delta import PageContext
from dashboard.presenters.forecasts.accuracy import (
    MIN_SCORES,
    compared_models,
    selected_from,
    too_few_scores,
    why_no_change,
)
from dashboard.presenters.forecasts.card import bar_name, forecast_card
from dashboard.presenters.forecasts.model_names import kind_name
from dashboard.presenters.numbers import moment, percent, plain, price
from dashboard.presenters.panels import decimals, heading
from dashboard.read.expected_closes import NAIVE, expected_closes
from dashboard.read.rows import ChartBar, SeriesAccuracy, SeriesKey, SymbolRow
from dashboard.read.snapshot import Reading
from shared.calendars.calendars import calendar_of

DAY = 86_400
MIN_BARS = 20
"""The fewest bars that define the usual range of the volatility."""


def summary(context: PageContext, reading: Reading, key: SeriesKey, bars: Sequence[ChartBar]) -> str:
    """Three to six sentences about a known symbol; `bars` are its newest closed bars, oldest first."""
    splits = [each for each in reading.actions.get(key[0], ()) if each.action == "split"]
    shown = adjusted(bars, splits)
    sentences = [
        _trend(context, reading, key, shown),
        _state(context, key[1], shown),
        *_alert(context, reading, key[0]),
        *_set_aside(context, reading, key[0]),
        *_forecast(reading, key),
    ]
    return " ".join(sentences)


def _trend(context: PageContext, reading: Reading, key: SeriesKey, bars: Sequence[ChartBar]) -> str:
    """The newest close relative to the two averages, and the trend that their order shows."""
    symbol, interval = key
    if not bars:
        return f"No {interval} bar of {symbol} has closed yet."
    bar, row = bars[-1], reading.symbols[symbol]
    names = [
        f"SMA {period}" for period in (context.periods.sma_short_period, context.periods.sma_long_period)
    ]
    averages = dict(zip(names, _known(bar.indicators.sma_short, bar.indicators.sma_long), strict=True))
    text = f"The {interval} bar of {bar_name(reading, symbol, interval, bar.start)} closed at "
    text += price(bar.close, decimals(row), row.currency) + _positions(row, bar.close, averages)
    short, long = averages.values()
    if short is None or long is None:
        missing = [name for name, mean in averages.items() if mean is None]
        return f"{text}; {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not available yet."
    return f"{text}: {_direction(bar.close, short, long)}."


def _positions(row: SymbolRow, close: float, averages: dict[str, float | None]) -> str:
    """Whether the close is above, below or at each known average."""
    sides: dict[str, list[str]] = {}
    for name, mean in averages.items():
        if mean is not None:
            shown = f"{name} ({price(mean, decimals(row), row.currency)})"
            sides.setdefault(_position(close, mean), []).append(shown)
    parts = [f"{side} {' and '.join(shown)}" for side, shown in sides.items()]
    return f", {' and '.join(parts)}" if parts else ""


def _position(value: float, other: float) -> str:
    return "above" if value > other else "below" if value < other else "at"


def _direction(close: float, short: float, long: float) -> str:
    """Up if close > short average > long average, down in the opposite order, else no clear trend."""
    if close > short > long:
        return "the trend is up"
    if close < short < long:
        return "the trend is down"
    return "there is no clear trend"


def _known(*values: float | None) -> list[float | None]:
    """The values, with None in place of those that are not finite."""
    return [value if value is not None and isfinite(value) else None for value in values]


def _state(context: PageContext, interval: str, bars: Sequence[ChartBar]) -> str:
    """The volatility relative to its history, and the RSI."""
    rsi_name = f"RSI {context.periods.rsi_period}"
    newest = bars[-1].indicators if bars else None
    volatility, rsi = (None, None) if newest is None else _known(newest.volatility, newest.rsi)
    if volatility is None and rsi is None:
        return f"Realized volatility and {rsi_name} are not available yet."
    if volatility is None:
        first = "Realized volatility is not available yet"
    else:
        position = _relative(volatility, interval, bars)
        first = f"Realized volatility is {percent(volatility, 1)} (annualised), {position}"
    if rsi is None:
        return f"{first}; {rsi_name} is not available yet."
    return f"{first}; {rsi_name} is {plain(rsi, 1)}, {_rsi_zone(context, rsi)}."


def _relative(volatility: float, interval: str, bars: Sequence[ChartBar]) -> str:
    """The volatility relative to the interquartile range of the bars' volatilities."""
    known = [value for value in _known(*(bar.indicators.volatility for bar in bars)) if value is not None]
    if len(known) < MIN_BARS:
        return "with too few bars to compare"
    low, _, high = quantiles(known, n=4)
    position = "below" if volatility < low else "above" if volatility > high else "within"
    return f"{position} its usual range for {interval} bars"


def _rsi_zone(context: PageContext, rsi: float) -> str:
    if rsi >= context.alerts.rsi_overbought:
        return "overbought"
    return "oversold" if rsi <= context.alerts.rsi_oversold else "neutral"


def _alert(context: PageContext, reading: Reading, symbol: str) -> Iterator[str]:
    """The newest listed alert of the symbol."""
    alert = next((each for each in reading.alerts if each.symbol == symbol), None)
    if alert is None:
        return
    row = reading.symbols[symbol]
    now = heading(row, reading.now, context.feed != "replay")["clock"]
    when = moment(alert.event_time, calendar_of(row.exchange).zone, now)
    yield f"Latest alert ({alert.interval}, {when}): {alert_sentence(alert)[0]}."


def _set_aside(context: PageContext, reading: Reading, symbol: str) -> Iterator[str]:
    """The newest quote of the symbol that was set aside, if that was within a day."""
    found = (each for each in reading.data_alerts if each.symbol == symbol and each.kind == "set aside")
    quote = max(found, key=lambda each: each.raised_at, default=None)
    row = reading.symbols[symbol]
    now = heading(row, reading.now, context.feed != "replay")["clock"]
    if quote is None or quote.value is None or now - quote.raised_at > DAY:
        return
    when = moment(quote.raised_at, calendar_of(row.exchange).zone, now)
    shown = price(quote.value, decimals(row), row.currency)
    yield f"A quote of {shown} ({when}) is in no bar: it was {quote.detail}."


def _forecast(reading: Reading, key: SeriesKey) -> Iterator[str]:
    """The forecast of the next close, and the model's past accuracy compared with "no change"."""
    symbol, interval = key
    accuracy, forecast = reading.series_accuracy.get(key), reading.forecasts.get(key)
    steps = (
        []
        if accuracy is None or forecast is None
        else expected_closes(forecast, accuracy, reading.actions.get(symbol, ()))
    )
    if accuracy is None or forecast is None or not steps:
        yield forecast_card(reading, symbol, interval)["text"]
        return
    row, first = reading.symbols[symbol], steps[0]
    mean, low, high = (
        price(each, decimals(row), row.currency) for each in (first.mean, first.low[-1], first.high[-1])
    )
    after = bar_name(reading, symbol, interval, forecast.start)
    level = percent(forecast.levels[-1], 0)
    yield f"The close after {after} is forecast at {mean}, with a {level} interval of {low} to {high}."
    yield _past_accuracy(accuracy, first.model)


def _past_accuracy(accuracy: SeriesAccuracy, model: str) -> str:
    """The past accuracy of the forecast's model, from its own figures."""
    found = accuracy.models.get(model)
    if found is None or found.scores < MIN_SCORES:
        return too_few_scores(found)
    coverage = "" if found.coverage is None else f"; its interval covered {percent(found.coverage, 1)}"
    coverage += f" of {plain(found.scores, 0)} closes" if coverage else ""
    if model == NAIVE:
        return f'The model is "no change"{coverage}, and {why_no_change(accuracy)}.'
    name = (
        f"{kind_name(model)}, {selected_from(accuracy)},"
        if len(compared_models(accuracy)) > 1
        else kind_name(model)
    )
    return f"{name} is so far {found.verdict}{coverage}."
