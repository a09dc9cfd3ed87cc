"""The values that the rules of one series read: each is calculated once a bar, whichever rules read it. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from analytics.alerts.anomalies.anomaly import Anomaly
from analytics.alerts.evaluation.change_and_drawdown import ChangeOver, DrawdownOver
from analytics.alerts.evaluation.histories import History
from analytics.alerts.evaluation.spans import CountedBars, EventTime, Span, TradingDays
from analytics.alerts.evaluation.usual_bar import OneBarVolatility, TypicalVolume
from analytics.alerts.language.functions import INDICATOR_FUNCTIONS, OWN_PARTS, SERIES, IndicatorFunction
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.syntax import Call, Duration, Node, Number, Series
from analytics.indicators.series.inputs import input_of
from analytics.indicators.spec import Context, Unit, Value
from analytics.mood.headline_mood import MoodOver, ScoredHeadline
from shared.market.records import Bar

DAY = 86_400
READ: Mapping[str, Callable[[Bar], float | None]] = {
    "open": lambda bar: bar.open,
    "high": lambda bar: bar.high,
    "low": lambda bar: bar.low,
    "close": lambda bar: bar.close,
    "volume": lambda bar: bar.volume,
    "vwap": lambda bar: bar.vwap,
    "spread": lambda bar: bar.spread,
}
"""How a series is read from a bar."""
NOTHING: Mapping[str, float] = {}
OWN_UNITS: Mapping[str, Unit] = {
    **dict.fromkeys(("change", "drawdown", "bar_volatility"), "share"),
    "typical_volume": "volume",
}
"""The language's own functions that are calculated from bars, with the units of their values."""


class Source(Protocol):
    """What a value is calculated by, from one bar after the other."""

    def update(self, bar: Bar, /) -> Value: ...
    def split(self, ratio: float, /) -> None: ...
    def state(self) -> Any: ...
    def restore(self, state: Any, /) -> None: ...


class ForecastRead(NamedTuple):
    """An end of a forecast interval that a rule reads: its text, the nominal coverage, and "low" or "high"."""

    text: str
    coverage: float
    part: str


