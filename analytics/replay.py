"""Runs the engine over recorded files, without any server: which bars and indicators would these settings have given?
Or over the log again: does it give what is stored?

    python -m analytics.replay FILE... --interval 1m            closed bars and indicators as CSV
    python -m analytics.replay FILE... --indicators cci,keltner    with these too, which no table has
    python -m analytics.replay --record quotes.csv              export the pipeline's own quotes to such a file
    python -m analytics.replay --from-log --since 2024-01-02 --until 2024-01-03      compare a stored day with the log
    python -m analytics.replay --from-log                       compare everything stored
    python -m analytics.replay --from-log FILE...               the same for a replay of these recordings

FILE is a CSV of quotes (symbol,event_time,price[,size,...]), a CSV of bars (symbol,start,open,high,low,close,volume) or
a LEAN zip of trades, whose splits are in the factor file beside its folder. Each closed bar is one row, with full
precision; an indicator is empty during its warm-up and where it is not defined. Periods and thresholds are those of
.env, and so are the indicators of your own (INDICATORS_PATH). Records that entered no bar are listed at the end.

--from-log folds the log again from its beginning and compares the bars that ended in the period, and their indicators,
alerts, forecasts and scores, with the stored ones. It prints "identical" or the first difference. It changes nothing
and may run beside the pipeline. Settings change at the same records as then, and model searches are not made again:
their stored outcomes are used. Rows that can't be compared, for example because the file of a model is gone, are listed
with the reason. If the log no longer holds every message, the bars that the table of quotes alone can show are
compared. Times without a time zone are UTC.
Exit status: 0 identical, 1 different, 2 not comparable.
"""

import argparse
import csv
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import TextIO

if __name__ == "__main__":  # Ctrl-C during the imports below ends the process at once, without a traceback
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from analytics.engine.engine import Engine
from analytics.engine.engine_settings import EngineSettings
from analytics.engine.series import ClosedBar
from analytics.indicators.catalog import CATALOG, ON_REQUEST, STORED
from analytics.indicators.spec import Spec
from analytics.replay_from_log import compare
from analytics.replay_report import ReplayReport
from analytics.runtime.comparison.verdict import NOT_COMPARED
from analytics.runtime.settings import engine_settings
from analytics.store.comparison.compared_tables import Period
from analytics.store.tables import export_quotes
from shared.errors import ConfigError, TickstreamError
from shared.market.records import INTERVALS, Interval, Quote, Record, RecordedBar
from shared.postgres.database import connect, transaction
from shared.recordings.sequence import recorded
from shared.runtime.command_line import configured, program, second_of, start
from shared.runtime.lifecycle import servers
from shared.settings.config import Config

BAR_COLUMNS = ("symbol", "interval", "start", "open", "high", "low", "close", "volume", "vwap", "spread")
STEP = 10_000


def closed_bars(
    records: Iterable[Record], settings: EngineSettings, report: ReplayReport
) -> Iterator[ClosedBar]:
    """Every bar that closes while these records are processed, in order; records that enter no bar are noted in
    `report`."""
    engine = Engine(settings)
    for offset, record in enumerate(records):
        engine.fold(record, offset)
        if isinstance(record, Quote | RecordedBar):
            report.look(record, engine.symbols[record.symbol])
        engine.take_set_aside()
        for settled in engine.take_actions():
            report.note_rejected(settled)
        for event in engine.take_events():
            report.note_closed(event.closed)
            yield event.closed


def csv_row(closed: ClosedBar) -> list[object]:
    """A closed bar and its indicators; None becomes an empty field."""
    bar = closed.bar
    start = datetime.fromtimestamp(bar.start, UTC).isoformat()
    own = () if closed.own is None else closed.own.values.values()
    return [bar.symbol, bar.interval, start, *bar[4:10], bar.spread, *closed.indicators, *own]


def print_bars(
    records: Iterable[Record], settings: EngineSettings, intervals: set[Interval], out: TextIO
) -> ReplayReport:
    """Write the closed bars of these intervals as CSV. Returns what entered no bar."""
    writer = csv.writer(out, lineterminator="\n")
    specs = (*settings.specs, *(own.spec for own in settings.own))
    outputs = [output.name for spec in specs for output in spec.outputs]
    writer.writerow((*BAR_COLUMNS, *outputs))
    report = ReplayReport()
    for closed in closed_bars(records, settings, report):
        if closed.bar.interval in intervals:
            writer.writerow(csv_row(closed))
    return report


