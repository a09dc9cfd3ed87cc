"""Tables and progress bars of the commands of trained models. Results go to standard output, progress to standard
error."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from ml.scoring.evaluation import Evaluated
from ml.training.training_run import Training

MIN_TABLE_WIDTH = 150
"""Minimum width of tables, even in narrower terminals and pipes, so that numbers are not truncated."""


def progress_bars() -> Progress:
    """Progress bars on standard error, removed at the end; disabled if it is not a terminal."""
    console = Console(stderr=True)
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def show(*parts: Table | str) -> None:
    """Print to standard output; only the terminal wraps text."""
    console = Console(highlight=False)
    console = Console(highlight=False, width=max(console.width, MIN_TABLE_WIDTH))
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str), markup=False)


def evaluation_table(found: Sequence[Evaluated]) -> Table:
    """One row per model."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column("model")
    for column in ("forecasts", "MASE", "RMSE", "skill", "95 % interval", "direction right"):
        table.add_column(column, justify="right")
    table.add_column("verdict", no_wrap=True)
    for each in found:
        summary = each.summary
        interval = "" if each.low is None or each.high is None else f"{each.low:+.2%} to {each.high:+.2%}"
        direction = "" if summary.hit_rate is None else f"{summary.hit_rate:.2%} of {summary.moves:,}"
        table.add_row(
            each.model,
            f"{summary.scores:,}",
            "" if summary.scaled is None else f"{summary.scaled:.4f}",
            f"{summary.root_mean_square:.4%}",
            "" if summary.skill is None else f"{summary.skill:+.2%}",
            interval,
            direction,
            each.verdict,
        )
    return table


def training_table(trainings: Iterable[Training]) -> Table:
    """One row per version; losses relative to that of no change."""
    table = Table(box=SIMPLE_HEAD)
    for column in ("model", "version", "rows", "trained on", "tested on", "loss", "live version", "time"):
        table.add_column(column, justify="left" if column in ("model", "trained on") else "right")
    table.add_column("decision")
    for each in trainings:
        table.add_row(
            each.model,
            str(each.version),
            f"{each.rows:,}",
            f"{day(each.first_at)} to {day(each.last_at)}",
            f"{each.test_rows:,}",
            share(each.loss, each.naive_loss),
            "" if each.parent_loss is None else share(each.parent_loss, each.naive_loss),
            f"{each.seconds:.1f} s",
            "live" if each.is_live else "candidate",
        )
    return table


def share(loss: float, naive_loss: float) -> str:
    """A loss relative to that of no change; empty if the price never moved."""
    return f"{loss / naive_loss:.2%}" if naive_loss > 0.0 else ""


def evaluated_record(each: Evaluated) -> dict[str, Any]:
    """A model's row as JSON-compatible values; log returns and shares as plain numbers."""
    summary = each.summary
    return {
        "model": each.model,
        "forecasts": summary.scores,
        "mase": summary.scaled,
        "rmse": summary.root_mean_square,
        "skill": summary.skill,
        "skill_low": each.low,
        "skill_high": each.high,
        "moves": summary.moves,
        "hit_rate": summary.hit_rate,
        "verdict": each.verdict,
    }


def day(second: int) -> str:
    """The day in UTC."""
    return datetime.fromtimestamp(second, UTC).date().isoformat()
