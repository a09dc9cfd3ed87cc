"""The market as a whole: breadth, betas to a benchmark and correlations, from the stored closed bars.

    python -m analytics.market                                  daily closes, the last 60 returns
    python -m analytics.market --benchmark SPY --returns 250    betas to SPY over a year
    python -m analytics.market --interval 1h --symbols AAPL,MSFT,BTC-USD
    python -m analytics.market --csv > correlations.csv         the whole matrix, at full precision
    python -m analytics.market --history 20                     the breadth at the last twenty closes

Returns are aligned: by date for daily bars, by time for others; over a holiday of one exchange both returns of a pair
span the same days. Splits are taken out of the closes. The figures follow from the bars, so they are the same whenever
they are calculated; the analytics part also keeps the breadth and betas of earlier closes (MARKET_INTERVALS), which
--history prints. It can be run beside the pipeline.
"""

import argparse
import csv
import math
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import combinations
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from analytics.cross_section.closes import (
    DAY,
    Close,
    CloseTable,
    bar_time,
    in_new_shares,
    side_by_side,
)
from analytics.cross_section.correlation import Beta, Correlations, betas, correlations
from analytics.cross_section.moves import BreadthCounts, PricedBar, PricedSeries, breadth_of, moves_between
from analytics.store.cross_section_tables import (
    bars_since,
    first_start,
    latest_two,
    newest_start,
    splits_of,
)
from analytics.store.market_tables import breadth_rows
from analytics.store.times import AFTER_ALL_BARS, utc
from shared.errors import ConfigError
from shared.market.records import INTERVAL_SECONDS, INTERVALS, Interval
from shared.market.splits import SplitAt
from shared.postgres.database import Cursor, connect, transaction
from shared.runtime.command_line import configured, program, run_command
from shared.runtime.lifecycle import servers
from shared.settings.config import Config

SPAN = 4
"""Calendar time in which the returns of a symbol may lie, in intervals and for intraday bars in days too: nights,
weekends and holidays have no bar. Symbols that traded less lately have fewer returns."""
INTRADAY_DAYS = 5
LEAST_SPARE, SPARE_SHARE = 5, 10
"""Bars that are read beyond the returns: at least 5, and a tenth of them. A pair has common days only, and the holidays
of two exchanges differ."""
CURRENT_DAYS = 4
"""A daily bar is current for so many days: over a long weekend the last one is that of Thursday."""
SHOWN_PAIRS = 10
MATRIX_SYMBOLS = 10
"""Up to so many symbols the whole matrix is printed, where the terminal is wide enough."""
MAX_WIDTH = 1_000


class MarketFigures(NamedTuple):
    """What the command prints: the breadth of the symbols with a current bar, and how many are `outdated`. `betas` are
    empty without a benchmark."""

    breadth: BreadthCounts
    outdated: int
    betas: list[Beta]
    correlations: Correlations


class Question(NamedTuple):
    """What was asked for; no symbols stand for all."""

    interval: Interval
    returns: int
    benchmark: str | None
    symbols: frozenset[str]


