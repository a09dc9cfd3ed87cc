"""The catalog of indicators -> the page's figures, studies and series of the chart. Pure.

What the catalog adds is shown without further change here, in a colour of its own and switched off on the chart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle
from typing import Any, NamedTuple

from analytics.indicators.catalog import STORED
from analytics.indicators.spec import Context, Output, Spec, Unit
from shared.settings.analysis_settings import Indicators

PRICE = "price"
SHOWN = {"sma_short", "ema_short", "bollinger", "rsi", "macd"}
"""The indicators that the chart shows unless a viewer switches them off."""
COLOURS = {
    "sma_short": "--orange",
    "sma_long": "--pink",
    "ema_short": "--blue",
    "ema_long": "--magenta",
    "bollinger": "--grey",
    "rsi": "--violet",
    "macd": "--sky",
}
"""By the names of the style sheet, which has them for both themes."""
OTHER_COLOURS = ("--sand", "--indigo", "--silver", "--plum", "--lilac", "--olive", "--clay")
"""For the other indicators, in the order of the catalog."""
STYLES: dict[str, dict[str, Any]] = {
    "bollinger_middle": {"color": "--grey", "lineStyle": 2},
    "macd_signal": {"color": "--orange"},
    "stochastic_d": {"color": "--blue"},
    "plus_di": {"color": "--cyan"},
    "minus_di": {"color": "--orange"},
}
"""What a series has in place of the line in the colour of its study."""
ANY_SERIES = Context(periods_per_year=252.0, session_of=lambda _: 0.0)
"""How long an indicator warms up does not depend on the series."""


@dataclass(frozen=True)
class Study:
    """Something that can be shown beside the price: drawn over it, or in a pane of its own.

    `note` is the tooltip of its chip, empty without one.
    """

    key: str
    label: str
    pane: str
    colour: str
    shown: bool = True
    note: str = ""


class IndicatorFigure(NamedTuple):
    """A value among the page's figures; it is there after `needed` closed bars. `title` is the tooltip of its label."""

    label: str
    column: str
    unit: Unit
    needed: int
    title: str


@lru_cache(maxsize=8)
def figures_of(periods: Indicators) -> tuple[IndicatorFigure, ...]:
    """The values of the panel of indicators: first those that are not in units of the price."""
    found = []
    for spec in STORED:
        needed = spec.make(periods.values, ANY_SERIES).warm_after
        for output, count in zip(spec.outputs, needed, strict=True):
            if output.is_figure:
                label = output.label or spec.label(periods.values)
                found.append(
                    IndicatorFigure(
                        label, output.name, output.unit, count, _title(label, _pace(spec, periods))
                    )
                )
    return tuple(sorted(found, key=lambda figure: figure.unit not in ("number", "share")))


def bars_needed(periods: Indicators) -> int:
    """The number of closed bars after which every value of the panel of indicators is there."""
    return max(figure.needed for figure in figures_of(periods))


def _title(label: str, note: str) -> str:
    """A label with its note; a label may end with an abbreviation, whose full stop is enough."""
    return f"{label.removesuffix('.')}. {note}" if note else label


def _pace(spec: Spec, periods: Indicators) -> str:
    """Why the value of an open bar may differ from another one of the same prices; empty if it follows every quote."""
    quotes: int = getattr(periods.frequencies, spec.family, 1)
    return f"While a bar is open, calculated once every {quotes} quotes" if quotes > 1 else ""


def drawn() -> list[Spec]:
    """The indicators that the chart can draw."""
    return [spec for spec in STORED if spec.outputs[0].pane]


def indicator_studies(periods: Indicators) -> list[Study]:
    """A study for each indicator that the chart can draw."""
    return [
        Study(
            spec.name,
            spec.label(periods.values),
            spec.outputs[0].pane,
            COLOUR_BY_NAME[spec.name],
            spec.name in SHOWN,
            _pace(spec, periods),
        )
        for spec in drawn()
    ]


def colours_of(names: Sequence[str]) -> dict[str, str]:
    """The colour of the study of each of these indicators."""
    others = [name for name in names if name not in COLOURS]
    return COLOURS | dict(zip(others, cycle(OTHER_COLOURS), strict=False))


COLOUR_BY_NAME = colours_of([spec.name for spec in STORED])


def outputs_drawn(spec: Spec) -> list[Output]:
    """The outputs of an indicator in drawing order: columns lie behind lines, and bands come from the highest one."""
    bands = [output for output in spec.outputs if output.kind == "band"]
    columns = [output for output in spec.outputs if output.kind == "histogram"]
    lines = [output for output in spec.outputs if output.kind == "line"]
    return [*reversed(bands), *columns, *lines]
