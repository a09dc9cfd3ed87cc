"""Rows of one symbol as the page reads them, on a Monday before the market opens in New York."""

from dashboard.presenters.delta import PageContext
from dashboard.read.rows import ChartBar, OpenBarRow, SymbolRow
from dashboard.read.snapshot import NOTHING
from shared.settings.analysis_settings import Alerts, Indicators
from tests.inputs.records import NO_VALUES, with_values

MONDAY_NOON = 1_763_985_600  # 2025-11-24 12:00 UTC: New York is in its pre-market
SYMBOL = SymbolRow(
    "AAA",
    76.38,
    MONDAY_NOON,
    MONDAY_NOON + 1.0,
    None,
    None,
    76.66,
    None,
    None,
    None,
    None,
    "USD",
    "NMS",
    2,
    70.0,
)
COLD = ChartBar(60, 120, 1.0, 2.0, 0.5, 1.5, 100.0, None, 3, NO_VALUES)
WARM = COLD._replace(indicators=with_values(NO_VALUES, rsi=55.0, sma_short=1.4, volatility=0.3))
CONTEXT = PageContext("simulated", "The database", Indicators(), Alerts())
READING = NOTHING._replace(
    now=MONDAY_NOON + 3.5,
    symbols={"AAA": SYMBOL},
    open_bars={("AAA", "1m"): OpenBarRow(WARM, 12, 50)},
    trends={"AAA": (1.0, 2.0)},
)
"""One symbol with its open bar, read 2.5 s after its quote was received."""
CLOSED = COLD._replace(
    start=MONDAY_NOON - 60,
    end=MONDAY_NOON,
    close=100.0,
    indicators=with_values(NO_VALUES, rsi=55.04, sma_short=99.5, sma_long=98.25, volatility=0.3),
)
