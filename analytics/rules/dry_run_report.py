"""The report of a dry run on the terminal."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from analytics.alerts.language.normal_form import normal_form
from analytics.alerts.language.rule import Rule
from analytics.alerts.track_record.track_record import Fired, HorizonRecord, track_record
from analytics.rules.dry_run import EvaluatedBar, SymbolRun
from analytics.rules.texts import count_text, minute_text, value_text, values_text

SHOWN_HITS = 10
WEEK = 604_800


def print_dry_run(
    rule: Rule, runs: Sequence[SymbolRun], since: float, until: float, console: Console
) -> None:
    """Print where the rule would have fired, how often, and what came of it."""
    hits = sorted((hit for run in runs for hit in run.hits), key=lambda hit: (hit.bar.end, hit.bar.symbol))
    console.print(normal_form(rule), markup=False, highlight=False)
    console.print(_summary(hits, [run.fired for run in runs], since, until))
    if hits:
        console.print(_hit_table(hits[-SHOWN_HITS:]))
    console.print(record_table(track_record([run.fired for run in runs], rule.interval)))


def _summary(hits: Sequence[EvaluatedBar], fired: Sequence[Fired], since: float, until: float) -> str:
    ends = [int(end) for each in fired for end in each.bars.ends[[0, -1]]]
    if not ends:
        return "There is no closed bar of this interval yet."
    first, last = max(since, min(ends)), min(until, max(ends))
    if first > last:
        return "There is no closed bar of this interval in this time."
    weeks = max((last - first) / WEEK, 1 / 7)
    period = f"{minute_text(first)} to {minute_text(last)} UTC"
    of_symbols = f"{count_text(len(hits), 'alert')} of {count_text(len(fired), 'symbol')}"
    return f"{of_symbols}, {period}: {len(hits) / weeks:.1f} a week."


def _hit_table(hits: Sequence[EvaluatedBar]) -> Table:
    table = Table("symbol", "bar until (UTC)", "close", "values", title=f"The last {len(hits)} alerts")
    for bar, evaluation in hits:
        table.add_row(bar.symbol, minute_text(bar.end), value_text(bar.close), values_text(evaluation.values))
    return table


def record_table(records: Sequence[HorizonRecord]) -> Table:
    """A line for each horizon. It fits into 80 columns, because a narrower column would cut its numbers."""
    table = Table(
        *("bars\nlater", "alerts", "days", "median\n(%)", "of all\nbars", "above\nzero", "of all\nbars"),
        *("mean difference\n(%), interval\nof 95 %", "verdict"),
        title="Returns after the alerts, beside those of all bars of the same symbols and hours of day",
        box=SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    for column in table.columns[:-2]:
        column.justify = "right"
    for column in table.columns[:-1]:
        column.no_wrap = True
    for record in records:
        table.add_row(
            *(str(record.horizon), f"{record.alerts:,}", str(record.days)),
            *(_percent(record.median), _percent(record.usual_median)),
            *(_whole(record.positive), _whole(record.usual_positive)),
            *(_interval(record), record.verdict),
        )
    return table


def _interval(record: HorizonRecord) -> str:
    found = record.difference
    return "" if found is None else f"{_percent(found.mean)}\n{_percent(found.low)} to {_percent(found.high)}"


def _percent(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction * 100:.3f}"


def _whole(fraction: float | None) -> str:
    return "" if fraction is None else f"{fraction * 100:.0f} %"
