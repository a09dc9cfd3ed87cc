"""What it costs to fit a library's model anew at every closed bar."""

import time
import warnings
from statistics import median

import numpy as np
import pmdarima
from threadpoolctl import threadpool_limits

from benchmarks.tables import table
from benchmarks.tracking import tracked
from benchmarks.walks import SYMBOLS, WalkingMarket
from ml.arima.forecaster import ForecastSettings

FITS = 2
"""Bars at which each walk is fitted anew."""


def fitted_anew(market: WalkingMarket, first: int, settings: ForecastSettings, walks: int) -> list[float]:
    """Milliseconds of processor time of pmdarima's automatic search with its defaults, and its forecast, at each bar.

    One thread of linear algebra: with more, which is what it would take by itself, it is slower yet.
    """
    found = []
    ends = [(symbol, first + turn) for symbol in market.symbols[:walks] for turn in range(FITS)]
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for symbol, end in tracked(ends, "pmdarima at every bar", len(ends)):
            closes = np.array(market.closes(symbol, end - settings.window, end))
            began = time.process_time_ns()
            model = pmdarima.auto_arima(closes)
            model.predict(settings.steps, return_conf_int=True, alpha=1.0 - settings.confidence)
            found.append((time.process_time_ns() - began) / 1e6)
    return found


def beside(ours: float, fits: list[float]) -> str:
    """A table of these fits and of what Tickstream needs, in milliseconds of processor time a symbol and bar."""
    theirs = median(fits)
    rows = [
        (
            "pmdarima: auto_arima on 500 closes, predict",
            f"{theirs:,.0f} ms",
            f"{theirs * SYMBOLS / 1e3:,.1f} s",
        ),
        ("Tickstream: everything", f"{ours:.3f} ms", f"{ours * SYMBOLS / 1e3:.3f} s"),
        ("times as quick", f"{theirs / ours:,.0f}", ""),
    ]
    title = f"Beside a model fitted anew at every bar: processor time, medians ({len(fits)} fits, one thread)"
    return table(title, ("", "a symbol", f"{SYMBOLS} symbols"), rows)
