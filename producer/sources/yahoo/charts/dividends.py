"""The unit of Yahoo's dividends: for prices in pence, dividends may be in pence, pounds or dollars."""

from producer.sources.yahoo.charts.chart_types import Chart, Dividend, points
from shared.market.currencies import converted, is_confusable, unit_of

MIN_FRACTION, MAX_FRACTION = 0.0005, 0.4
"""Bounds relative to the previous close: with prices in parts, a smaller dividend may be in whole units; a larger one
may be in parts. Either would be wrong by a factor of 100."""


def in_unit_of_prices(chart: Chart, dividend: Dividend) -> float | None:
    """The amount per share in the unit of the chart's prices, None if the unit is unclear."""
    currency = chart.meta.currency
    if currency is None or dividend.currency is None:
        return dividend.amount if currency is None or _is_plausible(chart, dividend, currency) else None
    if dividend.currency == currency:
        return dividend.amount
    return converted(dividend.amount, dividend.currency, currency)


def _is_plausible(chart: Chart, dividend: Dividend, currency: str) -> bool:
    """Whether an amount without a currency can only be in the unit of the prices."""
    if not is_confusable(currency):
        return True
    before = [point.close for point in points(chart) if point.time < dividend.date]
    if not before:
        return False
    fraction = dividend.amount / before[-1]
    is_whole = unit_of(currency).parts == 1
    return fraction <= MAX_FRACTION and (is_whole or fraction >= MIN_FRACTION)
