"""Symbols that no live source has are reported with what was probably meant."""

import pytest

from analytics.alerts.doubtful_symbols import doubtful_symbols
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("AAPL, BRK-B: close > 3", []),
        ("close > 3", []),
        ("list:tech: close > 3", []),
        ("'binance:BTCUSDT'.close > 3", []),
        (
            "aapl, MSFT: close > 'brk-b'.close",
            [
                "Symbols of live sources are in upper case: did you mean AAPL in place of aapl?",
                "Symbols of live sources are in upper case: did you mean BRK-B in place of brk-b?",
            ],
        ),
        (
            "list: close > 3",
            ["list is read as a symbol: a list needs a name after the colon, such as list:tech."],
        ),
    ],
)
def test_symbol_in_lower_case_is_reported(text: str, sentences: list[str]) -> None:
    assert doubtful_symbols(read_rule(text, DEFAULTS)) == sentences
