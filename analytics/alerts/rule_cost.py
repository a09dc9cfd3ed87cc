"""What a rule costs at each close, before it is armed for all symbols. Pure."""

from analytics.alerts.language.functions import INDICATOR_FUNCTIONS
from analytics.alerts.language.normal_form import expression_text
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import Call, Crosses, Node, Number

MOST_BARS = 10_000
"""As many bars may be read again at a close. A rule then costs about a hundred times as much as rsi(14) < 30."""
WEIGHTS = {
    **dict.fromkeys(("sma", "roc"), 1),
    **dict.fromkeys(("bollinger", "bollinger_position", "garman_klass", "donchian"), 2),
    **dict.fromkeys(("stochastic", "stochastic_rsi", "bar_volatility", "highest", "lowest"), 2),
    **dict.fromkeys(("volatility", "ichimoku"), 3),
    "z_score": 4,
    "cci": 6,
    "linear_regression": 12,
    **dict.fromkeys(("rsi", "ema", "macd", "atr", "adx", "keltner", "supertrend", "parabolic_sar"), 0),
    **dict.fromkeys(("abs", "min", "max", "change", "drawdown", "anomaly", "forecast", "sentiment"), 0),
    **dict.fromkeys(("typical_volume", "obv", "session_vwap", "session_drawdown", "year_drawdown"), 0),
}
"""By function, how many bars of a simple average cost as much as one bar of its periods; 0 where the value follows from
the one before, whatever the period."""
WEIGHT_OF_OTHERS = 2
"""The weight of an indicator that is not listed: most that look at a window cost as much."""


def bars_read(rule: Rule) -> int:
    """The bars that a rule reads again at each close, in bars of a simple average.

    An indicator is calculated once, however often it is named. highest() and lowest() are calculated at each place, and
    twice where something crosses, which looks at two bars.
    """
    indicators: dict[tuple[str, str], int] = {}
    total = 0
    waiting: list[tuple[Node, int]] = [(condition, 1) for condition in rule.conditions]
    while waiting:
        node, times = waiting.pop()
        if isinstance(node, Call) and node.function in INDICATOR_FUNCTIONS:
            arguments = ", ".join(map(expression_text, node.arguments))
            indicators[node.function, arguments] = _weighted(node)
        elif isinstance(node, Call):
            total += times * _weighted(node)
        times = 2 if isinstance(node, Crosses) else times
        waiting += [(child, times) for child in node.children]
    return total + sum(indicators.values())


def _weighted(node: Call) -> int:
    numbers = [argument for argument in node.arguments if isinstance(argument, Number)]
    return WEIGHTS.get(node.function, WEIGHT_OF_OTHERS) * sum(int(number.value) for number in numbers)
