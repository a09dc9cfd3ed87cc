"""The cost of fitting a library's ARIMA model again at every closed bar, for comparison."""

import time
import warnings
from statistics import median

import numpy as np
import pmdarima
from threadpoolctl import threadpool_limits

from benchmarks.forecasts.walks import SYMBOLS, WalkingMarket
from benchmarks.staging.progress import with_progress
from benchmarks.staging.tables import table
from ml.arima.forecaster import ForecastSettings

FITS = 2
"""Number of bars at which each walk is fitted."""


def refitted_at_every_bar(
    market: WalkingMarket, first: int, settings: ForecastSettings, walks: int
) -> list[float]:
    """CPU milliseconds of pmdarima's automatic search with its defaults, and its forecast, at each bar.

    Linear algebra uses one thread; with the default of more threads it is even slower.
    """
    found = []
    ends = [(symbol, first + turn) for symbol in market.symbols[:walks] for turn in range(FITS)]
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for symbol, end in with_progress(ends, "pmdarima at every bar", len(ends)):
            closes = np.array(market.closes(symbol, end - settings.window, end))
            began = time.process_time_ns()
            model = pmdarima.auto_arima(closes)
            model.predict(settings.steps, return_conf_int=True, alpha=1.0 - settings.confidence)
            found.append((time.process_time_ns() - began) / 1e6)
    return found


def comparison(ours: float, fits: list[float]) -> str:
    """A table that compares these fits with Tickstream, in CPU milliseconds for each symbol and bar."""
    theirs = median(fits)
    rows = [
        (
            "pmdarima: auto_arima on 500 closes, predict",
            f"{theirs:,.0f} ms",
            f"{theirs * SYMBOLS / 1e3:,.1f} s",
        ),
        ("Tickstream: everything", f"{ours:.3f} ms", f"{ours * SYMBOLS / 1e3:.3f} s"),
        ("factor", f"{theirs / ours:,.0f}", ""),
    ]
    title = f"Compared with fitting a model at every bar: CPU time, medians ({len(fits)} fits, one thread)"
    return table(title, ("", "one symbol", f"{SYMBOLS} symbols"), rows)
