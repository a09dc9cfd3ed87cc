"""Builds the chart's series and options from rows. Pure.

Colours are names of the style sheet, such as "--up", or "--up80" with two hexadecimal digits of opacity: the page
replaces them with those of its theme.
"""

from collections.abc import Sequence
from typing import Any

from analytics.indicators.indicator_row import COLUMN_PLACES
from analytics.indicators.spec import Output, Spec, Unit
from dashboard.presenters.indicators import (
    COLOUR_BY_NAME,
    PRICE,
    STYLES,
    Study,
    drawn,
    indicator_studies,
    outputs_drawn,
)
from dashboard.read.rows import ChartBar
from shared.settings.analysis_settings import Alerts, Indicators

UP, DOWN = "--up", "--down"
FORECAST, VOLUME = "--cyan", "--steel"
OWN_COLUMNS = ("start", "open", "high", "low", "close", "volume")
COLUMNS = tuple(output.name for spec in drawn() for output in spec.outputs)
"""The columns of indicators that the chart's series draw."""
PLACES_DRAWN = {name: COLUMN_PLACES[name] for name in COLUMNS}


def studies(periods: Indicators) -> list[Study]:
    """All studies, in the order of their chips on the page."""
    indicators = indicator_studies(periods)
    return [
        *(study for study in indicators if study.pane == PRICE),
        Study("forecast", "Forecast", PRICE, FORECAST),
        Study("volume", "Volume", "volume", VOLUME),
        *(study for study in indicators if study.pane != PRICE),
    ]


def chart_series(alerts: Alerts) -> list[dict[str, Any]]:
    """The series of the live chart without their data, in drawing order; panes come in the order of their first series.

    `alerts` provides the levels of guide lines at thresholds. `column` is the column that a series draws, in `unit`,
    `study` the study that shows or hides it, `pane` the name of its pane. `tint` colours each column of a histogram by
    its candle or by its own sign.
    """
    made = [(output, _drawn_as(spec, output)) for spec in drawn() for output in outputs_drawn(spec)]
    for output, series in made:
        if output.guides:
            series["priceLines"] = guide_lines(output, alerts)
    return [
        *(series for output, series in made if output.pane == PRICE and output.kind == "band"),
        _candles(),
        *(series for output, series in made if output.pane == PRICE and output.kind != "band"),
        _histogram("volume", "volume", "volume", "volume", "candle"),
        *(series for output, series in made if output.pane != PRICE),
    ]


def _drawn_as(spec: Spec, output: Output) -> dict[str, Any]:
    if output.kind == "histogram":
        return _histogram(output.name, spec.name, output.pane, output.unit, "sign")
    style = {"color": COLOUR_BY_NAME[spec.name], **STYLES.get(output.name, {})}
    return _line(output.name, spec.name, output.pane, output.unit, **style)


def fan_series() -> list[dict[str, Any]]:
    """The series of the forecast fan, in drawing order: one box per bar and interval, the widest at the bottom, then
    the line through the means. `level` counts the intervals from the widest; it is None for the line."""
    boxes = [
        _series(f"forecast_{level}", "candlestick", "forecast", PRICE, "price", _box(opacity))
        | {"level": level}
        for level, opacity in enumerate(("2e", "38", "4c"))
    ]
    return [
        *boxes,
        _line("forecast_mean", "forecast", PRICE, "price", color=FORECAST, lineStyle=1) | {"level": None},
    ]


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
        "pane": PRICE,
        "unit": "price",
        "options": options,
    }


def _line(column: str, study: str, pane: str, unit: Unit, **options: Any) -> dict[str, Any]:
    common = {"lineWidth": 1, "crosshairMarkerVisible": False}
    return _series(column, "line", study, pane, unit, {**common, **options})


def _histogram(column: str, study: str, pane: str, unit: Unit, tint: str) -> dict[str, Any]:
    """A histogram whose columns are coloured by candle, or by sign in two shades: green and red are for prices."""
    rising, falling = (f"{UP}80", f"{DOWN}80") if tint == "candle" else (f"{VOLUME}90", f"{VOLUME}50")
    tints = {"by": tint, "up": rising, "down": falling}
    return _series(column, "histogram", study, pane, unit, {"color": VOLUME}) | {"tint": tints}


def _series(
    column: str, kind: str, study: str, pane: str, unit: Unit, options: dict[str, Any]
) -> dict[str, Any]:
    quiet = {"priceLineVisible": False, "lastValueVisible": False}
    return {
        "id": column,
        "type": kind,
        "column": column,
        "study": study,
        "pane": pane,
        "unit": unit,
        "options": {**quiet, **options},
    }


def guide_lines(output: Output, alerts: Alerts) -> list[dict[str, Any]]:
    """The guide lines of an output, some of them at thresholds of alerts."""
    levels = [getattr(alerts, level) if isinstance(level, str) else level for level in output.guides]
    style = {"color": "--faint", "lineWidth": 1, "lineStyle": 2, "axisLabelVisible": False}
    return [{"price": level, **style} for level in levels]


def chart_options() -> dict[str, Any]:
    """Appearance and pointer handling of the live chart: a vertical swipe scrolls the page."""
    border = {"borderColor": "--line"}
    return {
        "layout": {
            "background": {"type": "solid", "color": "--panel"},
            "textColor": "--dim",
            "fontSize": 11,
            "fontFamily": "Inter, 'Inter fallback', system-ui, sans-serif",
            "panes": {"separatorColor": "--line", "separatorHoverColor": "--faint40", "enableResize": True},
            "attributionLogo": False,
        },
        "grid": {"vertLines": {"visible": False}, "horzLines": {"color": "--grid"}},
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
    return {"color": "--faint", "labelBackgroundColor": "--steel"}


def columns(bars: Sequence[ChartBar]) -> dict[str, list[Any]]:
    """Bars as columns, oldest first: `start` in epoch seconds UTC, null while an indicator is warming up."""
    own = {name: [getattr(bar, name) for bar in bars] for name in OWN_COLUMNS}
    return own | {name: [bar.indicators[place] for bar in bars] for name, place in PLACES_DRAWN.items()}