class SeriesValues:
    """The values of one symbol and interval, by their text in the normal form; `seen` bars were added. `turn` counts
    them too, and skips a number where values were replaced.

    Values that are not calculated from these bars and headlines, such as forecast(95%).low or the close of another
    symbol, come from outside; one is unknown at a bar without it. So do those whose texts are `given`.
    """

    def __init__(self, symbol: str, context: Context, given: Collection[str] = ()) -> None:
        self._symbol, self._context, self._given = symbol, context, given
        self._series: dict[str, list[History]] = {}
        self._sources: dict[str, Source] = {}
        self._parts: dict[str, list[tuple[int, History]]] = {}
        self._outside: dict[str, History] = {}
        self._of_others: set[str] = set()
        self._moods: list[MoodOver] = []
        self.forecasts: list[ForecastRead] = []
        self.histories: dict[str, History] = {}
        self.seen = self.turn = 0

    def history(self, node: Series | Call) -> History:
        """The history of a value that an expression reads."""
        text = expression_text(node)
        if text not in self.histories:
            self.histories[text] = self._new(node, text)
        return self.histories[text]

    def _new(self, node: Series | Call, text: str) -> History:
        if text in self._given:
            history = self._outside[text] = History("number")
        elif isinstance(node, Series):
            history = self._new_series(node, text)
        elif node.function in INDICATOR_FUNCTIONS:
            history = self._of_indicator(node)
        elif node.function in OWN_UNITS:
            history = History(OWN_UNITS[node.function])
            self._sources[text], self._parts[text] = _source(node, self._context), [(-1, history)]
        elif node.function == "anomaly":
            history = self._of_anomaly(node.part)
        elif node.function == "sentiment":
            history = History("number")
            self._sources[text], self._parts[text] = self._new_mood(node), [(-1, history)]
        else:
            history = self._outside[text] = History("price")
            self.forecasts.append(_forecast_read(node, text))
        return history

    def _of_anomaly(self, part: str) -> History:
        key = "anomaly()"
        if key not in self._sources:
            self._sources[key], self._parts[key] = Anomaly(self._context.session_of), []
        history = History("number")
        self._parts[key].append((OWN_PARTS["anomaly"].index(part), history))
        return history

    def _new_mood(self, node: Call) -> MoodOver:
        span, half_life = (each.seconds for each in node.arguments if isinstance(each, Duration))
        self._moods.append(MoodOver(span, half_life))
        return self._moods[-1]

    def _new_series(self, node: Series, text: str) -> History:
        history = History(SERIES[node.name])
        if node.symbol in ("", self._symbol):
            self._series.setdefault(node.name, []).append(history)
        else:
            self._outside[text] = history
            self._of_others.add(text)
        return history

    def _of_indicator(self, node: Call) -> History:
        function = INDICATOR_FUNCTIONS[node.function]
        series, numbers = _series_and_numbers(node)
        key = f"{function.spec.indicator.__name__}({', '.join(map(expression_text, node.arguments))})"
        if key not in self._sources:
            self._sources[key] = _indicator(function, series, numbers, self._context)
            self._parts[key] = []
        history = History(function.unit(node.part, series))
        place = function.parts.index(node.part) if len(function.spec.outputs) > 1 else -1
        self._parts[key].append((place, history))
        return history

    def update(self, bar: Bar, outside: Mapping[str, float] = NOTHING) -> None:
        """Add a closed bar; `outside` has the values that are not calculated from bars, by their text."""
        self.seen += 1
        self.turn += 1
        for name, histories in self._series.items():
            value = READ[name](bar)
            for history in histories:
                history.add(value)
        for key, source in self._sources.items():
            found = source.update(bar)
            for place, history in self._parts[key]:
                history.add(found[place] if isinstance(found, tuple) else found)
        for text, history in self._outside.items():
            history.add(outside.get(text))

    @property
    def reads_mood(self) -> bool:
        """Whether any value is made of headlines."""
        return bool(self._moods)

    def add_headlines(self, headlines: Iterable[ScoredHeadline]) -> None:
        """Add headlines about the symbol."""
        for headline in headlines:
            for mood in self._moods:
                mood.add(headline)

    def split(self, ratio: float) -> None:
        """One share of this symbol became `ratio` shares."""
        for source in self._sources.values():
            source.split(ratio)
        for text, history in self.histories.items():
            if text not in self._of_others:
                history.split(ratio)

    def split_other(self, text: str, ratio: float) -> None:
        """One share of the symbol of this series, which is another one, became `ratio` shares."""
        self.histories[text].split(ratio)

    def take_over(self, other: "SeriesValues") -> None:
        """Continue the values of another one at the same bar, as far as it has them and goes back further."""
        self.seen = other.seen
        self.turn += 2
        for key in self._sources.keys() & other._sources.keys():
            self._sources[key].restore(other._sources[key].state())
        for text in self.histories.keys() & other.histories.keys():
            if len(found := other.histories[text].state()) > len(self.histories[text].state()):
                self.histories[text].restore(found)

    def state(self) -> dict[str, Any]:
        """All that `restore` needs."""
        sources = {key: source.state() for key, source in self._sources.items()}
        return {
            "seen": self.seen,
            "sources": sources,
            "values": {text: each.state() for text, each in self.histories.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`, which has the same values. Raises KeyError if one is missing."""
        self.seen = state["seen"]
        self.turn += 2
        for key, source in self._sources.items():
            source.restore(state["sources"][key])
        for text, history in self.histories.items():
            history.restore(state["values"][text])

    def restore_known(self, state: Mapping[str, Any]) -> None:
        """Continue from `state`, as far as it has these values; others are unknown until the next bar."""
        unknown: dict[str, list[float | None]] = {text: [] for text in self.histories}
        begun = {key: source.state() for key, source in self._sources.items()}
        known = {"sources": {**begun, **state["sources"]}, "values": {**unknown, **state["values"]}}
        self.restore({**state, **known})


def _forecast_read(node: Call, text: str) -> ForecastRead:
    (coverage,) = node.arguments
    assert isinstance(coverage, Number)
    return ForecastRead(text, coverage.value, node.part)


def _indicator(
    function: IndicatorFunction, series: str, numbers: Sequence[float], context: Context
) -> Source:
    """The indicator with these periods and factors, calculated from this series of a bar."""
    periods = [int(number) for number in numbers[: len(function.periods)]]
    names = [factor.name for factor in function.factors]
    named: dict[str, Any] = dict(zip(names, numbers[len(periods) :], strict=True))
    if series != "close":
        named["of"] = input_of(series)
    needs = [getattr(context, name) for name in function.spec.needs]
    return function.spec.indicator(*periods, *needs, **named)


def _series_and_numbers(node: Call) -> tuple[str, list[float]]:
    """The input series and the numbers of a checked call."""
    series = "close"
    numbers: list[float] = []
    for argument in node.arguments:
        if isinstance(argument, Series):
            series = argument.name
        elif isinstance(argument, Number):
            numbers.append(argument.value)
    return series, numbers


def _source(node: Call, context: Context) -> Source:
    """What one of the language's own functions is calculated by."""
    match node.function:
        case "typical_volume":
            return TypicalVolume(context.session_of)
        case "bar_volatility":
            return OneBarVolatility(int(_series_and_numbers(node)[1][0]), context.periods_per_year)
    span = _span(node.arguments[0], context)
    if node.function == "drawdown":
        return DrawdownOver(span)
    return ChangeOver(span, of_sessions=isinstance(span, TradingDays))


def _span(argument: Node, context: Context) -> Span:
    if isinstance(argument, Duration) and argument.text.endswith("d"):
        return TradingDays(argument.seconds // DAY, context.session_of)
    if isinstance(argument, Duration):
        return EventTime(argument.seconds)
    assert isinstance(argument, Number)
    return CountedBars(int(argument.value))
