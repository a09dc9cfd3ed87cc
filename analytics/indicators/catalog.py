"""The catalog of indicators: table columns, settings, replay CSV, API and page are made from it. Pure.

A new indicator is one class and one line in STORED or ON_REQUEST; the steps are in `docs/how-a-quote-travels.md`, "Add
an indicator".
"""

import re
from collections.abc import Sequence
from math import inf

from analytics.indicators.momentum.cci import CCI
from analytics.indicators.momentum.rate_of_change import RateOfChange
from analytics.indicators.momentum.rsi import RSI
from analytics.indicators.momentum.stochastic import Stochastic
from analytics.indicators.momentum.stochastic_rsi import StochasticRSI
from analytics.indicators.spec import Output, Parameter, Parameters, Spec
from analytics.indicators.statistics.drawdown import Drawdown
from analytics.indicators.statistics.linear_regression import LinearRegression
from analytics.indicators.statistics.z_score import ZScore
from analytics.indicators.trend.adx import ADX
from analytics.indicators.trend.ichimoku import Ichimoku
from analytics.indicators.trend.macd import MACD
from analytics.indicators.trend.moving_averages import EMA, SMA
from analytics.indicators.trend.parabolic_sar import ParabolicSAR
from analytics.indicators.trend.supertrend import SuperTrend
from analytics.indicators.volatility.atr import ATR
from analytics.indicators.volatility.bollinger import Bollinger
from analytics.indicators.volatility.bollinger_position import BollingerPosition
from analytics.indicators.volatility.donchian import Donchian
from analytics.indicators.volatility.garman_klass import GarmanKlass
from analytics.indicators.volatility.keltner import Keltner
from analytics.indicators.volatility.realized_volatility import Volatility
from analytics.indicators.volume.obv import OBV
from analytics.indicators.volume.session_vwap import SessionVWAP
from shared.market.records import Bar

POSITIVE, PERCENT = (0, inf), (0, 100)
"""The limits of outputs that can't be negative, and of those from 0 to 100."""