def market_figures(cursor: Cursor, question: Question) -> MarketFigures:
    """Calculate the figures from the tables. Raises ConfigError if they have no such bars or symbols."""
    newest = newest_start(cursor, question.interval)
    if newest is None:
        raise ConfigError(f"There is no closed bar of {question.interval} yet: start the pipeline first.")
    seconds, is_daily = INTERVAL_SECONDS[question.interval], question.interval == "1d"
    earliest = newest - (question.returns + 5) * seconds * SPAN - INTRADAY_DAYS * DAY
    count = question.returns + max(LEAST_SPARE, question.returns // SPARE_SHARE)
    since = first_start(cursor, question.interval, count, earliest)
    bars, latest = bars_since(cursor, question.interval, since), latest_two(cursor, question.interval)
    splits = splits_of(cursor, bars.keys() | latest.keys())
    table = _table(bars, splits, question)
    current = newest - (CURRENT_DAYS * DAY if is_daily else 2 * seconds)
    wanted = {symbol: two for symbol, two in latest.items() if symbol in (question.symbols or latest)}
    shown = {symbol: two for symbol, two in wanted.items() if two[-1].start >= current}
    return MarketFigures(
        _breadth(shown, splits, question.interval),
        len(wanted) - len(shown),
        betas(table, question.benchmark, question.returns) if question.benchmark else [],
        correlations(table, question.returns),
    )


def _table(
    bars: Mapping[str, Sequence[PricedBar]], splits: Mapping[str, Sequence[SplitAt]], question: Question
) -> CloseTable:
    wanted = (question.symbols | {question.benchmark or ""}) if question.symbols else bars.keys()
    if missing := sorted((question.symbols | ({question.benchmark or ""} - {""})) - bars.keys()):
        raise ConfigError(f"There are no closes of {', '.join(missing)} in bars of {question.interval}.")
    columns: dict[str, dict[int, float]] = {}
    for symbol in wanted & bars.keys():
        times = [bar_time(question.interval, bar.start, bar.end) for bar in bars[symbol]]
        closes = [Close(bar.start, bar.close) for bar in bars[symbol]]
        adjusted = in_new_shares(closes, splits.get(symbol, ()))
        columns[symbol] = {time: close for time, (_, close) in zip(times, adjusted, strict=True)}
    return side_by_side(columns)


def _breadth(
    latest: Mapping[str, Sequence[PricedBar]], splits: Mapping[str, Sequence[SplitAt]], interval: Interval
) -> BreadthCounts:
    """The breadth at the last bar of each symbol, from its last two bars."""
    moves = []
    for symbol, two in latest.items():
        series = PricedSeries(two, splits.get(symbol, ()))
        *_, last = moves_between(interval, series, None, 0, 0, AFTER_ALL_BARS).values()
        moves.append(last)
    return breadth_of(moves)


def _print(figures: MarketFigures, question: Question, console: Console) -> None:
    counts = figures.breadth
    console.print(
        f"Breadth of {question.interval} bars: {counts.advancers} advancers, {counts.decliners} decliners,"
        f" {counts.unchanged} unchanged; {counts.above} of {counts.averaged} above their long SMA;"
        f" {figures.outdated} without a current bar."
    )
    if figures.betas:
        console.print(_beta_table(figures.betas, question))
    found = figures.correlations
    matrix = _matrix(found)
    if len(found.symbols) > MATRIX_SYMBOLS or _width(matrix, console) > console.width:
        console.print(_pairs(found, question))
        return
    console.print(f"Correlation of the last {question.returns} returns of {question.interval}")
    console.print(matrix)


def _history(cursor: Cursor, interval: Interval, times: int) -> Table:
    """The stored breadth of the last times. Raises ConfigError if there is none."""
    rows = breadth_rows(cursor, interval, times)
    if not rows:
        raise ConfigError(
            f"No breadth of {interval} bars is stored: MARKET_INTERVALS has the kept intervals."
        )
    table = Table(title=f"Breadth of {interval} bars")
    for header in ("time (UTC)", *BreadthCounts._fields):
        table.add_column(header, justify="right")
    form = "%Y-%m-%d" if interval == "1d" else "%Y-%m-%d %H:%M"
    for time, counts in rows:
        table.add_row(utc(time).strftime(form), *map(str, counts))
    return table


def _beta_table(found: Sequence[Beta], question: Question) -> Table:
    table = Table(
        title=f"Beta to {question.benchmark}, last {question.returns} returns of {question.interval}"
    )
    for header in ("symbol", "beta", "correlation", "returns"):
        table.add_column(header, justify="left" if header == "symbol" else "right")
    for beta in found:
        table.add_row(beta.symbol, _number(beta.beta), _number(beta.correlation), str(beta.returns))
    return table


def _width(table: Table, console: Console) -> int:
    """The columns of a terminal that show every number of the table: narrower ones would cut them off."""
    return console.measure(table, options=console.options.update(width=MAX_WIDTH)).maximum


def _matrix(found: Correlations) -> Table:
    table = Table(box=None)
    table.add_column("")
    for symbol in found.symbols:
        table.add_column(symbol, justify="right")
    for symbol, row in zip(found.symbols, found.values, strict=True):
        table.add_row(symbol, *(_number(value) for value in row))
    return table


def _pairs(found: Correlations, question: Question) -> Table:
    """The pairs with the highest and the lowest correlation."""
    table = Table(title=f"Highest and lowest correlations, {question.returns} returns of {question.interval}")
    for header in ("pair", "correlation", "returns"):
        table.add_column(header, justify="left" if header == "pair" else "right")
    places = combinations(range(len(found.symbols)), 2)
    known = [place for place in places if not math.isnan(found.values[place])]
    known.sort(key=lambda place: -found.values[place])
    for place in [*known[:SHOWN_PAIRS], *known[SHOWN_PAIRS:][-SHOWN_PAIRS:]]:
        one, other = (found.symbols[number] for number in place)
        table.add_row(f"{one}, {other}", _number(found.values[place]), str(found.counts[place]))
    return table


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def _print_csv(found: Correlations) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["", *found.symbols])
    for symbol, row in zip(found.symbols, found.values, strict=True):
        writer.writerow([symbol, *("" if math.isnan(value) else repr(float(value)) for value in row)])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=program(), description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--interval", choices=INTERVALS, default="1d", help="interval of the bars [1d]")
    parser.add_argument("--returns", type=int, default=60, metavar="N", help="number of last returns [60]")
    parser.add_argument("--benchmark", metavar="SYMBOL", help="print betas to this symbol")
    parser.add_argument("--symbols", default="", metavar="A,B,...", help="these symbols only [all]")
    parser.add_argument(
        "--history", type=int, default=0, metavar="N", help="print the stored breadth of the last N times"
    )
    parser.add_argument("--csv", action="store_true", help="print the matrix of correlations as CSV")
    arguments = parser.parse_args()
    if not 20 <= arguments.returns <= 5_000:
        parser.error("--returns must be 20 to 5000: with fewer, a correlation is mostly chance")
    if arguments.history < 0:
        parser.error("--history must be a number of times")
    return arguments


def _run(config: Config, arguments: argparse.Namespace) -> None:
    symbols = frozenset(filter(None, arguments.symbols.upper().split(",")))
    benchmark = arguments.benchmark.upper() if arguments.benchmark else None
    question = Question(arguments.interval, arguments.returns, benchmark, symbols)
    with ExitStack() as opened:
        ready = opened.enter_context(servers(config, kafka=False))
        dsn = ready.postgres.dsn_for(config.database())
        connection = opened.enter_context(closing(connect(dsn, "market")))
        cursor = opened.enter_context(transaction(connection))
        if arguments.history:
            Console().print(_history(cursor, question.interval, arguments.history))
            return
        figures = market_figures(cursor, question)
    if arguments.csv:
        _print_csv(figures.correlations)
    else:
        _print(figures, question, Console())


def main() -> int:
    """Run the command. Returns its exit status."""
    arguments = _arguments()
    return run_command("market", lambda: _run(configured("market", {}), arguments))


if __name__ == "__main__":
    sys.exit(main())
