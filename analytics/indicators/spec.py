"""What the catalog knows of an indicator: its class, outputs and parameters. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple, Protocol

from analytics.indicators.series.sessions import SessionOf
from shared.market.records import Bar

Unit = Literal["price", "difference", "distance", "volume", "number", "share"]
"""What a value is measured in: a price; a signed difference or an unsigned distance of prices; a number of shares; a
number without a unit; a fraction (`share`), of which 1 is 100 %. A split scales the first four."""

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
    """What an indicator may need to know about its series.

    `periods_per_year` is the number of its bars in a year of trading, `session_of` the session of a bar.
    """

    periods_per_year: float
    session_of: SessionOf


@dataclass(frozen=True)
class Output:
    """A value of an indicator: its column, and where it is shown.

    Without a `pane` it is not drawn on the chart. `label` names it among the page's figures, if it is one of them;
    without one the label of the indicator does. `guides` are the levels of horizontal lines in its pane, such as 20 and
    80; a name stands for the alert threshold of that name. `limits` are the lowest and the highest value that are
    possible, of whatever series.
    """

    name: str
    unit: Unit
    pane: str = ""
    kind: Kind = "line"
    label: str = ""
    is_figure: bool = True
    guides: Sequence[float | str] = ()
    limits: tuple[float, float] = (-inf, inf)


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