MACD_OUTPUTS = (
    Output("macd", "difference", "macd", label="MACD"),
    Output("macd_signal", "difference", "macd", label="Signal"),
    Output("macd_histogram", "difference", "macd", "histogram", is_figure=False),
)
MACD_PARAMETERS = (
    Parameter("macd_fast", 12, "Period of the fast average of MACD", below="macd_slow"),
    Parameter("macd_slow", 26, "Period of the slow average of MACD"),
    Parameter("macd_signal", 9, "Period of the signal line of MACD"),
)
BOLLINGER_OUTPUTS = (
    Output("bollinger_lower", "price", "price", "band", "Lower band"),
    Output("bollinger_middle", "price", "price", "band", is_figure=False),
    Output("bollinger_upper", "price", "price", "band", "Upper band"),
)
RSI_VALUE = Output("rsi", "number", "rsi", guides=("rsi_overbought", "rsi_oversold"), limits=PERCENT)
RSI_PERIOD = Parameter("rsi_period", 14, "Period of the relative strength index", least=2)
SMA_SHORT = Parameter(
    "sma_short_period", 20, "Period of the short simple moving average", below="sma_long_period"
)
SMA_LONG = Parameter("sma_long_period", 50, "Period of the long simple moving average")
EMA_SHORT = Parameter(
    "ema_short_period", 12, "Period of the short exponential moving average", below="ema_long_period"
)
EMA_LONG = Parameter("ema_long_period", 26, "Period of the long exponential moving average")
BOLLINGER_PERIOD = Parameter("bollinger_period", 20, "Period of the Bollinger bands", least=2)
VOLATILITY = Output("volatility", "share", label="Volatility p.a.", limits=POSITIVE)
VOLATILITY_PERIOD = Parameter("volatility_period", 20, "Period of the realized volatility", least=2)
ATR_PERIOD = Parameter("atr_period", 14, "Period of the average true range")
GARMAN_KLASS = Output("garman_klass", "share", label="Garman-Klass vol. p.a.")
GARMAN_KLASS_PERIOD = Parameter("garman_klass_period", 20, "Period of the Garman-Klass volatility")
POSITION_OUTPUTS = (
    Output("percent_b", "number", "percent_b", label="%B", guides=(1, 0)),
    Output("band_width", "share", label="Band width"),
)
KELTNER_OUTPUTS = (
    Output("keltner_lower", "price", "price", "band", "Lower Keltner"),
    Output("keltner_middle", "price", "price", "band", is_figure=False),
    Output("keltner_upper", "price", "price", "band", "Upper Keltner"),
)
KELTNER_PARAMETERS = (
    Parameter("keltner_period", 20, "Period of the average in the Keltner channels"),
    Parameter("keltner_range_period", 10, "Period of the average true range of the Keltner channels"),
)
DONCHIAN_OUTPUTS = (
    Output("donchian_lower", "price", "price", "band", "Lower Donchian"),
    Output("donchian_middle", "price", "price", "band", is_figure=False),
    Output("donchian_upper", "price", "price", "band", "Upper Donchian"),
)
DONCHIAN_PERIOD = Parameter("donchian_period", 20, "Period of the Donchian channels")
STOCHASTIC_OUTPUTS = (
    Output("stochastic_k", "number", "stochastic", label="%K", guides=(80, 20), limits=PERCENT),
    Output("stochastic_d", "number", "stochastic", label="%D", limits=PERCENT),
)
STOCHASTIC_PARAMETERS = (
    Parameter("stochastic_period", 14, "Period of the stochastic oscillator", least=2),
    Parameter("stochastic_smoothing", 3, "Period of the average that %K of the stochastic oscillator is"),
    Parameter("stochastic_signal", 3, "Period of the average of %K that %D is"),
)
STOCHASTIC_RSI_OUTPUTS = (
    Output(
        "stochastic_rsi_k", "number", "stochastic_rsi", label="StochRSI %K", guides=(80, 20), limits=PERCENT
    ),
    Output("stochastic_rsi_d", "number", "stochastic_rsi", label="StochRSI %D", limits=PERCENT),
)
STOCHASTIC_RSI_PARAMETERS = (
    Parameter(
        "stochastic_rsi_period", 14, "Period of the RSI and of the window of the stochastic RSI", least=2
    ),
    Parameter("stochastic_rsi_smoothing", 3, "Period of the average that %K of the stochastic RSI is"),
    Parameter("stochastic_rsi_signal", 3, "Period of the average of %K that %D is"),
)
ROC = Output("roc", "share", "roc", label="Rate of change", guides=(0,))
ROC_PERIOD = Parameter("roc_period", 10, "Number of bars over which the rate of change is taken")
CCI_VALUE = Output("cci", "number", "cci", guides=(100, -100))
CCI_PERIOD = Parameter("cci_period", 20, "Period of the commodity channel index", least=2)
ADX_OUTPUTS = (
    Output("adx", "number", "adx", label="ADX", guides=(25,), limits=PERCENT),
    Output("plus_di", "number", "adx", label="+DI", limits=PERCENT),
    Output("minus_di", "number", "adx", label="−DI", limits=PERCENT),
)
ADX_PERIOD = Parameter("adx_period", 14, "Period of the average directional index")
ICHIMOKU_OUTPUTS = (
    Output("ichimoku_conversion", "price", "price", label="Conversion line"),
    Output("ichimoku_base", "price", "price", label="Base line"),
    Output("ichimoku_span_a", "price", "price", "band", "Span A"),
    Output("ichimoku_span_b", "price", "price", "band", "Span B"),
)
ICHIMOKU_PARAMETERS = (
    Parameter("ichimoku_conversion", 9, "Bars of Ichimoku's conversion line", below="ichimoku_base"),
    Parameter("ichimoku_base", 26, "Bars of Ichimoku's base line and of its shift", below="ichimoku_span"),
    Parameter("ichimoku_span", 52, "Bars of Ichimoku's span B"),
)
SUPERTREND_OUTPUTS = (
    Output("supertrend", "price", "price", label="SuperTrend"),
    Output("supertrend_direction", "number", label="SuperTrend direction", limits=(-1, 1)),
)
SUPERTREND_PERIOD = Parameter("supertrend_period", 10, "Period of the average true range of SuperTrend")
REGRESSION_OUTPUTS = (
    Output("slope", "difference", "slope", label="Slope a bar", guides=(0,)),
    Output("r_squared", "number", label="R²", limits=(0, 1)),
)
REGRESSION_PERIOD = Parameter("linear_regression_period", 20, "Period of the linear regression", least=3)
Z_SCORE_PERIOD = Parameter("z_score_period", 20, "Period of the z-score", least=2)
DRAWDOWN_OUTPUTS = (
    Output("session_drawdown", "share", label="Below session high"),
    Output("year_drawdown", "share", label="Below 1-year high"),
)

SESSION_VWAP = Output("session_vwap", "price", "price", is_figure=False)

PERIODS, SESSIONS = ("periods_per_year",), ("session_of",)
"""What indicators need of the context of their series."""