def _counted(records: Iterable[Record]) -> Iterator[Record]:
    """The records, with their count so far shown on the terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.completed:,.0f} records"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("replay", total=None)
        for count, record in enumerate(records, start=1):
            if count % STEP == 0:
                progress.update(task, completed=count)
            yield record


def _record(config: Config, target: Path) -> None:
    with ExitStack() as opened:
        ready = opened.enter_context(servers(config, kafka=False))
        connection = opened.enter_context(
            closing(connect(ready.postgres.dsn_for(config.database()), "record"))
        )
        cursor = opened.enter_context(transaction(connection))
        try:
            export_quotes(cursor, opened.enter_context(target.open("w", encoding="utf-8")))
        except OSError as error:
            raise ConfigError(f"--record {target} can't be written: {error.strerror}.") from error
    print(f"Exported the quotes of {config.database()} to {target}.", file=sys.stderr)


def _specs(names: str) -> Sequence[Spec]:
    """The stored indicators, and those with these names, in the order of the catalog."""
    if names == "all":
        return CATALOG
    wanted = set(names.split(","))
    if unknown := sorted(wanted - {spec.name for spec in CATALOG}):
        raise argparse.ArgumentTypeError(f"there is no indicator {unknown[0]!r}; see --help for their names")
    return [*STORED, *(spec for spec in ON_REQUEST if spec.name in wanted)]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program(), description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="recordings, or folders of them")
    parser.add_argument(
        "--interval", choices=[*INTERVALS, "all"], default="1m", help="interval of the bars to print [1m]"
    )
    others = ", ".join(spec.name for spec in ON_REQUEST)
    parser.add_argument(
        "--indicators",
        type=_specs,
        default=STORED,
        metavar="NAMES",
        help=f"indicators to print beside the stored ones: 'all' or some of {others}",
    )
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="export the quotes of the pipeline's database to FILE"
    )
    _add_comparison(parser)
    arguments = parser.parse_args()
    if problem := _problem(arguments):
        parser.error(problem)
    return arguments


def _add_comparison(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("comparison with the log")
    group.add_argument("--from-log", action="store_true", help="compare what is stored with the log")
    group.add_argument(
        "--since", type=second_of, default=-inf, metavar="TIME", help="bars that ended at this time or later"
    )
    group.add_argument(
        "--until", type=second_of, default=inf, metavar="TIME", help="bars that ended by this time"
    )


def _problem(arguments: argparse.Namespace) -> str:
    """Why the arguments contradict each other; empty if they do not."""
    if arguments.from_log:
        return "--record and --from-log are two commands" if arguments.record else ""
    if bool(arguments.files) == bool(arguments.record):
        return "name recordings to replay, or use --record FILE to create one, or --from-log to compare"
    has_period = (arguments.since, arguments.until) != (-inf, inf)
    return "--since and --until need --from-log" if has_period else ""


def _compare(arguments: argparse.Namespace) -> int:
    """The comparison with the log of the configured feed, or of the replay of the files. Returns its exit status."""
    if arguments.since > arguments.until:
        raise ConfigError("--since is later than --until.")
    chosen = argparse.Namespace(replay=[str(file) for file in arguments.files], speed=None)
    return compare(start("replay", chosen), Period(arguments.since, arguments.until))


def _run(arguments: argparse.Namespace) -> int:
    if arguments.from_log:
        return _compare(arguments)
    config = configured("replay", {})
    if arguments.record:
        _record(config, arguments.record)
        return 0
    intervals = set(INTERVALS) if arguments.interval == "all" else {arguments.interval}
    out = sys.stdout
    with redirect_stdout(sys.stderr):  # what files of indicators print is no part of the CSV
        settings = replace(engine_settings(config), forecasts={}, specs=arguments.indicators)
        report = print_bars(_counted(recorded(arguments.files)), settings, intervals, out)
    for line in report.lines():
        print(f"replay: {line}", file=sys.stderr)
    return 0


def main() -> int:
    """Run the command. Returns its exit status."""
    arguments = _arguments()
    try:
        return _run(arguments)
    except TickstreamError as error:
        print(f"replay: {error}", file=sys.stderr)
        return NOT_COMPARED if arguments.from_log else 1
    except KeyboardInterrupt:
        print("replay: interrupted.", file=sys.stderr)
        return NOT_COMPARED if arguments.from_log else 1
    except BrokenPipeError:
        # The reader, such as `head`, has closed the pipe; the flush at exit must not write to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
