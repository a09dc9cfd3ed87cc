"""The names in rules: series of bars, indicators of the catalog as functions, and the language's own. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature

from analytics.indicators.catalog import CATALOG
from analytics.indicators.spec import Parameter, Spec, Unit

SERIES: dict[str, Unit] = {
    **dict.fromkeys(("open", "high", "low", "close", "vwap"), "price"),
    "volume": "volume",
    "spread": "share",
}
"""The numbers of a bar that a rule may use, with their units."""
INPUTS = ("open", "high", "low", "close", "volume")
"""Those that indicators may be calculated from: no bar lacks them."""

OWN_FUNCTIONS = {
    "abs": "abs(number)",
    "min": "min(number, number)",
    "max": "max(number, number)",
    "highest": "highest(high, 20)",
    "lowest": "lowest(low, 20)",
    "change": "change(1) or change(1d)",
    "drawdown": "drawdown(20) or drawdown(20d)",
    "forecast": "forecast(95%).low",
    "sentiment": "sentiment(1d) or sentiment(1d, 12h)",
    "anomaly": "anomaly()",
    "typical_volume": "typical_volume()",
    "bar_volatility": "bar_volatility(20)",
}
"""The functions of the language's own, each with an example of its use."""

HALF_LIFE = "sentiment_half_life"
"""The parameter with the hours in which the weight of a headline halves."""
DEFAULT_HALF_LIFE = 12


OWN_PARTS = {"forecast": ("low", "high"), "anomaly": ("", "spike", "gap", "surge", "frozen", "spread")}
"""The parts of functions of the language's own; the one named "" is meant without a part."""


@dataclass(frozen=True)
class NumberArgument:
    """An argument that may be any number above zero, such as the width of a band in standard deviations."""

    name: str
    default: float


@dataclass(frozen=True)
class IndicatorFunction:
    """An indicator of the catalog as a function: `periods`, then `factors`.

    With `takes_series` a series may come first. `parts` names its outputs; the one named "" is meant without a part.
    """

    name: str
    spec: Spec
    periods: Sequence[Parameter]
    factors: Sequence[NumberArgument]
    takes_series: bool
    parts: Sequence[str]

    @property
    def usage(self) -> str:
        """An example of its use, with its defaults."""
        numbers = [str(each.default) for each in self.periods] + [
            f"{each.default:g}" for each in self.factors
        ]
        part = "" if "" in self.parts else f".{self.parts[0]}"
        return f"{self.name}({', '.join(numbers)}){part}"

    def unit(self, part: str, series: str) -> Unit:
        """The unit of a part, calculated from this series: what is a price of prices is a volume of volumes."""
        unit = self.spec.outputs[self.parts.index(part)].unit
        return "volume" if series == "volume" and unit in ("price", "difference", "distance") else unit


def _as_function(spec: Spec) -> IndicatorFunction:
    """Its parts are its outputs without the name of the indicator."""
    name = spec.family if spec.family in ("sma", "ema") else spec.name
    outputs = [output.name for output in spec.outputs]
    parts = [output.removeprefix(f"{name}_") for output in outputs]
    parts = [""] if len(parts) == 1 else ["" if part == name else part for part in parts]
    known = signature(spec.indicator).parameters.values()
    factors = [
        NumberArgument(each.name, each.default) for each in known if isinstance(each.default, int | float)
    ]
    return IndicatorFunction(
        name, spec, spec.parameters, factors, any(each.name == "of" for each in known), parts
    )


def _outputs_as_functions(spec: Spec) -> list[IndicatorFunction]:
    """A function for each output of an indicator whose name means something else in a rule."""
    names = [output.name for output in spec.outputs]
    parts = [["" if name == other else other for other in names] for name in names]
    return [
        IndicatorFunction(name, spec, spec.parameters, [], False, each)
        for name, each in zip(names, parts, strict=True)
    ]


def _indicator_functions() -> dict[str, IndicatorFunction]:
    found: dict[str, IndicatorFunction] = {}
    for spec in CATALOG:
        made = _outputs_as_functions(spec) if spec.name in OWN_FUNCTIONS else [_as_function(spec)]
        for function in made:
            found.setdefault(function.name, function)
    return found


INDICATOR_FUNCTIONS = _indicator_functions()
"""By name. Of two indicators of a class, such as the short and the long average, the first gives the defaults."""

NAMES = frozenset((*SERIES, *OWN_FUNCTIONS, *INDICATOR_FUNCTIONS))
"""Every name that may begin a part of an expression."""
