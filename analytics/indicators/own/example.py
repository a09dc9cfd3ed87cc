"""An indicator of one's own: the exponential mean of the range of a bar. Pure."""

from analytics.indicators.series.window import ExponentialMean
from analytics.indicators.spec import Output, Parameter, Spec
from shared.market.records import Bar


class AverageRange:
    """The exponential mean of high - low over `period` bars, in units of price."""

    def __init__(self, period: int) -> None:
        self.key = f"average_range-{period}"
        self.warm_after = (period,)
        self._mean = ExponentialMean(period)

    @property
    def seen(self) -> int:
        return self._mean.seen

    def update(self, bar: Bar) -> float | None:
        return self._mean.update(bar.high - bar.low)

    def preview(self, bar: Bar) -> float | None:
        return self._mean.preview(bar.high - bar.low)

    def split(self, ratio: float) -> None:
        self._mean.split(ratio)

    def state(self) -> list[float]:
        return self._mean.state()

    def restore(self, state: list[float]) -> None:
        self._mean.restore(self.key, state)


INDICATOR = Spec(
    "average_range",
    AverageRange,
    [Output("average_range", "distance", label="Average range")],
    [Parameter("average_range_period", 14, "Period of the average range")],
)
