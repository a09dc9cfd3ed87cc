"""Forecasts -> what the chart and the card beside it say. Pure: it tells what is expected and how such forecasts
fared, and leaves to the reader what to do about it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import prod
from typing import Any

from dashboard.panels import Cell
from dashboard.rows import ActionRow, ForecastRow, RecordRow
from dashboard.snapshot import Reading
from shared.calendars import calendar_of
from shared.market import INTERVALS

Card = dict[str, Any]


def fan(forecast: ForecastRow | None, actions: Sequence[ActionRow]) -> dict[str, Any] | None:
    """The intervals of the next bars' closes in units of today's share; None where nothing is forecast.

    `start` is that of the bar at whose close they were said. `low` and `high` have a list a bar, the widest interval
    first.
    """
    if forecast is None:
        return None
    share = _share(forecast, actions)
    return {
        "start": forecast.start,
        "mean": [price * share for price in forecast.mean],
        "low": [[price * share for price in reversed(levels)] for levels in forecast.lower],
        "high": [[price * share for price in reversed(levels)] for levels in forecast.upper],
    }


def _share(forecast: ForecastRow, actions: Sequence[ActionRow]) -> float:
    """What a price of the forecast is multiplied by: a share was split since it was made."""
    ratios = [each.value for each in actions if each.action == "split" and forecast.made_at <= each.time]
    return 1 / prod(ratios)


def forecast_card(reading: Reading, symbol: str, interval: str) -> Card:
    """The next close, the interval it is expected in, the model, and in `text` how its forecasts fared."""
    record, forecast = reading.records.get((symbol, interval)), reading.forecasts.get((symbol, interval))
    if record is None:
        return {"cells": [], "text": _nothing(reading, symbol, interval)}
    if forecast is None:
        return _warming(record)
    share = _share(forecast, reading.actions.get(symbol, ()))
    bounds = (forecast.lower[0][-1] * share, forecast.upper[0][-1] * share)
    cells: list[Cell] = [
        ("Next close", forecast.mean[0] * share, "price"),
        ("After bar", _bar_name(reading, symbol, interval, forecast.start), "words"),
        (f"{_percent(forecast.levels[-1], 0)} interval", bounds, "range"),
        ("Model", "No change" if forecast.model == "naive" else _arima(forecast), "words"),
    ]
    return {"cells": cells, "text": _fared(record, forecast)}


def _nothing(reading: Reading, symbol: str, interval: str) -> str:
    """Why there is neither a forecast nor one on its way."""
    others = [each for each in INTERVALS if (symbol, each) in reading.records]
    if not others:
        return "Nothing yet"
    return f"Closes of {interval} bars are not forecast. Those of {' and '.join(others)} are."


def _warming(record: RecordRow) -> Card:
    """Before the first forecast; where there are closes enough, none of them differed from another."""
    if record.seen >= record.needed:
        return {"cells": [("Next close", None, "price")], "text": "The price has not moved yet."}
    progress = f"{record.seen}/{record.needed}"
    return {
        "cells": [("Next close", progress, "text")],
        "text": f"Warming up: the first forecast comes with closed bar {record.needed}.",
    }


def _bar_name(reading: Reading, symbol: str, interval: str, start: int) -> str:
    """When a bar starts, as its exchange writes it: the day where that is another than today."""
    zone = calendar_of(reading.symbols[symbol].exchange).zone
    begun, now = (
        datetime.fromtimestamp(start, zone),
        datetime.fromtimestamp(reading.now, UTC).astimezone(zone),
    )
    day, time = f"{begun.day} {begun:%b}", f"{begun:%H:%M}"
    if interval == "1d":
        return day
    return time if begun.date() == now.date() else f"{day} {time}"


def _arima(forecast: ForecastRow) -> str:
    if forecast.arima is None:
        return "ARIMA"
    *order, version = forecast.arima
    origin = f"search at bar {version:,}" if version else "before its first search"
    return f"ARIMA({','.join(map(str, order))}), {origin}"


def _fared(record: RecordRow, forecast: ForecastRow) -> str:
    """ARIMA against no change, and how often the interval held: since ever, for the next close."""
    if not record.scores or record.verdict is None:
        return "No forecast has come due yet."
    skill = "" if record.skill is None else f"skill {_percent(record.skill, 1)}, "
    verdict = f"{record.verdict} ({skill}{record.scores:,} forecasts)"
    held = (
        ""
        if record.held is None
        else f"the {_percent(record.level, 0)} interval held {_percent(record.held, 1)}"
    )
    if forecast.model == "naive":
        return "; ".join(filter(None, (f"{_arima(forecast)}: {verdict}", held))) + "."
    return "; ".join(filter(None, (verdict[0].upper() + verdict[1:], held))) + "."


def _percent(share: float, decimals: int) -> str:
    """A share in percent, with a true minus; what rounds to nothing has no sign."""
    rounded = round(share * 100, decimals) + 0.0
    return f"{rounded:.{decimals}f}\u00a0%".replace("-", "\u2212")
