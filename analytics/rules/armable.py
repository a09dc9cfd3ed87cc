"""What a rule may contain to be tried, and to be armed: more can be read than tried, and more tried than armed."""

from collections.abc import Iterator

from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.reading import MAX_LENGTH, MAX_WORDS, has_few_words
from analytics.alerts.language.rule import Rule
from analytics.alerts.language.syntax import NoData
from analytics.alerts.language.values_read import compared_symbols, reads
from analytics.alerts.rule_cost import MOST_BARS, bars_read
from shared.errors import ConfigError

OF_ONE_SYMBOL = ("sentiment", "forecast")
"""Functions whose values only the fold of a symbol's partition knows."""


def require_triable(rule: Rule) -> None:
    """Raise ConfigError if a rule can't be evaluated at stored bars."""
    if isinstance(rule.condition, NoData):
        raise ConfigError(
            "This rule can't be tried: no data becomes true between closes, and only closed bars are stored."
        )


def require_armable(rule: Rule) -> None:
    """Raise ConfigError if a rule can be read, but not armed."""
    if reason := next(_reasons(rule), None):
        raise ConfigError(f"This rule can't be armed: {reason}.")


def _reasons(rule: Rule) -> Iterator[str]:
    if compared_symbols(rule):
        yield from (
            f"it compares symbols, which are evaluated without {function}()"
            for function in OF_ONE_SYMBOL
            if reads(rule, function)
        )
    if isinstance(rule.condition, NoData) and rule.clear is not None:
        yield "no data has no clear: a quote clears it"
    if rule.is_live and isinstance(rule.condition, NoData):
        yield "no data is noticed between closes anyway: leave live out"
    if rule.is_live and compared_symbols(rule):
        yield "it compares symbols, which are evaluated at closed bars"
    yield from _limits_passed(rule)


def _limits_passed(rule: Rule) -> Iterator[str]:
    if (bars := bars_read(rule)) > MOST_BARS:
        yield f"its periods make it read {bars:,} bars at each close, more than {MOST_BARS:,}"
    text = normal_form(rule)
    if len(text) > MAX_LENGTH:
        yield f"with every default written out it has {len(text)} characters, more than {MAX_LENGTH}"
    if not has_few_words(text):
        yield f"with every default written out it has more than {MAX_WORDS} words, numbers and signs"
