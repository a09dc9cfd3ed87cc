"""The values of StockCharts' scans, and what they are in rules. Pure.

Names, arguments and meanings: StockCharts' Support Center, "Scan Syntax Reference", and ChartSchool.
"""

from analytics.alerts.importing.translation import Form

SERIES = {name: Form("", name) for name in ("open", "high", "low", "close", "volume")}
BAND = "number period, number deviations"
THREE_AVERAGES = "number fast, number slow, number signal"
OBV_START = "The on-balance volume begins with the first stored bar: only its changes can be compared."
FLAT_RANGE = "Where all prices of its window are equal, a stochastic value is 50."

VALUES = {
    **SERIES,
    "sma": Form("number period, series source = close", "sma({source}, {period})"),
    "ema": Form("number period, series source = close", "ema({source}, {period})"),
    "max": Form("number period, value source", "highest(source, {period})"),
    "min": Form("number period, value source", "lowest(source, {period})"),
    "abs": Form("value number", "abs(number)"),
    "pctchange": Form("number period, value source", "(source / source[{period}] - 1) * 100"),
    "rsi": Form("number period", "rsi({period})"),
    "roc": Form("number period", "roc({period}) * 100"),
    "atr": Form("number period", "atr({period})"),
    "cci": Form("number period", "cci({period})"),
    "adx line": Form("number period", "adx({period})"),
    "plus di": Form("number period", "adx({period}).plus_di"),
    "minus di": Form("number period", "adx({period}).minus_di"),
    "upper bb": Form(BAND, "bollinger({period}, {deviations}).upper"),
    "mid bb": Form("number period, number deviations = 2", "bollinger({period}, {deviations}).middle"),
    "lower bb": Form(BAND, "bollinger({period}, {deviations}).lower"),
    "%b": Form(BAND, "bollinger_position({period}, {deviations}).percent_b"),
    "bb width": Form(BAND, "bollinger_position({period}, {deviations}).band_width * 100"),
    "macd line": Form(THREE_AVERAGES, "macd({fast}, {slow}, {signal})"),
    "macd signal": Form(THREE_AVERAGES, "macd({fast}, {slow}, {signal}).signal"),
    "macd hist": Form(THREE_AVERAGES, "macd({fast}, {slow}, {signal}).histogram"),
    "ppo line": Form(THREE_AVERAGES, "(ema({fast}) / ema({slow}) - 1) * 100"),
    "fast stoch %k": Form("number period, number signal", "stochastic({period}, 1, {signal}).k", FLAT_RANGE),
    "fast stoch %d": Form("number period, number signal", "stochastic({period}, 1, {signal}).d", FLAT_RANGE),
    "slow stoch %k": Form("number period, number signal", "stochastic({period}, 3, {signal}).k", FLAT_RANGE),
    "slow stoch %d": Form("number period, number signal", "stochastic({period}, 3, {signal}).d", FLAT_RANGE),
    "full stoch %k": Form(
        "number period, number smoothing, number signal",
        "stochastic({period}, {smoothing}, {signal}).k",
        FLAT_RANGE,
    ),
    "full stoch %d": Form(
        "number period, number smoothing, number signal",
        "stochastic({period}, {smoothing}, {signal}).d",
        FLAT_RANGE,
    ),
    "stochrsi": Form("number period", "stochastic_rsi({period}, 1, 1).k / 100", FLAT_RANGE),
    "williams %r": Form("number period", "stochastic({period}, 1, 1).k - 100", FLAT_RANGE),
    "upper keltner chan": Form(
        "number period, number multiple, number range", "keltner({period}, {range}, {multiple}).upper"
    ),
    "lower keltner chan": Form(
        "number period, number multiple, number range", "keltner({period}, {range}, {multiple}).lower"
    ),
    "upper price chan": Form("number period", "highest(high, {period})[1]"),
    "lower price chan": Form("number period", "lowest(low, {period})[1]"),
    "obv": Form("", "obv()", OBV_START),
}
"""By name in lower case."""

WITHOUT_COUNTERPART = {
    "sctr": "it ranks a symbol among others, and a rule sees one symbol",
    "chg": "write PctChange(1,close), or close - yesterday's close",
    "vwap": "it is that of the day so far, and a daily bar has its own",
    **dict.fromkeys(
        ("accdist", "aroon up", "aroon down", "aroon osc", "cmf", "mfi", "trix", "pmo line", "pmo signal"),
        "the catalog of indicators does not have it",
    ),
    **dict.fromkeys(("ppo signal", "ppo hist"), "a rule has no average of calculated values"),
}
"""Values that many scans have and no rule can, each with the reason."""
