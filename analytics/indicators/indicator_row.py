"""The values of all indicators for one bar. Pure."""

from analytics.indicators.catalog import COLUMNS, OUTPUTS
from analytics.indicators.spec import Unit

COLUMN_PLACES = {name: place for place, name in enumerate(COLUMNS)}
"""The place of each column in a row, by name."""
UNITS = tuple(output.unit for output in OUTPUTS.values())


def factors_of(price: float, volume: float) -> dict[Unit, float]:
    """The factor of each unit where prices are multiplied by `price` and numbers of shares by `volume`."""
    scaled: dict[Unit, float] = {"price": price, "difference": price, "distance": price, "volume": volume}
    return {**scaled, "number": 1.0, "share": 1.0}


class IndicatorRow(tuple[float | None, ...]):
    """One value for each column of the catalog, in its order and by name as attributes; None while warming up, or where
    a value is not defined. Values of indicators that have no columns follow after them."""

    __slots__ = ()

    def __getattr__(self, name: str) -> float | None:
        """The value of a column."""
        if name not in COLUMN_PLACES:
            raise AttributeError(f"no indicator has a column {name}")
        return self[COLUMN_PLACES[name]]

    def scaled(self, price: float, volume: float) -> "IndicatorRow":
        """The row with everything in units of the price times `price`, and numbers of shares times `volume`."""
        factors = factors_of(price, volume)
        return IndicatorRow(
            None if value is None else value * factors[unit] for value, unit in zip(self, UNITS, strict=True)
        )
