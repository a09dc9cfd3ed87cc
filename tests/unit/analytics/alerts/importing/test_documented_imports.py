"""The tables of conditions of other languages, and what becomes of them."""

import re

import pytest

from analytics.alerts.importing.imported import ImportingError, imported
from analytics.indicators.catalog import DEFAULTS
from shared.settings.server_types import PROJECT

DOCUMENT = (PROJECT / "docs" / "importing-rules.md").read_text("utf-8")
SCANS, SCRIPTS = (
    re.findall(r"^\| `(.+?)` \| (.+) \|$", part, re.MULTILINE)
    for part in DOCUMENT.split("## Scripts in Pine")
)


@pytest.mark.parametrize(("shown", "becomes"), [*SCANS, *SCRIPTS])
def test_every_condition_of_the_tables_becomes_what_they_say(shown: str, becomes: str) -> None:
    text = shown.replace(" ⏎ ", "\n")
    if becomes.startswith("refused: "):
        with pytest.raises(ImportingError) as refused:
            imported(text, None, None, DEFAULTS)
        assert refused.value.faults[0].fault == becomes.removeprefix("refused: ")
    else:
        assert imported(text, None, None, DEFAULTS).text == becomes.strip("`")


def test_each_table_has_at_least_25_conditions_that_become_rules() -> None:
    for table in (SCANS, SCRIPTS):
        assert len([shown for shown, becomes in table if not becomes.startswith("refused")]) >= 25
