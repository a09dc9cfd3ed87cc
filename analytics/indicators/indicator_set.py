"""All indicators of one symbol and interval, updated together."""

from collections.abc import Mapping

from analytics.indicators.catalog import CATALOG, Context, Indicator, Parameters
from analytics.indicators.indicator_row import IndicatorRow
from shared.errors import TickstreamError
from shared.market.records import Bar

IndicatorStates = dict[str, list[float]]
"""States by key. Indicators of one class with equal parameters share a key, and their states are equal."""

FAMILIES = [spec.family for spec in CATALOG]
MISSING = [(None,) * len(spec.outputs) for spec in CATALOG]


class SettingsChanged(TickstreamError):
    """A stored state was made with other settings: discard it and rebuild it from the bars."""


class IndicatorSet:
    """The indicators of one series. `periods_per_year` is the number of its bars in a year of trading."""

    def __init__(self, parameters: Parameters, periods_per_year: float) -> None:
        context = Context(periods_per_year)
        self._indicators = [spec.make(parameters, context) for spec in CATALOG]
        self._members = list(zip(self._indicators, FAMILIES, MISSING, strict=True))
        self.warm_after = max(count for indicator in self._indicators for count in indicator.warm_after)

    @property
    def seen(self) -> int:
        """Number of bars added so far; every value is there from `warm_after` on."""
        return self._indicators[0].seen

    def update(self, bar: Bar) -> IndicatorRow:
        """Add a closed bar."""
        values: list[float | None] = []
        for indicator, _, missing in self._members:
            value = indicator.update(bar)
            if isinstance(value, float):
                values.append(value)
            else:
                values += missing if value is None else value
        return IndicatorRow(values)

    def preview(self, bar: Bar, held_back: Mapping[str, Bar]) -> IndicatorRow:
        """The row of the open bar as if it closed now; changes nothing.

        `held_back` has the bar to be used instead for each family of indicators that is previewed less often.
        """
        values: list[float | None] = []
        for indicator, family, missing in self._members:
            value = indicator.preview(held_back.get(family, bar))
            if isinstance(value, float):
                values.append(value)
            else:
                values += missing if value is None else value
        return IndicatorRow(values)

    def split(self, ratio: float) -> None:
        """One share became `ratio` shares: continue as if every bar so far had been in new shares."""
        for indicator in self._indicators:
            indicator.split(ratio)

    def state(self) -> IndicatorStates:
        """All that `restore` needs."""
        return {indicator.key: indicator.state() for indicator in self._indicators}

    def restore(self, state: IndicatorStates) -> None:
        """Continue from `state`. Raises SettingsChanged if a key is missing or does not fit."""
        for indicator in self._indicators:
            _restore(indicator, state)
        if len({indicator.seen for indicator in self._indicators}) > 1:
            raise SettingsChanged("the stored states were not taken at the same bar")

    def adopt(self, state: IndicatorStates) -> tuple[str, ...]:
        """Continue from the states in `state` that were taken at this bar; the columns of indicators without one."""
        columns: list[str] = []
        for spec, indicator in zip(CATALOG, self._indicators, strict=True):
            if not _continues(indicator, state.get(indicator.key, [])):
                columns += (output.name for output in spec.outputs)
        return tuple(columns)


def _continues(indicator: Indicator, stored: list[float]) -> bool:
    """Restore a state that was taken at the bar of the indicator; False if it was not, or does not fit."""
    if stored[:1] != [indicator.seen]:
        return False
    try:
        indicator.restore(stored)
    except ValueError:
        return False
    return True


def _restore(indicator: Indicator, state: IndicatorStates) -> None:
    if indicator.key not in state:
        raise SettingsChanged(f"the stored state has no {indicator.key}")
    try:
        indicator.restore(state[indicator.key])
    except ValueError as error:
        raise SettingsChanged(str(error)) from error
