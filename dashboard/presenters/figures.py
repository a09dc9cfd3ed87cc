"""Builds the chart's series and options from rows. Pure. The colours match the style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.read.rows import ChartBar
from shared.settings.analysis_settings import Alerts, Indicators

UP, DOWN = "#26a69a", "#ef5350"
PANEL, LINE, DIM = "#0f151d", "#1a232e", "#8d9bad"
GUIDE = "#4a5668"
FORECAST = "#4cc3e0"
COLUMNS = (
    "open", "high", "low", "close", "volume", "rsi", "sma_short", "sma_long", "ema_short", "ema_long", "macd",
    "macd_signal", "macd_histogram", "bollinger_lower", "bollinger_middle", "bollinger_upper",
)  # fmt: skip
"""The columns of a bar that the chart's series draw."""


@dataclass(frozen=True)
class Study:
    """A study of the chart: an overlay on the price, or a pane of its own."""

    key: str
    label: str
    pane: str
    colour: str
    shown: bool = True


def studies(periods: Indicators) -> list[Study]:
    """All studies, in the order of their chips on the page."""
    macd = f"MACD {periods.macd_fast} {periods.macd_slow} {periods.macd_signal}"
    return [
        Study("sma_short", f"SMA {periods.sma_short_period}", "price", "#f5c542"),
        Study("sma_long", f"SMA {periods.sma_long_period}", "price", "#ff8a5c", shown=False),
        Study("ema_short", f"EMA {periods.ema_short_period}", "price", "#5aa9ff"),
        Study("ema_long", f"EMA {periods.ema_long_period}", "price", "#d68cff", shown=False),
        Study("bollinger", f"Bollinger {periods.bollinger_period}", "price", "#7f8da3"),
        Study("forecast", "Forecast", "price", FORECAST),
        Study("volume", "Volume", "volume", "#5a78a0"),
        Study("rsi", f"RSI {periods.rsi_period}", "rsi", "#ab83f5"),
        Study("macd", macd, "macd", "#42a5f5"),
    ]


def chart_series(periods: Indicators, alerts: Alerts) -> list[dict[str, Any]]:
    """The series of the live chart without their data, in drawing order.

    `alerts` provides the levels of the RSI's guide lines. `column` is the column that a series draws, `study` the study
    that shows or hides it, `pane` the name of its pane. `tint` colours each column of a histogram by its candle or by
    its own sign.
    """
    colours = {study.key: study.colour for study in studies(periods)}
    guides = [_guide(alerts.rsi_overbought), _guide(alerts.rsi_oversold)]
    return [
        _line("bollinger_upper", "bollinger", colours["bollinger"]),
        _line("bollinger_middle", "bollinger", "#76849b", lineStyle=2),
        _line("bollinger_lower", "bollinger", colours["bollinger"]),
        _candles(),
        *(_line(key, key, colours[key]) for key in ("sma_short", "sma_long", "ema_short", "ema_long")),
        _histogram("volume", "volume", "candle"),
        _line("rsi", "rsi", colours["rsi"], pane="rsi") | {"priceLines": guides},
        _histogram("macd_histogram", "macd", "sign"),
        _line("macd", "macd", colours["macd"], pane="macd"),
        _line("macd_signal", "macd", "#ff9f43", pane="macd"),
    ]


def fan_series() -> list[dict[str, Any]]:
    """The series of the forecast fan, in drawing order: one box per bar and interval, the widest at the bottom, then
    the line through the means. `level` counts the intervals from the widest; it is None for the line."""
    boxes = [
        _series(f"forecast_{level}", "candlestick", "forecast", "price", _box(opacity)) | {"level": level}
        for level, opacity in enumerate(("2e", "38", "4c"))
    ]
    return [*boxes, _line("forecast_mean", "forecast", FORECAST, lineStyle=1) | {"level": None}]


def _box(opacity: str) -> dict[str, Any]:
    """Options of a candle without a wick; `opacity` is two hexadecimal digits."""
    colour = FORECAST + opacity
    return {"upColor": colour, "downColor": colour, "borderVisible": False, "wickVisible": False}


def _candles() -> dict[str, Any]:
    options = {
        "upColor": UP, "downColor": DOWN, "wickUpColor": UP, "wickDownColor": DOWN, "borderVisible": False,
        "priceLineVisible": False, "lastValueVisible": False,
    }  # fmt: skip
    return {
        "id": "price",
        "type": "candlestick",
        "column": "close",
        "study": None,
        "pane": "price",
        "options": options,
    }


def _line(column: str, study: str, colour: str, pane: str = "price", **options: Any) -> dict[str, Any]:
    common = {"color": colour, "lineWidth": 1, "crosshairMarkerVisible": False}
    return _series(column, "line", study, pane, {**common, **options})


def _histogram(column: str, study: str, tint: str) -> dict[str, Any]:
    """A histogram whose columns are coloured by candle or by sign."""
    tints = {"by": tint, "up": f"{UP}80", "down": f"{DOWN}80"}
    return _series(column, "histogram", study, study, {"color": "#5a78a0"}) | {"tint": tints}


def _series(column: str, kind: str, study: str, pane: str, options: dict[str, Any]) -> dict[str, Any]:
    quiet = {"priceLineVisible": False, "lastValueVisible": False}
    return {
        "id": column,
        "type": kind,
        "column": column,
        "study": study,
        "pane": pane,
        "options": {**quiet, **options},
    }


def _guide(level: float) -> dict[str, Any]:
    return {"price": level, "color": GUIDE, "lineWidth": 1, "lineStyle": 2, "axisLabelVisible": False}


def chart_options() -> dict[str, Any]:
    """Appearance and pointer handling of the live chart: a vertical swipe scrolls the page."""
    grid = {"color": LINE}
    border = {"borderColor": LINE}
    return {
        "layout": {
            "background": {"type": "solid", "color": PANEL},
            "textColor": DIM,
            "fontSize": 11,
            "fontFamily": "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
            "panes": {"separatorColor": LINE, "separatorHoverColor": "#2c3a4b", "enableResize": True},
            "attributionLogo": False,
        },
        "grid": {"vertLines": grid, "horzLines": grid},
        "crosshair": {"mode": 0, "vertLine": _cross(), "horzLine": _cross()},
        "rightPriceScale": {**border, "minimumWidth": 64, "entireTextOnly": True},
        "timeScale": {
            **border,
            "timeVisible": True,
            "rightOffset": 4,
            "minBarSpacing": 0.02,
            "lockVisibleTimeRangeOnResize": True,
        },
        "handleScroll": {"vertTouchDrag": False},
    }


def _cross() -> dict[str, Any]:
    return {"color": "#5d6b80", "labelBackgroundColor": "#2c3a4b"}


def columns(bars: Sequence[ChartBar]) -> dict[str, list[Any]]:
    """Bars as columns, oldest first: `start` in epoch seconds UTC, null while an indicator is warming up."""
    return {name: [getattr(bar, name) for bar in bars] for name in ("start", *COLUMNS)}
