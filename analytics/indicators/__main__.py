"""Checks indicators of your own before they are let in.

    python -m analytics.indicators check FILE...            with random bars of several kinds of markets
    python -m analytics.indicators check FILE... --bars RECORDING...        with the bars of these recordings too

Each FILE defines one indicator. It is let in if it is finite or absent after every bar, has the same values after a
restart at any bar, changes nothing in a preview, honours splits, depends on nothing but its own bars so far, and takes
less than a millisecond a bar. Otherwise the reasons are printed, and the exit status is 1; it is 2 if a file can't be
read.

Put the file into the folder that INDICATORS_PATH in .env names, and start the analytics part again. A file that can be
copied, analytics/indicators/own/example.py:

"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from analytics.engine.engine_settings import EngineSettings
from analytics.indicators.own import example
from analytics.replay import closed_bars
from analytics.replay_report import ReplayReport
from analytics.runtime.own_files import FileVerdict, Recorded, file_at, verdict_on
from shared.errors import ConfigError, TickstreamError
from shared.market.records import Bar
from shared.recordings.sequence import recorded

MOST_BARS = 200
"""Bars of each recorded series that are used: the newest ones. Each is a place at which the series is cut."""


def _arguments() -> argparse.Namespace:
    text = (__doc__ or "") + "".join(f"    {line}".rstrip() + "\n" for line in _example().splitlines())
    parser = argparse.ArgumentParser(
        prog="python -m analytics.indicators",
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="check")
    check = commands.add_parser("check", help="check files of indicators", description=text)
    check.formatter_class = argparse.RawDescriptionHelpFormatter
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="file that defines an indicator")
    check.add_argument(
        "--bars",
        nargs="+",
        type=Path,
        default=[],
        metavar="RECORDING",
        help="recordings, as those of a replay, with whose bars the indicator is checked too",
    )
    return parser.parse_args()


def _example() -> str:
    """The text of the example."""
    return Path(example.__file__).read_text("utf-8")


def recorded_series(recordings: Sequence[Path]) -> Recorded:
    """The newest closed bars of recordings, by symbol and interval. Raises ConfigError if they give none."""
    series: dict[tuple[str, str], list[Bar]] = {}
    if recordings:
        for closed in closed_bars(recorded(recordings), EngineSettings(), ReplayReport()):
            series.setdefault((closed.bar.symbol, closed.bar.interval), []).append(closed.bar)
        if not series:
            raise ConfigError("--bars: no bar closes in these recordings.")
    return [bars[-MOST_BARS:] for bars in series.values()]


def _lines(path: Path, verdict: FileVerdict) -> list[str]:
    """The verdict in words."""
    if verdict.reasons:
        return [f"{path}: refused.", *(f"  {reason}." for reason in verdict.reasons)]
    outputs = ", ".join(verdict.outputs)
    return [f"{path}: let in, with {outputs}; a closed bar takes {verdict.seconds * 1e6:.0f} microseconds."]


def main() -> int:
    """Run the command. Returns its exit status."""
    arguments = _arguments()
    try:
        series = recorded_series(arguments.bars)
        verdicts = [(path, verdict_on(file_at(path), series)) for path in arguments.files]
    except TickstreamError as error:
        print(f"check: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("check: interrupted.", file=sys.stderr)
        return 1
    for path, verdict in verdicts:
        print("\n".join(_lines(path, verdict)))
    return 1 if any(verdict.reasons for _, verdict in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
