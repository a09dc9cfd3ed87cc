"""The seconds that each group of tests took, printed at the end of a run."""

from collections import Counter, defaultdict
from itertools import chain

import pytest
from _pytest.terminal import TerminalReporter


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """One line a folder: its tests and the seconds they took, start and end of their servers included."""
    seconds, tests = defaultdict[str, float](float), Counter[str]()
    for report in chain.from_iterable(terminalreporter.stats.values()):
        if isinstance(report, pytest.TestReport):
            group = report.location[0].rpartition("/")[0]
            seconds[group] += report.duration
            tests[group] += report.when == "call"
    for group, taken in sorted(seconds.items()):
        terminalreporter.write_line(f"{group:20} {tests[group]:5} tests {taken:7.0f} s")
