"""The command line that the commands of trained models share, and how they end."""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

from shared.errors import TickstreamError
from shared.market.records import INTERVALS
from shared.runtime.command_line import configured
from shared.runtime.lifecycle import stop_on_signals
from shared.settings.config import Config

FAILED = 1
"""Exit status where something went wrong, or Ctrl-C came before the end."""


def parser_of(doc: str | None, command: str) -> argparse.ArgumentParser:
    """A parser whose help is the module's own text, with the arguments that choose the bars."""
    parser = argparse.ArgumentParser(
        prog=f"python -m ml.{command}", description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="recorded bars: CSV, LEAN zips, or folders of them",
    )
    parser.add_argument(
        "--from-database", action="store_true", help="learn from the bars in the pipeline's tables instead"
    )
    parser.add_argument("--interval", choices=INTERVALS, help="of the bars [that of the files; else 1d]")
    parser.add_argument(
        "--since", type=date.fromisoformat, metavar="DATE", help="leave out what lies before, as 2005-01-01"
    )
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments; ends the process where it is not clear which bars are meant."""
    arguments = parser.parse_args()
    if bool(arguments.files) == arguments.from_database:
        parser.error("name recordings of bars, or say --from-database")
    return arguments


def run_command(
    command: str, parser: argparse.ArgumentParser, run: Callable[[Config, argparse.Namespace], int]
) -> int:
    """Run a command until its end or Ctrl-C; its exit status. What went wrong is one sentence on standard error."""
    stop_on_signals()
    try:
        arguments = parsed(parser)
        return run(configured(command, {}), arguments)
    except (TickstreamError, OSError) as error:
        print(f"{command}: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"{command}: stopped before its end.", file=sys.stderr)
    return FAILED
