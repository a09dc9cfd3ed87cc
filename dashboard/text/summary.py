"""What the page shows of a symbol and interval, in a few sentences. Pure.

It says what is, never what to do. Every number in it stands on the page and is written as there; what is not known
yet is said to be so.
"""

from collections.abc import Iterator, Sequence
from math import isfinite
from statistics import quantiles

from dashboard.presenters.adjustment import adjusted
from dashboard.presenters.delta import Scene
from dashboard.presenters.forecasts import (
    FEWEST_SCORES,
    NAIVE,
    bar_name,
    choice,
    compared,
    expected,
    forecast_card,
    kind_name,
    others,
    too_few,
)
from dashboard.presenters.numbers import moment, percent, plain, price
from dashboard.presenters.panels import alert_sentence, decimals, heading
from dashboard.read.rows import ChartBar, RecordRow, SeriesKey, SymbolRow
from dashboard.read.snapshot import Reading
from shared.calendars.calendars import calendar_of

FEWEST_BARS = 20
"""Before so many bars nobody knows which volatility is usual."""


def summary(scene: Scene, reading: Reading, key: SeriesKey, bars: Sequence[ChartBar]) -> str:
    """Three to five sentences about a symbol that is known; `bars` are its newest closed ones, oldest first."""
    splits = [each for each in reading.actions.get(key[0], ()) if each.action == "split"]
    shown = adjusted(bars, splits)
    sentences = [
        _trend(scene, reading, key, shown),
        _state(scene, key[1], shown),
        *_alert(scene, reading, key[0]),
        *_forecast(reading, key),
    ]
    return " ".join(sentences)


def _trend(scene: Scene, reading: Reading, key: SeriesKey, bars: Sequence[ChartBar]) -> str:
    """The newest close against its two averages, and how these stand to one another."""
    symbol, interval = key
    if not bars:
        return f"No {interval} bar of {symbol} has closed yet."
    bar, row = bars[-1], reading.symbols[symbol]
    names = [f"SMA {period}" for period in (scene.periods.sma_short_period, scene.periods.sma_long_period)]
    averages = dict(zip(names, _known(bar.sma_short, bar.sma_long), strict=True))
    said = f"The {interval} bar of {bar_name(reading, symbol, interval, bar.start)} closed at "
    said += price(bar.close, decimals(row), row.currency) + _places(row, bar.close, averages)
    short, long = averages.values()
    if short is None or long is None:
        missing = [name for name, mean in averages.items() if mean is None]
        return f"{said}; {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not known yet."
    return f"{said}: {_direction(bar.close, short, long)}."


def _places(row: SymbolRow, close: float, averages: dict[str, float | None]) -> str:
    """On which side of the averages that are known the close is."""
    sides: dict[str, list[str]] = {}
    for name, mean in averages.items():
        if mean is not None:
            shown = f"{name} ({price(mean, decimals(row), row.currency)})"
            sides.setdefault(_place(close, mean), []).append(shown)
    words = [f"{side} {' and '.join(shown)}" for side, shown in sides.items()]
    return f", {' and '.join(words)}" if words else ""


def _place(value: float, other: float) -> str:
    return "above" if value > other else "below" if value < other else "at"


def _direction(close: float, short: float, long: float) -> str:
    """The trend where close, short and long average stand in this order or in the opposite one."""
    if close > short > long:
        return "the trend points up"
    if close < short < long:
        return "the trend points down"
    return "there is no clear trend"


def _known(*values: float | None) -> list[float | None]:
    """The values, with None for what is no finite number."""
    return [value if value is not None and isfinite(value) else None for value in values]


def _state(scene: Scene, interval: str, bars: Sequence[ChartBar]) -> str:
    """Volatility against its own past, and the RSI."""
    rsi_name = f"RSI {scene.periods.rsi_period}"
    volatility, rsi = _known(bars[-1].volatility, bars[-1].rsi) if bars else (None, None)
    if volatility is None and rsi is None:
        return f"Annualised volatility and {rsi_name} are not known yet."
    if volatility is None:
        first = "Annualised volatility is not known yet"
    else:
        first = f"Annualised volatility is {percent(volatility, 1)}, {_usual(volatility, interval, bars)}"
    if rsi is None:
        return f"{first}; {rsi_name} is not known yet."
    return f"{first}; {rsi_name} is {plain(rsi, 1)}, {_heat(scene, rsi)}."


def _usual(volatility: float, interval: str, bars: Sequence[ChartBar]) -> str:
    """A volatility among those of the bars before: outside the middle half of them it is not as usual."""
    past = [value for value in _known(*(bar.volatility for bar in bars)) if value is not None]
    if len(past) < FEWEST_BARS:
        return "with too few bars to tell whether that is usual"
    low, _, high = quantiles(past, n=4)
    level = "lower than" if volatility < low else "higher than" if volatility > high else "as"
    return f"{level} usual for its {interval} bars"


def _heat(scene: Scene, rsi: float) -> str:
    if rsi >= scene.alerts.rsi_overbought:
        return "overbought"
    return "oversold" if rsi <= scene.alerts.rsi_oversold else "neither overbought nor oversold"


def _alert(scene: Scene, reading: Reading, symbol: str) -> Iterator[str]:
    """The newest alert of the symbol that is listed."""
    alert = next((each for each in reading.alerts if each.symbol == symbol), None)
    if alert is None:
        return
    row = reading.symbols[symbol]
    now = heading(row, reading.now, scene.feed != "replay")["clock"]
    when = moment(alert.event_time, calendar_of(row.exchange).zone, now)
    yield f"The last alert ({alert.interval}, {when}): {alert_sentence(alert)[0]}."


def _forecast(reading: Reading, key: SeriesKey) -> Iterator[str]:
    """What is expected of the next close, and how that has fared against "no change"."""
    symbol, interval = key
    record, forecast = reading.records.get(key), reading.forecasts.get(key)
    steps = (
        []
        if record is None or forecast is None
        else expected(forecast, record, reading.actions.get(symbol, ()))
    )
    if record is None or forecast is None or not steps:
        text = forecast_card(reading, symbol, interval)["text"]
        yield "Nothing is forecast yet." if text == "Nothing yet" else text
        return
    row, first = reading.symbols[symbol], steps[0]
    mean, low, high = (
        price(each, decimals(row), row.currency) for each in (first.mean, first.low[-1], first.high[-1])
    )
    after = bar_name(reading, symbol, interval, forecast.start)
    level = percent(forecast.levels[-1], 0)
    yield f"The close after {after} is expected at {mean}, its {level} interval is {low} to {high}."
    yield _fared(record, first.model)


def _fared(record: RecordRow, model: str) -> str:
    """How the model that said so has fared, in its own figures."""
    found = record.fared.get(model)
    if found is None or found.scores < FEWEST_SCORES:
        return too_few(found)
    held = "" if found.held is None else f"; its interval held {percent(found.held, 1)}"
    held += f" of {plain(found.scores, 0)} closes" if held else ""
    if model == NAIVE:
        return f"That is what no change says{held}, and {others(record)}."
    name = f"{kind_name(model)}, {choice(record)}," if compared(record) > 1 else kind_name(model)
    return f"{name} is so far {found.verdict}{held}."