STORED = (
    Spec("rsi", RSI, [RSI_VALUE], [RSI_PERIOD]),
    Spec("sma_short", SMA, [Output("sma_short", "price", "price")], [SMA_SHORT]),
    Spec("sma_long", SMA, [Output("sma_long", "price", "price")], [SMA_LONG]),
    Spec("ema_short", EMA, [Output("ema_short", "price", "price")], [EMA_SHORT]),
    Spec("ema_long", EMA, [Output("ema_long", "price", "price")], [EMA_LONG]),
    Spec("macd", MACD, MACD_OUTPUTS, MACD_PARAMETERS),
    Spec("bollinger", Bollinger, BOLLINGER_OUTPUTS, [BOLLINGER_PERIOD], "Bollinger"),
    Spec("volatility", Volatility, [VOLATILITY], [VOLATILITY_PERIOD], "Volatility", PERIODS),
    Spec("atr", ATR, [Output("atr", "distance", "atr", limits=POSITIVE)], [ATR_PERIOD]),
    Spec("session_vwap", SessionVWAP, [SESSION_VWAP], [], "VWAP", SESSIONS),
    Spec("stochastic", Stochastic, STOCHASTIC_OUTPUTS, STOCHASTIC_PARAMETERS, "Stoch"),
    Spec("adx", ADX, ADX_OUTPUTS, [ADX_PERIOD]),
    Spec("obv", OBV, [Output("obv", "volume", "obv", is_figure=False)], []),
)
"""Calculated for every bar; each output has a column in the tables."""

ON_REQUEST = (
    Spec("bollinger_position", BollingerPosition, POSITION_OUTPUTS, [BOLLINGER_PERIOD], "%B"),
    Spec("stochastic_rsi", StochasticRSI, STOCHASTIC_RSI_OUTPUTS, STOCHASTIC_RSI_PARAMETERS, "StochRSI"),
    Spec("roc", RateOfChange, [ROC], [ROC_PERIOD]),
    Spec("cci", CCI, [CCI_VALUE], [CCI_PERIOD]),
    Spec("garman_klass", GarmanKlass, [GARMAN_KLASS], [GARMAN_KLASS_PERIOD], "Garman-Klass", PERIODS),
    Spec("keltner", Keltner, KELTNER_OUTPUTS, KELTNER_PARAMETERS, "Keltner"),
    Spec("donchian", Donchian, DONCHIAN_OUTPUTS, [DONCHIAN_PERIOD], "Donchian"),
    Spec("linear_regression", LinearRegression, REGRESSION_OUTPUTS, [REGRESSION_PERIOD], "Regression"),
    Spec("z_score", ZScore, [Output("z_score", "number", "z_score")], [Z_SCORE_PERIOD], "z-score"),
    Spec("drawdown", Drawdown, DRAWDOWN_OUTPUTS, [], "Drawdown", SESSIONS),
    Spec("ichimoku", Ichimoku, ICHIMOKU_OUTPUTS, ICHIMOKU_PARAMETERS, "Ichimoku"),
    Spec("supertrend", SuperTrend, SUPERTREND_OUTPUTS, [SUPERTREND_PERIOD], "SuperTrend"),
    Spec("parabolic_sar", ParabolicSAR, [Output("parabolic_sar", "price", "price")], [], "PSAR"),
)
"""Calculated where they are asked for, by the same classes; no table has them."""

CATALOG = STORED + ON_REQUEST

COLUMN_NAME = re.compile("[a-z][a-z0-9_]{0,62}")
"""PostgreSQL cuts longer names off."""

NAMES_IN_USE = frozenset(
    (
        *Bar._fields,
        *("seen", "warm_after", "sized"),  # of an open bar
        *("index", "count", "scaled"),  # of a row
        *("tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"),  # of PostgreSQL, in every table
    )
)
"""Names that no output may have, because its values would be written to, or read from, something else."""


def outputs_by_name(catalog: Sequence[Spec]) -> dict[str, Output]:
    """All outputs by name, in order. Raises ValueError if the names of indicators or of outputs are not their own."""
    found: dict[str, Output] = {}
    for place, spec in enumerate(catalog):
        if any(other.name == spec.name for other in catalog[:place]):
            raise ValueError(f"The catalog has two indicators with the name {spec.name}: rename one of them.")
        for output in spec.outputs:
            if not COLUMN_NAME.fullmatch(output.name):
                raise ValueError(
                    f"The output {output.name!r} of the indicator {spec.name} needs a name of lower-case letters,"
                    " digits and underscores, with at most 63 characters."
                )
            if output.name in NAMES_IN_USE:
                raise ValueError(
                    f"The output {output.name} of the indicator {spec.name} has a name that every bar or table uses"
                    " already: rename it."
                )
            if output.name in found:
                raise ValueError(
                    f"The catalog has two outputs with the name {output.name}: rename one of them."
                )
            found[output.name] = output
    return found


ALL_OUTPUTS = outputs_by_name(CATALOG)
OUTPUTS = {output.name: output for spec in STORED for output in spec.outputs}
COLUMNS = tuple(OUTPUTS)
"""The column of every value in the tables, in order. The names of stored columns do not change."""

PARAMETERS = {parameter.name: parameter for spec in CATALOG for parameter in spec.parameters}
DEFAULTS: Parameters = {name: parameter.default for name, parameter in PARAMETERS.items()}
