"""The catalog of indicators: table columns, settings, replay CSV, API and page are made from it. Pure.

A new indicator is one class and one line in CATALOG; "Add an indicator" in `docs/how-a-quote-travels.md` has the steps.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from analytics.indicators.atr import ATR
from analytics.indicators.bollinger import Bollinger
from analytics.indicators.macd import MACD
from analytics.indicators.moving_averages import EMA, SMA
from analytics.indicators.realized_volatility import Volatility
from analytics.indicators.rsi import RSI
from shared.market.records import Bar

Unit = Literal["price", "difference", "distance", "volume", "number", "share"]
"""What a value is measured in: a price; a signed difference or an unsigned distance of prices; a number of shares; a
number without a unit; a share, of which 1 is 100 %. A split scales the first four. No indicator of the catalog has the
unit volume yet: it is that of an average of volumes, which is made by `inputs.VOLUME`."""

Kind = Literal["line", "band", "histogram"]
"""How a value is drawn: as a line, as a line behind the prices, as a column."""

Parameters = Mapping[str, int]
"""The value of every parameter in the catalog, by name; periods are in bars."""

Value = float | tuple[float | None, ...] | None
"""One number, or one for each output; None while warming up."""


class Indicator(Protocol):
    """What every indicator provides; see `analytics.indicators`."""

    @property
    def key(self) -> str: ...
    @property
    def seen(self) -> int: ...
    @property
    def warm_after(self) -> tuple[int, ...]: ...
    def update(self, bar: Bar, /) -> Value: ...
    def preview(self, bar: Bar, /) -> Value: ...
    def split(self, ratio: float, /) -> None: ...
    def state(self) -> list[float]: ...
    def restore(self, state: list[float], /) -> None: ...


class Context(NamedTuple):
    """What an indicator may need to know about its series: the number of its bars in a year of trading."""

    periods_per_year: float


@dataclass(frozen=True)
class Output:
    """A value of an indicator: its column, and where it is shown.

    Without a `pane` it is not drawn on the chart. `label` names it among the page's figures, if it is one of them;
    without one the label of the indicator does. `guides` are the levels of horizontal lines in its pane, such as 20 and
    80; a name stands for the alert threshold of that name.
    """

    name: str
    unit: Unit
    pane: str = ""
    kind: Kind = "line"
    label: str = ""
    is_figure: bool = True
    guides: Sequence[float | str] = ()


@dataclass(frozen=True)
class Parameter:
    """A setting of an indicator, in bars: at least `least`, and below the parameter that `below` names.

    A spread, or a mean of gains against losses, needs at least two values. `text` is its meaning in
    `.env.example`.
    """

    name: str
    default: int
    text: str
    least: int = 1
    below: str = ""

    @property
    def key(self) -> str:
        """Its key in `.env`."""
        return self.name.upper()


@dataclass(frozen=True)
class Spec:
    """An indicator: `indicator(*parameters, *needs)` makes it, where `needs` are fields of the context.

    `title` is its short name on the page; by default the first part of `name` in capitals.
    """

    name: str
    indicator: Callable[..., Indicator]
    outputs: Sequence[Output]
    parameters: Sequence[Parameter]
    title: str = ""
    needs: Sequence[str] = ()

    @property
    def family(self) -> str:
        """The indicators that share a frequency of previews: `sma` for `sma_short`."""
        return self.name.partition("_")[0]

    def label(self, parameters: Parameters) -> str:
        """Its name with its parameters, such as MACD 12 26 9."""
        values = [str(parameters[parameter.name]) for parameter in self.parameters]
        return " ".join([self.title or self.family.upper(), *values])

    def make(self, parameters: Parameters, context: Context) -> Indicator:
        """A new indicator, which has seen no bar yet."""
        values = [parameters[parameter.name] for parameter in self.parameters]
        return self.indicator(*values, *(getattr(context, name) for name in self.needs))


MACD_OUTPUTS = (
    Output("macd", "difference", "macd", label="MACD"),
    Output("macd_signal", "difference", "macd", label="Signal"),
    Output("macd_histogram", "difference", "macd", "histogram", is_figure=False),
)
MACD_PARAMETERS = (
    Parameter("macd_fast", 12, "Period of the fast average of MACD", below="macd_slow"),
    Parameter("macd_slow", 26, "Period of the slow average of MACD"),
    Parameter("macd_signal", 9, "Period of the signal line of MACD"),
)
BOLLINGER_OUTPUTS = (
    Output("bollinger_lower", "price", "price", "band", "Lower band"),
    Output("bollinger_middle", "price", "price", "band", is_figure=False),
    Output("bollinger_upper", "price", "price", "band", "Upper band"),
)
RSI_VALUE = Output("rsi", "number", "rsi", guides=("rsi_overbought", "rsi_oversold"))
RSI_PERIOD = Parameter("rsi_period", 14, "Period of the relative strength index", least=2)
SMA_SHORT = Parameter(
    "sma_short_period", 20, "Period of the short simple moving average", below="sma_long_period"
)
SMA_LONG = Parameter("sma_long_period", 50, "Period of the long simple moving average")
EMA_SHORT = Parameter(
    "ema_short_period", 12, "Period of the short exponential moving average", below="ema_long_period"
)
EMA_LONG = Parameter("ema_long_period", 26, "Period of the long exponential moving average")
BOLLINGER_PERIOD = Parameter("bollinger_period", 20, "Period of the Bollinger bands", least=2)
VOLATILITY = Output("volatility", "share", label="Volatility p.a.")
VOLATILITY_PERIOD = Parameter("volatility_period", 20, "Period of the realized volatility", least=2)
ATR_PERIOD = Parameter("atr_period", 14, "Period of the average true range")

CATALOG = (
    Spec("rsi", RSI, [RSI_VALUE], [RSI_PERIOD]),
    Spec("sma_short", SMA, [Output("sma_short", "price", "price")], [SMA_SHORT]),
    Spec("sma_long", SMA, [Output("sma_long", "price", "price")], [SMA_LONG]),
    Spec("ema_short", EMA, [Output("ema_short", "price", "price")], [EMA_SHORT]),
    Spec("ema_long", EMA, [Output("ema_long", "price", "price")], [EMA_LONG]),
    Spec("macd", MACD, MACD_OUTPUTS, MACD_PARAMETERS),
    Spec("bollinger", Bollinger, BOLLINGER_OUTPUTS, [BOLLINGER_PERIOD], "Bollinger"),
    Spec("volatility", Volatility, [VOLATILITY], [VOLATILITY_PERIOD], "Volatility", ["periods_per_year"]),
    Spec("atr", ATR, [Output("atr", "distance", "atr")], [ATR_PERIOD]),
)

COLUMN_NAME = re.compile("[a-z][a-z0-9_]{0,62}")
"""PostgreSQL cuts longer names off."""

NAMES_IN_USE = frozenset(
    (
        *Bar._fields,
        *("seen", "warm_after", "sized"),  # of an open bar
        *("index", "count", "scaled"),  # of a row
        *("tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"),  # of PostgreSQL, in every table
    )
)
"""Names that no output may have, because its values would be written to, or read from, something else."""


def outputs_by_name(catalog: Sequence[Spec]) -> dict[str, Output]:
    """All outputs by name, in order. Raises ValueError if the names of indicators or of outputs are not their own."""
    found: dict[str, Output] = {}
    for place, spec in enumerate(catalog):
        if any(other.name == spec.name for other in catalog[:place]):
            raise ValueError(f"The catalog has two indicators with the name {spec.name}: rename one of them.")
        for output in spec.outputs:
            if not COLUMN_NAME.fullmatch(output.name):
                raise ValueError(
                    f"The output {output.name!r} of the indicator {spec.name} needs a name of lower-case letters,"
                    " digits and underscores, with at most 63 characters."
                )
            if output.name in NAMES_IN_USE:
                raise ValueError(
                    f"The output {output.name} of the indicator {spec.name} has a name that every bar or table uses"
                    " already: rename it."
                )
            if output.name in found:
                raise ValueError(
                    f"The catalog has two outputs with the name {output.name}: rename one of them."
                )
            found[output.name] = output
    return found


OUTPUTS = outputs_by_name(CATALOG)
COLUMNS = tuple(OUTPUTS)
"""The column of every value in the tables, in order. The names of stored columns do not change."""

PARAMETERS = {parameter.name: parameter for spec in CATALOG for parameter in spec.parameters}
DEFAULTS: Parameters = {name: parameter.default for name, parameter in PARAMETERS.items()}
