"""Rules that the documentation and the help show."""

import re

import pytest

from analytics.alerts.language.functions import OWN_FUNCTIONS
from analytics.alerts.language.reading import read_rule
from analytics.indicators.catalog import DEFAULTS
from analytics.rules import __main__ as command
from shared.settings.server_types import PROJECT

DOCUMENT = (PROJECT / "docs" / "rules.md").read_text("utf-8")
SHOWN = re.findall(r'"([^"\n]+)"', "\n".join(DOCUMENT.split("```")[1::2]))
EXAMPLES = [
    line.strip() for line in (command.__doc__ or "").split("Ten rules:")[1].split("A rule is")[0].splitlines()
]


@pytest.mark.parametrize("text", [*filter(None, EXAMPLES), *SHOWN])
def test_every_rule_that_is_shown_can_be_read(text: str) -> None:
    read_rule(text, DEFAULTS)


def test_the_help_shows_ten_rules() -> None:
    assert len([*filter(None, EXAMPLES)]) == 10


def test_every_function_of_the_language_is_documented() -> None:
    assert [name for name in OWN_FUNCTIONS if f"`{name}(" not in DOCUMENT] == []
