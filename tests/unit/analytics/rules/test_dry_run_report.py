"""What a dry run prints."""

from io import StringIO
from math import inf

import numpy as np
import pytest
from rich.console import Console

from analytics.alerts.language.reading import read_rule
from analytics.alerts.track_record.returns import SymbolBars
from analytics.alerts.track_record.track_record import Fired, HorizonRecord
from analytics.indicators.catalog import DEFAULTS
from analytics.rules.dry_run import SymbolRun
from analytics.rules.dry_run_report import print_dry_run, record_table
from ml.scoring.significance import Difference

MINUTES = np.arange(60, 6_060, 60)
BARS = SymbolBars(MINUTES, np.linspace(1.0, 2.0, 100), MINUTES // 3_600, MINUTES // 86_400)
SILENT = SymbolRun([], Fired(BARS, np.empty(0, dtype=np.int64)))


@pytest.mark.parametrize(
    ("since", "until", "summary"),
    [
        (-inf, inf, "0 alerts of 1 symbol, 1970-01-01 00:01 to 1970-01-01 01:40 UTC: 0.0 a week."),
        (1_800.0, 3_600.0, "0 alerts of 1 symbol, 1970-01-01 00:30 to 1970-01-01 01:00 UTC: 0.0 a week."),
        (6_001.0, inf, "There is no closed bar of this interval in this time."),
        (-inf, 59.0, "There is no closed bar of this interval in this time."),
    ],
)
def test_the_period_is_that_of_the_bars(since: float, until: float, summary: str) -> None:
    console = Console(width=200, record=True, file=StringIO())
    print_dry_run(read_rule("close > 5", DEFAULTS), [SILENT], since, until, console)
    assert console.export_text().splitlines()[:2] == ["close > 5 on 1m", summary]


def test_track_record_keeps_all_numbers_in_a_narrow_terminal() -> None:
    """In 80 columns the ends of its intervals were cut."""
    interval = Difference(-0.00174, -0.06835, 0.12335, 0.2, 200)
    records = [HorizonRecord(60, 12_345, 250, -0.01304, 0.411, 0.00028, 0.489, 200, interval)]
    console = Console(width=80, record=True, file=StringIO())
    console.print(record_table(records))
    shown = console.export_text()
    assert "…" not in shown
    for number in ("12,345", "250", "-1.304", "0.028", "41 %", "49 %", "-0.174", "-6.835 to 12.335"):
        assert number in shown, number
