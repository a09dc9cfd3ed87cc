"""Symbols of a rule that no live source has: most often they were written in lower case. Pure."""

from analytics.alerts.language.rule import Rule
from analytics.alerts.language.values_read import compared_symbols

OF_SOURCE = ":"
"""A name with a source in front is written as that source does."""


def doubtful_symbols(rule: Rule) -> list[str]:
    """A sentence for each symbol that a rule names and no live source has."""
    named = dict.fromkeys(
        (*(rule.scope.names if rule.scope.kind == "symbols" else ()), *compared_symbols(rule))
    )
    lower = [each for each in named if OF_SOURCE not in each and each != each.upper()]
    return [_sentence(each) for each in lower]


def _sentence(symbol: str) -> str:
    if symbol == "list":
        return "list is read as a symbol: a list needs a name after the colon, such as list:tech."
    return f"Symbols of live sources are in upper case: did you mean {symbol.upper()} in place of {symbol}?"
