"""The comparison of stored rows with the log, as a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from analytics.runtime.comparison.comparison import Progress, compare_with_log, compare_with_quotes
from analytics.runtime.comparison.errors import LogIncomplete
from analytics.runtime.comparison.verdict import DIFFERENT, IDENTICAL, NOT_COMPARED, lines
from analytics.store.comparison.compared_tables import Period
from shared.runtime.lifecycle import servers
from shared.settings.config import Config


def compare(config: Config, period: Period) -> int:
    """Compare and print the result; returns the exit status. Starts the embedded servers if they are not running.

    Raises CannotCompare or Unavailable.
    """
    with servers(config) as ready:
        print(f"topic {ready.topic()}, database {ready.database()}, {_named(period)}")
        return _compared(ready, period)


def _compared(config: Config, period: Period) -> int:
    try:
        with _progress_bar() as progress:
            result = compare_with_log(config, period, progress)
    except LogIncomplete as gone:
        print(f"The log can't be folded again: {gone}.")
        return _compared_with_quotes(config, period)
    _print_lines(lines(result))
    if result.first is not None:
        return DIFFERENT
    print("identical")
    return IDENTICAL


def _compared_with_quotes(config: Config, period: Period) -> int:
    """Not even equal bars are called identical: indicators, alerts and forecasts are not compared."""
    result = compare_with_quotes(config, period)
    _print_lines(lines(result))
    if result.first is not None:
        return DIFFERENT
    print("These bars equal those of the stored quotes. Nothing else can be compared without the log.")
    return NOT_COMPARED


def _print_lines(found: Iterator[str]) -> None:
    for line in found:
        print(line)


def _named(period: Period) -> str:
    since, until = (
        datetime.fromtimestamp(second, UTC).isoformat() if abs(second) < float("inf") else ""
        for second in period
    )
    return (
        f"bars that ended{since and f' from {since}'}{until and f' until {until}'}"
        if since or until
        else "all bars"
    )


@contextmanager
def _progress_bar() -> Iterator[Progress]:
    """A progress bar on standard error, which disappears at the end."""
    columns = (TextColumn("folding the log again"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with ProgressBar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
