"""The values of Pine, and what they are in rules. Pure.

Names, arguments and meanings: TradingView's Pine Script reference manual. Scripts before version 5 write the same
names without `ta.` and `math.`.
"""

from analytics.alerts.importing.translation import Form

SOURCES = {
    **{name: Form("", name) for name in ("open", "high", "low", "close", "volume")},
    "hl2": Form("", "(high + low) / 2"),
    "hlc3": Form("", "(high + low + close) / 3"),
    "ohlc4": Form("", "(open + high + low + close) / 4"),
    "hlcc4": Form("", "(high + low + close + close) / 4"),
    "ta.obv": Form(
        "",
        "obv()",
        "The on-balance volume begins with the first stored bar: only its changes can be compared.",
    ),
    "ta.vwap": Form(
        "",
        "session_vwap()",
        "session_vwap() begins with the regular session and with the hours before and after it.",
    ),
}
"""Values without arguments."""

FUNCTIONS = {
    "ta.sma": Form("series source, number length", "sma({source}, {length})"),
    "ta.ema": Form("series source, number length", "ema({source}, {length})"),
    "ta.rsi": Form("series source, number length", "rsi({source}, {length})"),
    "ta.atr": Form("number length", "atr({length})"),
    "ta.roc": Form("value source, number length", "(source / source[{length}] - 1) * 100"),
    "ta.change": Form("value source, number length = 1", "source - source[{length}]"),
    "ta.mom": Form("value source, number length", "source - source[{length}]"),
    "ta.highest": Form("value source, number length", "highest(source, {length})"),
    "ta.lowest": Form("value source, number length", "lowest(source, {length})"),
    "ta.rising": Form("value source, number length", "source > highest(source, {length})[1]"),
    "ta.falling": Form("value source, number length", "source < lowest(source, {length})[1]"),
    "ta.crossover": Form("value source1, value source2", "source1 crosses above source2"),
    "ta.crossunder": Form("value source1, value source2", "source1 crosses below source2"),
    "ta.cross": Form("value source1, value source2", "source1 crosses source2"),
    "math.abs": Form("value number", "abs(number)"),
    "math.max": Form("value number0, value number1", "max(number0, number1)"),
    "math.min": Form("value number0, value number1", "min(number0, number1)"),
    "math.avg": Form("value number0, value number1", "(number0 + number1) / 2"),
}
"""Functions with one value."""

WHOLE = "{source}, {length}, {mult}"
TUPLES = {
    "ta.macd": (
        "series source, number fastlen, number slowlen, number siglen",
        tuple(
            f"macd({{source}}, {{fastlen}}, {{slowlen}}, {{siglen}}){part}"
            for part in ("", ".signal", ".histogram")
        ),
    ),
    "ta.bb": (
        "series series, number length, number mult",
        tuple(f"bollinger({{series}}, {{length}}, {{mult}}).{part}" for part in ("middle", "upper", "lower")),
    ),
    "ta.supertrend": (
        "number factor, number atrPeriod",
        ("supertrend({atrPeriod}, {factor})", "-supertrend({atrPeriod}, {factor}).direction"),
    ),
}
"""Functions with several values: their parameters, and a template for each value."""

WITHOUT_COUNTERPART = {
    **dict.fromkeys(
        ("ta.wma", "ta.hma", "ta.vwma", "ta.rma", "ta.alma", "ta.swma"),
        "the averages of rules are sma and ema",
    ),
    **dict.fromkeys(
        (
            "ta.mfi",
            "ta.cmo",
            "ta.tsi",
            "ta.wpr",
            "ta.cog",
            "ta.linreg",
            "ta.stdev",
            "ta.variance",
            "ta.median",
        ),
        "the catalog of indicators does not have it",
    ),
    "ta.kc": "its width is an exponential average of ranges, that of keltner() Wilder's",
    "ta.tr": "a rule has only its average, atr()",
    **dict.fromkeys(
        ("ta.valuewhen", "ta.barssince", "ta.cum", "ta.pivothigh", "ta.pivotlow"),
        "a rule remembers nothing but the bars of a fixed period",
    ),
    **dict.fromkeys(("na", "nz", "fixnan"), "a value that is missing is unknown, and never fires"),
    **dict.fromkeys(("bar_index", "last_bar_index"), "a rule does not count bars"),
    **dict.fromkeys(
        ("time", "timenow", "hour", "minute", "dayofweek", "dayofmonth", "month", "year", "time_close"),
        "a rule does not read the clock; `while open` keeps it to the regular session",
    ),
    **dict.fromkeys(("true", "false"), "a rule has no constant conditions"),
}
"""What many scripts have and no rule can, each with the reason."""


CONDITIONS = ("ta.rising", "ta.falling", "ta.crossover", "ta.crossunder", "ta.cross")
"""Functions whose value is a condition."""
NO_CONDITIONS = (
    *(
        "ta.",
        "math.",
        "str.",
        "color.",
        "plot",
        "hline",
        "fill",
        "label.",
        "line.",
        "linefill.",
        "box.",
        "table.",
    ),
    *("syminfo.", "strategy.", "shape.", "location.", "size.", "xloc.", "yloc.", "extend.", "display."),
)
"""How the names of other values and of drawings begin."""


def kind_of_name(name: str) -> str:
    """Whether a value or a function is a condition, a constant one, or no condition ("number"); empty if unknown."""
    full = full_name(name)
    if full in ("true", "false", "input.bool"):
        return "constant"
    if full in CONDITIONS:
        return "condition"
    is_other = full in WITHOUT_COUNTERPART or full in SOURCES or full.startswith(NO_CONDITIONS)
    return "number" if is_other else ""


def full_name(name: str) -> str:
    """The name of a function in version 5 of the language: earlier ones have no `ta.` and `math.`."""
    known = (
        *FUNCTIONS,
        *TUPLES,
        *WITHOUT_COUNTERPART,
        "ta.stoch",
        "ta.cci",
        "ta.dmi",
        "ta.sar",
        "request.security",
    )
    for prefix in ("ta.", "math.", "request."):
        if "." not in name and f"{prefix}{name}" in known:
            return f"{prefix}{name}"
    return name
