"""What the API answers, for its description: names, meaning and units of everything in an answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from analytics.indicators.spec import Unit
from dashboard.presenters.figures import OWN_COLUMNS
from dashboard.presenters.indicators import drawn
from shared.market.records import Interval

UNITS: dict[Unit, str] = {
    "price": "a price in the currency of the symbol",
    "difference": "a signed difference of prices",
    "distance": "a distance of prices",
    "volume": "a number of shares",
    "number": "a number without a unit",
    "share": "a fraction, of which 1 is 100 %",
}
OWN_UNITS = ("start of the bar, epoch seconds UTC", *[UNITS["price"]] * 4, UNITS["volume"])


def _bar_columns() -> dict[str, Any]:
    texts = dict(zip(OWN_COLUMNS, OWN_UNITS, strict=True))
    for spec in drawn():
        for output in spec.outputs:
            texts[output.name] = f"indicator {spec.name}: {UNITS[output.unit]}; null while it is warming up"
    values = {"type": "array", "items": {"type": ["number", "null"]}}
    properties = {name: values | {"description": text} for name, text in texts.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


Column = list[float | None]
Time = Annotated[float, Field(description="Epoch seconds UTC.")]
BarColumns = Annotated[dict[str, Column], WithJsonSchema(_bar_columns())]


class AnswerPart(BaseModel):
    """An object without other names than these."""

    model_config = ConfigDict(extra="forbid")


class OfSymbol(AnswerPart):
    """What is about a symbol and an interval."""

    symbol: str
    interval: Interval


class MarkOnChart(AnswerPart):
    """A split or a dividend."""

    time: Time
    letter: str = Field(description="S for a split, D for a dividend.")
    text: str = Field(description='Such as "Split 4:1" or "Dividend 0.24", in the currency of the symbol.')


class HistoryAnswer(OfSymbol):
    """Closed bars as columns of one length, oldest first."""

    columns: BarColumns
    marks: list[MarkOnChart]
    has_older: bool | None = Field(None, description="Whether older bars are stored; without `after` only.")
    has_newer: bool | None = Field(None, description="Whether newer bars are stored; with `after` only.")


class OwnAnswer(OfSymbol):
    """Values of the user's own indicators: `start` in epoch seconds UTC, and a column for each output."""

    columns: dict[str, Column]


class StormLine(AnswerPart):
    """An alert of many symbols at once."""

    key: str
    name: str
    text: str


class AlertEntry(AnswerPart):
    """An alert of a rule at the close of a bar."""

    symbol: str
    interval: Interval
    text: str = Field(description="The condition with the values that it read.")
    tone: str = Field(description="up, down or warn.")
    side: str = Field(description="Where its marker is on the chart: above or below the bar.")
    price: float = Field(description="The close of the bar, in the currency of the symbol.")
    start: Time = Field(description="The start of the bar, epoch seconds UTC.")
    time: Time = Field(description="The end of the bar, epoch seconds UTC.")
    known_at: float | None = Field(
        description="When the log got the record that caused it, epoch seconds UTC; null if that is not known."
    )
    zone: str = Field(description="The time zone of the exchange.")
    severity: str = Field(description="info, warning or critical.")
    by: str | None = Field(description="Who acknowledged it; null if nobody has.")
    key: str = Field(description="The same for the same alert in every answer.")
    storm: StormLine | None = Field(description="The grouped alert that it belongs to.")


class AlertsAnswer(OfSymbol):
    """Alerts, newest first."""

    alerts: list[AlertEntry]


class MoodAnswer(AnswerPart):
    """The mood of headlines."""

    symbol: str
    mood: dict[str, float | None] = Field(
        description="`score`, from -1 to 1, of the `headlines` published in the last `hours`; `newest` in epoch seconds"
        " UTC. The weight of a headline halves in `half_life_hours`."
    )
    price_action: dict[str, float | None] = Field(
        description="`score`, from -1 to 1, of the last day of trading, which ended at `until`, epoch seconds UTC."
    )
    headlines: list[dict[str, Any]] = Field(
        description="Newest first: title, publisher, link, score from -1 to 1, scorer, source, and when the headline"
        " was `published` and `received`, epoch seconds UTC."
    )


class ForecastsAnswer(OfSymbol):
    """Closes and their forecasts, as columns of one length, oldest first."""

    level: float = Field(description="The nominal coverage of the interval, such as 0.95.")
    model: str = Field(description="The model that made the forecasts.")
    columns: dict[str, list[float]] = Field(
        description="`start` of the bar, epoch seconds UTC; its `close`; `mean`, `low` and `high` of its forecast, in"
        " units of today's share."
    )
    text: str = Field(description="The actual coverage, in a sentence.")


class DiagnosticsAnswer(OfSymbol):
    """What is known of the forecast models. Times are in epoch seconds UTC."""

    findings: dict[str, Any] = Field(
        description="By model: findings about its errors, and when they were made."
    )
    fits: list[dict[str, Any]] = Field(description="The latest searches for an ARIMA order, newest first.")
    trainings: list[dict[str, Any]] = Field(
        description="The latest trainings over all symbols, newest first; losses in squared sigmas."
    )
    records: list[dict[str, Any]] = Field(description="The scores of each model at each horizon, in bars.")


class MarketAnswer(AnswerPart):
    """The market as a whole."""

    interval: Interval
    breadth: dict[str, list[float | None]] = Field(
        description="Columns, oldest first: `time` in epoch seconds UTC, and counts of symbols."
    )
    betas: dict[str, list[Any]] = Field(
        description="Columns: symbol, `time` of its bar in epoch seconds UTC, benchmark, beta, correlation of log"
        " returns, and the number of returns."
    )


class HealthAnswer(AnswerPart):
    """The condition of the server."""

    status: str = Field(description="ok or failed.")
    condition: str = Field(description="starting, no_database, no_tables, no_quotes or reading.")
    sequence: int = Field(description="Grows with everything that is read.")


class SwitchAnswer(AnswerPart):
    """The switch was requested."""

    detail: str
